//! Ending a recording whose recorder another server started: there is no socket to it, only the lock that it holds on its file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::SessionError;
use crate::recorder::control::STOP_SIGNAL;

/// Tells the process that holds the trace's lock, its recorder, what `Command::Stop` says to one with a socket.
pub(super) fn end_recording(trace: &Path) -> Result<(), SessionError> {
    let recorder = lock_holder(trace).ok_or_else(|| {
        SessionError::Conflict(
            "the recorder of this session cannot be found: it may be ending just now".to_owned(),
        )
    })?;
    kill(recorder, STOP_SIGNAL).map_err(|error| SessionError::io("stop the recorder of", trace)(error.into()))
}

/// The process that holds an exclusive lock on the file and has it open.
fn lock_holder(path: &Path) -> Option<Pid> {
    let inode = fs::metadata(path).ok()?.ino();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let mut holders = locks.lines().filter_map(|line| holder_of(line, inode));
    holders.find(|pid| has_open(*pid, path)).map(Pid::from_raw)
}

/// The pid in a line of proc_locks(5) about this inode: `1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF`. The device is not
/// compared, since some file systems show another one here than stat(2) does.
fn holder_of(line: &str, inode: u64) -> Option<i32> {
    let mut fields = line.split_whitespace().skip(1);
    let (kind, _, access) = (fields.next()?, fields.next()?, fields.next()?);
    let (pid, file) = (fields.next()?, fields.next()?);
    let is_it = kind == "FLOCK" && access == "WRITE" && file.rsplit(':').next()?.parse() == Ok(inode);
    pid.parse().ok().filter(|pid| is_it && *pid > 1)
}

fn has_open(pid: i32, path: &Path) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).any(|target| target == path)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn the_holder_of_a_lock_is_found() {
        let home = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(home.path()).unwrap().join("trace");
        let file = File::create(&path).unwrap();
        assert_eq!(lock_holder(&path), None);
        file.lock().unwrap();
        assert_eq!(lock_holder(&path), Some(nix::unistd::getpid()));
        file.unlock().unwrap();
        assert_eq!(lock_holder(&path), None);
    }

    #[test]
    fn only_an_exclusive_flock_of_this_file_counts() {
        assert_eq!(holder_of("1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF", 5678), Some(1234));
        for other in [
            "1: FLOCK  ADVISORY  WRITE 1234 fe:01:5679 0 EOF",
            "1: FLOCK  ADVISORY  READ 1234 fe:01:5678 0 EOF",
            "1: POSIX  ADVISORY  WRITE 1234 fe:01:5678 0 EOF",
            "1: -> FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 0 fe:01:5678 0 EOF",
            "",
        ] {
            assert_eq!(holder_of(other, 5678), None, "{other}");
        }
    }
}
