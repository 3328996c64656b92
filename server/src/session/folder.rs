//! The store: the folder where traces are kept. Nobody but its owner can look into it, since a trace holds what files and
//! environments hold.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{SessionError, SessionId};

const EXTENSION: &str = "syscope";

/// Where traces are kept unless told otherwise: `$XDG_DATA_HOME/syscope`, or `~/.local/share/syscope`.
#[must_use]
pub fn default_store() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(data.join("syscope"))
}

/// A store's folder, which exists and is its owner's alone.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the store, making it when it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or cannot be closed to others.
    pub fn open(path: &Path) -> Result<Self, SessionError> {
        private_folder(path)?;
        let path = fs::canonicalize(path).map_err(SessionError::io("find the folder", path))?;
        Ok(Self { path })
    }

    pub(super) fn trace_path(&self, id: &SessionId) -> PathBuf {
        self.path.join(format!("{id}.{EXTENSION}"))
    }

    /// A folder for other things inside the store, as private as the store.
    pub(super) fn subfolder(&self, name: &str) -> Result<PathBuf, SessionError> {
        let path = self.path.join(name);
        private_folder(&path)?;
        Ok(path)
    }

    /// A file of this name inside the store, readable by its owner alone.
    ///
    /// # Errors
    /// When it exists already or cannot be made.
    pub fn write_private(&self, name: &str, content: &[u8]) -> Result<PathBuf, SessionError> {
        let path = self.path.join(name);
        write_private(&path, content)?;
        Ok(path)
    }

    /// The sessions whose files are in the store; other names are none of its business.
    pub(super) fn scan(&self) -> Result<Vec<SessionId>, SessionError> {
        let entries = fs::read_dir(&self.path).map_err(SessionError::io("read the folder", &self.path))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names
            .filter_map(|name| {
                let stem = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
                SessionId::parse(stem)
            })
            .collect())
    }
}

/// Makes a folder that only its owner may use, or closes the one that is there.
fn private_folder(path: &Path) -> Result<(), SessionError> {
    if !path.is_dir() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(SessionError::io("create the folder", path))?;
    }
    let mode = fs::metadata(path).map_err(SessionError::io("read the folder", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        let closed = fs::set_permissions(path, Permissions::from_mode(mode & 0o7700));
        closed.map_err(SessionError::io("close to other users the folder", path))?;
    }
    Ok(())
}

/// Writes a new file that only its owner may use.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), SessionError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content)).map_err(SessionError::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_closed_to_others_even_if_it_was_open() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/store");
        Folder::open(&path).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        Folder::open(&path).unwrap();
        assert_eq!(mode(), 0o700);
    }

    #[test]
    fn only_names_that_are_ids_are_sessions() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        let id = SessionId::generate().unwrap();
        fs::write(folder.trace_path(&id), "").unwrap();
        for other in [
            "notes.syscope",
            "0123456789abcdef0123456789abcdef.txt",
            "0123456789abcdef0123456789abcdefsyscope",
        ] {
            fs::write(home.path().join(other), "").unwrap();
        }
        assert_eq!(folder.scan().unwrap(), [id]);
    }
}
