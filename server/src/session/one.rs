//! One session: its file, what is known of it, and whether it may still grow.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use syscope_shared::api::{SessionInfo, SessionState};
use syscope_shared::file::{FileError, Header, SealReason};
use syscope_shared::options::{Target, TraceOptions};
use syscope_shared::units::TraceTime;
use syscope_shared::wire::Update;
use tokio::sync::watch;

use super::feed::{self, Feed};
use super::plan::Plan;
use super::recorder::{Link, News};
use super::tail::{Look, Tail};
use super::tally::Tally;
use super::{SessionError, SessionId};
use crate::recorder::control::Command;

/// A session, recording or saved.
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    path: PathBuf,
    place: Place,
    /// What the request said, until the file's header says it.
    announced: Option<Announced>,
    /// To the recorder, if this server started it.
    link: Option<Link>,
    reading: Mutex<Reading>,
    /// The last word on a sealed trace: the file need not be looked at again.
    settled: OnceLock<SessionInfo>,
    feed: Mutex<Option<Arc<Feed>>>,
}

/// Where a session's file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Store,
    /// Somebody's own file, opened by its path.
    Elsewhere,
}

#[derive(Debug)]
struct Announced {
    target: Target,
    options: TraceOptions,
    unix_nanos: u64,
}

/// A trace file as far as it has been read and counted.
#[derive(Debug)]
pub(super) struct Reading {
    tail: Tail,
    pub(super) tally: Tally,
}

impl Reading {
    pub(super) fn new(path: &Path) -> Self {
        Self { tail: Tail::new(path), tally: Tally::default() }
    }

    pub(super) fn look(&mut self) -> Look {
        let look = self.tail.look();
        look.chunks.iter().for_each(|chunk| self.tally.observe(chunk));
        look
    }

    /// Why the rest of the file cannot be read.
    pub(super) fn error(&self) -> Option<&FileError> {
        self.tail.error()
    }

    /// Whether nothing more can come, whatever is appended.
    pub(super) fn is_over(&self) -> bool {
        self.tally.seal.is_some() || self.tail.error().is_some()
    }
}

impl Session {
    /// A session whose file is there.
    pub(super) fn saved(id: SessionId, path: PathBuf, place: Place) -> Self {
        Self::new(id, path, place, None, None)
    }

    /// A session whose recorder was just started.
    pub(super) fn started(id: SessionId, path: PathBuf, plan: &Plan, link: Link) -> Self {
        let announced = Announced {
            target: plan.target.clone(),
            options: plan.options.clone(),
            unix_nanos: unix_nanos_now(),
        };
        Self::new(id, path, Place::Store, Some(announced), Some(link))
    }

