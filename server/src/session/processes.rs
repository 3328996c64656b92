//! The machine's processes, and which of them may be attached to.
//!
//! Attaching reads everything that a process does and holds, so by default only the operator's own processes qualify, also when the
//! server is root. The recorder judges once more before it attaches, since a process can change users or end meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use nix::unistd::{Uid, User};
use syscope_shared::api::ProcessInfo;
use syscope_shared::ids::{Pid, Tid};
use syscope_shared::options::shell_command;

use super::SessionError;
use crate::tracer::procfs;
use crate::tracer::refusal::{self, Cause, Refusal, UidPolicy};

/// The longest command line to show, in characters.
const MAX_COMMAND_CHARS: usize = 2000;

/// Every process, and why it cannot be attached to, if so.
pub(super) fn list(uids: UidPolicy) -> Result<Vec<ProcessInfo>, SessionError> {
    let entries = fs::read_dir("/proc").map_err(SessionError::io("read the folder", "/proc"))?;
    let pids: BTreeSet<i32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    let mut users = BTreeMap::new();
    let row = |pid: i32| {
        // A process that has ended meanwhile has no row.
        let status = procfs::status(Tid(pid))?;
        let uid = status.uids.real;
        Some(ProcessInfo {
            pid,
            parent: status.parent.0,
            uid,
            user: users.entry(uid).or_insert_with(|| user_name(uid)).clone(),
            command: command_line(pid, &status.name),
            comm: status.name,
            threads: status.threads,
            refusal: refusal::examine(Pid(pid), uids).map(|refusal| sentence(&refusal)),
        })
    };
    Ok(pids.into_iter().filter_map(row).collect())
}

/// Checks the targets of an attach.
pub(super) fn check_attachable(pids: &[i32], uids: UidPolicy) -> Result<(), SessionError> {
    if pids.is_empty() {
        return Err(SessionError::Invalid("`attach` is empty: give the pid of a running process".to_owned()));
    }
    for pid in pids {
        if let Some(refusal) = refusal::examine(Pid(*pid), uids) {
            let sentence = sentence(&refusal);
            return Err(match refusal.cause {
                Cause::OtherUser(_) => SessionError::Forbidden(sentence),
                _ => SessionError::Conflict(sentence),
            });
        }
    }
    Ok(())
}

fn sentence(refusal: &Refusal) -> String {
    match refusal.cause {
        Cause::OtherUser(_) => format!("{refusal}, with --any-user"),
        _ => refusal.to_string(),
    }
}

/// The command line as one would type it, or the name in brackets, as `ps` has it, when there is none.
fn command_line(pid: i32, name: &str) -> String {
    let argv = procfs::argv(Tid(pid));
    if argv.is_empty() {
        format!("[{name}]")
    } else {
        shell_command(&argv).chars().take(MAX_COMMAND_CHARS).collect()
    }
}

fn user_name(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_listed_and_refused() {
        let own = nix::unistd::getpid().as_raw();
        let row = list(UidPolicy::Any).unwrap().into_iter().find(|row| row.pid == own).unwrap();
        assert_eq!(row.parent, nix::unistd::getppid().as_raw());
        assert_eq!(row.uid, nix::unistd::getuid().as_raw());
        assert!(row.command.contains("syscope"), "{}", row.command);
        assert!(row.refusal.unwrap().contains("syscope itself"));
    }

    #[test]
    fn what_must_not_be_attached_to_is_a_conflict() {
        let parent = nix::unistd::getppid().as_raw();
        for pid in [nix::unistd::getpid().as_raw(), parent, 1, i32::MAX, -1, 0] {
            let refusal = check_attachable(&[pid], UidPolicy::Any).unwrap_err();
            assert!(matches!(refusal, SessionError::Conflict(_)), "{pid}: {refusal}");
        }
    }

    #[test]
    fn a_process_of_somebody_else_is_forbidden_even_to_root() {
        let Some(foreign) = list(UidPolicy::SameUser)
            .unwrap()
            .into_iter()
            .find(|row| row.refusal.as_ref().is_some_and(|refusal| refusal.contains("--any-user")))
        else {
            // Everything here runs as one user; the decision itself is tested beside it, in `tracer::refusal`.
            return eprintln!("skipped: no process of another user runs here");
        };
        let refusal = check_attachable(&[foreign.pid], UidPolicy::SameUser).unwrap_err();
        assert!(matches!(refusal, SessionError::Forbidden(_)), "{refusal}");
    }
}
