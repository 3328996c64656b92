//! All sessions of a server: those in its store, those that it opened by path, and those whose recording failed before there was a
//! file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use syscope_shared::api::{NewSession, ProcessInfo, SessionInfo};

use super::one::{Place, Reading, Session};
use super::plan::Plan;
use super::{Folder, SessionError, SessionId, processes, recorder};
use crate::tracer::refusal::UidPolicy;

#[derive(Debug)]
pub struct Registry {
    folder: Folder,
    /// The program whose `record` subcommand records.
    recorder: PathBuf,
    /// Whose processes may be attached to.
    attachable: UidPolicy,
    sessions: Mutex<HashMap<SessionId, Arc<Session>>>,
}

impl Registry {
    /// A registry of the sessions in `folder`. Recordings are made by `recorder`, a syscope binary.
    #[must_use]
    pub fn new(folder: Folder, recorder: PathBuf, attachable: UidPolicy) -> Self {
        Self { folder, recorder, attachable, sessions: Mutex::default() }
    }

    /// Every session, the newest first.
    #[must_use]
    pub fn list(&self) -> Vec<SessionInfo> {
        self.scan();
        let sessions: Vec<Arc<Session>> = self.lock().values().map(Arc::clone).collect();
        let mut infos: Vec<SessionInfo> = sessions.iter().map(|session| session.info()).collect();
        infos.sort_by(|a, b| b.started_unix_nanos.cmp(&a.started_unix_nanos).then_with(|| a.id.cmp(&b.id)));
        infos
    }

    /// The session of this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, id: &SessionId) -> Result<Arc<Session>, SessionError> {
        let known = || self.lock().get(id).map(Arc::clone);
        known()
            .or_else(|| {
                self.scan();
                known()
            })
            .ok_or(SessionError::Absent)
    }

    /// Starts a session. Must be called within the async runtime.
    ///
    /// # Errors
    /// When the request is wrong, or the recorder cannot be started.
    pub fn start(&self, request: NewSession) -> Result<Arc<Session>, SessionError> {
        let plan = Plan::of(request, &self.folder, self.attachable)?;
        let id = new_id()?;
        let path = self.folder.trace_path(&id);
        let link = recorder::start(&self.recorder, &plan, &path)?;
        tracing::info!("session {id} records {}", plan.target.label());
        let session = Arc::new(Session::started(id.clone(), path, &plan, link));
        self.lock().insert(id, Arc::clone(&session));
        Ok(session)
    }

    /// Opens a trace that lies anywhere, without copying it.
    ///
    /// # Errors
    /// When it cannot be read or is no trace.
    pub fn open(&self, path: &Path) -> Result<SessionId, SessionError> {
        let path = std::fs::canonicalize(path).map_err(SessionError::io("open", path))?;
        std::fs::File::open(&path).map_err(SessionError::io("open", &path))?;
        let mut reading = Reading::new(&path);
        let mut is_more = true;
        while reading.tally.header.is_none() && is_more {
            is_more = reading.look().is_more;
        }
        if reading.tally.header.is_none() {
            let reason = reading.error().map_or_else(|| "it holds no trace".to_owned(), ToString::to_string);
            return Err(SessionError::Invalid(format!("cannot open {}: {reason}", path.display())));
        }
        let id = new_id()?;
        let session = Session::saved(id.clone(), path, Place::Elsewhere);
        self.lock().insert(id.clone(), Arc::new(session));
        Ok(id)
    }

    /// Deletes a saved session and its file.
    ///
    /// # Errors
    /// When it is still recording, or its file lies outside the store.
    pub fn delete(&self, id: &SessionId) -> Result<(), SessionError> {
        self.get(id)?.delete()?;
        self.lock().remove(id);
        Ok(())
    }

    /// Every process of this machine, and why it cannot be attached to, if so.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn processes(&self) -> Result<Vec<ProcessInfo>, SessionError> {
        processes::list(self.attachable)
    }

    /// How many sessions are recording.
    #[must_use]
    pub fn count_live(&self) -> usize {
        self.list().iter().filter(|info| info.state.is_live()).count()
    }

    /// Takes in what has appeared in the store, and forgets what has vanished from it.
    fn scan(&self) {
        let found = match self.folder.scan() {
            Ok(found) => found,
            Err(error) => return tracing::warn!("{error}"),
        };
        let mut sessions = self.lock();
        sessions.retain(|id, session| {
            session.place() == Place::Elsewhere || session.recorder_news().is_some() || found.contains(id)
        });
        for id in found {
            let path = self.folder.trace_path(&id);
            sessions.entry(id.clone()).or_insert_with(|| Arc::new(Session::saved(id, path, Place::Store)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_id() -> Result<SessionId, SessionError> {
    SessionId::generate().map_err(|error| {
        SessionError::io("make a session id from", "/dev/urandom")(std::io::Error::other(error))
    })
}