    fn new(
        id: SessionId,
        path: PathBuf,
        place: Place,
        announced: Option<Announced>,
        link: Option<Link>,
    ) -> Self {
        let reading = Mutex::new(Reading::new(&path));
        Self { id, path, place, announced, link, reading, settled: OnceLock::new(), feed: Mutex::default() }
    }

    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// The trace file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The session as it stands. Reads what of the file has not been read yet.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        if let Some(info) = self.settled.get() {
            return info.clone();
        }
        if let Some(feed) = &*lock(&self.feed) {
            return feed.latest().session;
        }
        let mut reading = lock(&self.reading);
        // Asked before the file is read: what a recorder wrote before it let go of the file is then seen.
        let is_live = self.is_live();
        while reading.look().is_more {}
        let info = self.describe(&reading, is_live);
        self.settle(&reading, &info);
        info
    }

    /// The trace in memory, shared by everybody who looks at it, and its news. Must be called within the async runtime.
    #[must_use]
    pub fn watch(self: &Arc<Self>) -> (Arc<Feed>, watch::Receiver<Update>) {
        let first =
            Update { revision: 0, session: self.info(), end: TraceTime::START, tasks: 0, output_bytes: 0 };
        let mut slot = lock(&self.feed);
        if let Some(feed) = &*slot {
            return (Arc::clone(feed), feed.subscribe());
        }
        let (feed, news) = Feed::new(first);
        let feed = Arc::new(feed);
        *slot = Some(Arc::clone(&feed));
        tokio::spawn(feed::follow(Arc::clone(self), Arc::clone(&feed)));
        (feed, news)
    }

    /// Lets go of the trace in memory, unless somebody looks at it.
    pub(super) fn release(&self, feed: &Feed) -> bool {
        let mut slot = lock(&self.feed);
        let is_unwatched = !feed.is_watched();
        if is_unwatched {
            *slot = None;
        }
        is_unwatched
    }

    /// Lets go of a trace in memory that is not kept up any more: the next viewer begins anew.
    pub(super) fn drop_feed(&self) {
        *lock(&self.feed) = None;
    }

    /// Ends the recording: a spawned command is told to end, attached processes are let go.
    ///
    /// # Errors
    /// When the session is not recording, or its recorder cannot be reached.
    pub fn stop(&self) -> Result<(), SessionError> {
        if !self.info().state.is_live() {
            return Err(SessionError::Conflict("the session is not recording".to_owned()));
        }
        match &self.link {
            Some(link) if link.send(Command::Stop) => Ok(()),
            _ => super::orphan::end_recording(&self.path),
        }
    }

    /// The trace file and its length now.
    ///
    /// # Errors
    /// When there is no file (yet).
    pub fn open_file(&self) -> Result<(File, u64), SessionError> {
        let file = File::open(&self.path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SessionError::Conflict("nothing was recorded (yet)".to_owned()),
            _ => SessionError::io("open", &self.path)(error),
        })?;
        let length = file.metadata().map_err(SessionError::io("read", &self.path))?.len();
        Ok((file, length))
    }

    /// Removes the trace file for good.
    pub(super) fn delete(&self) -> Result<(), SessionError> {
        if self.info().state.is_live() {
            return Err(SessionError::Conflict("the session is still recording: stop it first".to_owned()));
        }
        if self.place == Place::Elsewhere {
            return Err(SessionError::Conflict(format!(
                "this trace was opened from {}: remove the file there",
                self.path.display()
            )));
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SessionError::io("delete", &self.path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Whether the file may still grow: its recorder, if this server started it, has not ended; else somebody holds its lock.
    pub(super) fn is_live(&self) -> bool {
        if self.link.is_some() && !self.news().is_over {
            return true;
        }
        // A shared lock, for a moment: recorders wait for theirs.
        File::open(&self.path)
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Changes with every message of the recorder; `None` when another server started it, or nobody.
    pub(super) fn recorder_news(&self) -> Option<watch::Receiver<News>> {
        self.link.as_ref().map(Link::news)
    }

    pub(super) fn settle(&self, reading: &Reading, info: &SessionInfo) {
        if reading.tally.seal.is_some() {
            // Whoever came first said the same.
            let _ = self.settled.set(info.clone());
        }
    }

    /// What there is to say of the session, after the file was read to its end.
    pub(super) fn describe(&self, reading: &Reading, is_live: bool) -> SessionInfo {
        let tally = &reading.tally;
        let header = tally.header.as_ref();
        let state = self.state(reading, is_live);
        let open_calls = if state == SessionState::Incomplete { tally.open_calls() } else { 0 };
        let target = self.target(header);
        SessionInfo {
            id: self.id.to_string(),
            label: target.label(),
            target,
            options: self.options(header),
            started_unix_nanos: self.started_unix_nanos(header),
            host: header.map(|header| header.host.clone()).unwrap_or_default(),
            events: tally.events + open_calls,
            errors: tally.errors,
            lost: 0,
            file_bytes: reading.tail.read_bytes(),
            duration_nanos: self.end(tally, &state).0,
            warning: self.warning(reading, &state),
            state,
        }
    }

    fn state(&self, reading: &Reading, is_live: bool) -> SessionState {
        let tally = &reading.tally;
        if let Some(seal) = &tally.seal {
            return SessionState::Finished { exit_status: seal.exit_status };
        }
        let failure = self.news().failure;
        if tally.header.is_some() && (tally.events > 0 || failure.is_none()) {
            let may_grow = is_live && reading.error().is_none();
            return if may_grow { SessionState::Recording } else { SessionState::Incomplete };
        }
        match (failure, reading.error()) {
            (Some(reason), _) => SessionState::Failed { reason },
            (None, Some(error)) => SessionState::Failed { reason: error.to_string() },
            (None, None) if is_live => SessionState::Starting,
            (None, None) => SessionState::Failed {
                reason: "the recorder ended before it had recorded anything".to_owned(),
            },
        }
    }

    fn warning(&self, reading: &Reading, state: &SessionState) -> Option<String> {
        let discarded = reading.tail.unread_bytes();
        match (state, &reading.tally.seal, reading.tail.error()) {
            (SessionState::Finished { .. }, Some(seal), _) if seal.reason == SealReason::WriteFailed => {
                Some(self.news().warning.unwrap_or_else(|| {
                    "The file could not be written further, so the recording ended early; the program ran on. Make room \
                     on the disk and record again."
                        .to_owned()
                }))
            }
            (SessionState::Finished { .. }, _, _) => self.news().warning,
            (SessionState::Incomplete, _, Some(error)) => Some(format!(
                "Incomplete: {error}; what came before it is shown, {discarded} bytes after it are discarded."
            )),
            (SessionState::Incomplete, _, None) => Some(format!(
                "Incomplete: the recorder was ended before it could finish the file. {} events are here, {discarded} bytes \
                 at the end are discarded.",
                reading.tally.events + reading.tally.open_calls()
            )),
            _ => None,
        }
    }

    /// The trace's last moment; of one that is recording, about now.
    pub(super) fn end(&self, tally: &Tally, state: &SessionState) -> TraceTime {
        match &tally.header {
            Some(header) if state.is_live() => {
                tally.end.max(TraceTime(unix_nanos_now().saturating_sub(header.started_unix_nanos)))
            }
            _ => tally.end,
        }
    }

    fn target(&self, header: Option<&Header>) -> Target {
        let announced = || self.announced.as_ref().map(|announced| announced.target.clone());
        let target = header.map(|header| header.target.clone()).or_else(announced);
        target.unwrap_or_else(|| Target::Command(Vec::new()))
    }

    fn options(&self, header: Option<&Header>) -> TraceOptions {
        let announced = || self.announced.as_ref().map(|announced| announced.options.clone());
        header.map(|header| header.options.clone()).or_else(announced).unwrap_or_default()
    }

    fn started_unix_nanos(&self, header: Option<&Header>) -> u64 {
        let announced = || self.announced.as_ref().map(|announced| announced.unix_nanos);
        header.map(|header| header.started_unix_nanos).or_else(announced).unwrap_or_default()
    }

    fn news(&self) -> News {
        self.link.as_ref().map(|link| link.news().borrow().clone()).unwrap_or_default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_nanos_now() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
