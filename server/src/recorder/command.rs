//! From a command line to a launch: the program is looked up here, before anything is forked, as a shell would.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, User as SystemUser, access, getgrouplist};

use crate::sys::spawn::User;

/// A command to start, as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The program and its arguments; not empty.
    pub argv: Vec<OsString>,
    /// Variables to set, or with `None` to remove, in the recorder's own environment.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// The name or number of the user to run it as.
    pub user: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("there is no program `{0}` in PATH: check the spelling, or give its path")]
    NotInPath(String),
    #[error("cannot run {}: {error}", path.display())]
    Unusable { path: PathBuf, error: io::Error },
    #[error("cannot run {}: it is a folder", .0.display())]
    Folder(PathBuf),
    #[error("cannot run {}: it is not executable (`chmod +x` makes it so)", .0.display())]
    NotExecutable(PathBuf),
    #[error("the command holds a NUL character, which no argument can")]
    Nul,
    #[error("there is no user `{0}`")]
    NoUser(String),
}

/// Where PATH is not set; as `execvp(3)`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

impl Command {
    /// The command's environment.
    #[must_use]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
        for (name, value) in &self.env {
            environment.retain(|(other, _)| other != name);
            environment.extend(value.clone().map(|value| (name.clone(), value)));
        }
        environment
    }

    /// The environment as `execve(2)` takes it.
    pub fn environment_strings(&self) -> Result<Vec<CString>, CommandError> {
        let join = |(name, value): (OsString, OsString)| {
            c_string([name.as_bytes(), b"=", value.as_bytes()].concat())
        };
        self.environment().into_iter().map(join).collect()
    }

    pub fn argv_strings(&self) -> Result<Vec<CString>, CommandError> {
        self.argv.iter().map(|word| c_string(word.as_bytes().to_vec())).collect()
    }

    /// The file to execute.
    pub fn program(&self) -> Result<PathBuf, CommandError> {
        let name = self.argv.first().map_or(OsStr::new(""), OsString::as_os_str);
        if name.as_bytes().contains(&b'/') {
            let path = PathBuf::from(name);
            return runnable(&path).map(|()| path);
        }
        let environment = self.environment();
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
        let folders = std::env::split_paths(path.unwrap_or(OsStr::new(DEFAULT_PATH)));
        let mut unusable = None;
        for folder in folders.filter(|_| !name.is_empty()) {
            // An empty item of PATH is the working directory.
            let candidate =
                if folder.as_os_str().is_empty() { Path::new(".").join(name) } else { folder.join(name) };
            match runnable(&candidate) {
                Ok(()) => return Ok(candidate),
                Err(error @ CommandError::NotExecutable(_)) => unusable = Some(error),
                Err(_) => {}
            }
        }
        Err(unusable.unwrap_or_else(|| CommandError::NotInPath(name.to_string_lossy().into_owned())))
    }

    /// The ids of the user to run as.
    pub fn ids(&self) -> Result<Option<User>, CommandError> {
        let Some(name) = &self.user else { return Ok(None) };
        let no_user = || CommandError::NoUser(name.clone());
        let found = match name.parse::<u32>() {
            Ok(uid) => SystemUser::from_uid(uid.into()),
            Err(_) => SystemUser::from_name(name),
        };
        let user = found.ok().flatten().ok_or_else(no_user)?;
        let login = c_string(user.name.clone().into_bytes())?;
        let groups = getgrouplist(&login, user.gid).map_err(|_| no_user())?;
        Ok(Some(User {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            groups: groups.into_iter().map(nix::unistd::Gid::as_raw).collect(),
        }))
    }
}

/// A path as `execve(2)` takes it.
pub fn path_string(path: &Path) -> Result<CString, CommandError> {
    c_string(path.as_os_str().to_owned().into_vec())
}

fn c_string(bytes: Vec<u8>) -> Result<CString, CommandError> {
    CString::new(bytes).map_err(|_| CommandError::Nul)
}

fn runnable(path: &Path) -> Result<(), CommandError> {
    let metadata =
        fs::metadata(path).map_err(|error| CommandError::Unusable { path: path.to_owned(), error })?;
    if metadata.is_dir() {
        return Err(CommandError::Folder(path.to_owned()));
    }
    // Root passes `access` for X_OK only if some execute bit is set, but says nothing of a device.
    let is_executable = metadata.permissions().mode() & 0o111 != 0 && access(path, AccessFlags::X_OK).is_ok();
    if is_executable { Ok(()) } else { Err(CommandError::NotExecutable(path.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(word: &str, path: Option<&str>) -> Command {
        let env = vec![("PATH".into(), path.map(OsString::from))];
        Command { argv: vec![word.into()], env, user: None }
    }

    #[test]
    fn a_program_is_found_as_a_shell_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let dir_name = dir.path().to_str().unwrap();
        fs::write(dir.path().join("sh"), "not executable").unwrap();
        let found = command("sh", Some(&format!("/nowhere:{dir_name}:/bin"))).program().unwrap();
        assert_eq!(found, Path::new("/bin/sh"));
        assert_eq!(command("sh", None).program().unwrap(), Path::new("/bin/sh"));
        assert_eq!(command("/bin/sh", Some("")).program().unwrap(), Path::new("/bin/sh"));
        let refused = |word: &str, path: &str| command(word, Some(path)).program().unwrap_err().to_string();
        assert!(refused("sh", dir_name).contains("is not executable"));
        assert!(refused("no-such-program", "/bin").contains("no program `no-such-program` in PATH"));
        assert!(refused("/etc", "").contains("is a folder"));
        assert!(refused("./nothing", "").contains("No such file"));
        assert!(refused("", "/bin").contains("no program"));
    }

    #[test]
    fn variables_are_set_and_removed() {
        let command = Command {
            argv: vec!["true".into()],
            env: vec![("SYSCOPE_A".into(), Some("1=2".into())), ("PATH".into(), None)],
            user: None,
        };
        let strings = command.environment_strings().unwrap();
        assert!(strings.iter().any(|string| string.as_bytes() == b"SYSCOPE_A=1=2"));
        assert!(strings.iter().all(|string| !string.as_bytes().starts_with(b"PATH=")));
    }

    #[test]
    fn a_user_is_known_by_name_and_number() {
        let ids = |user: &str| Command { user: Some(user.to_owned()), ..command("true", None) }.ids();
        assert_eq!(ids("root").unwrap().unwrap().uid, 0);
        assert_eq!(ids("0").unwrap(), ids("root").unwrap());
        assert!(ids("nobody-has-this-name").is_err());
    }
}
