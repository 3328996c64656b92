//! Which processes may be attached to.
//!
//! Attaching reads everything that a process does and holds, so by default only the operator's own processes qualify, also when the
//! server is root. Some are never sensible: syscope itself and what it runs under would wait for themselves.

use std::collections::BTreeSet;

use super::processes::{self, Process};
use super::{AttachPolicy, SessionError};

/// Who attaches.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    uid: u32,
    policy: AttachPolicy,
    /// The server and everything that it runs under.
    own_line: BTreeSet<i32>,
}

/// Why a process may not be attached to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{user} owns it, or it changes users: start syscope as that user, or as root with --any-user")]
    OtherUser { user: String },
    #[error("it is syscope itself, or what syscope runs under")]
    OwnLine,
    #[error("it is the machine's first process")]
    Init,
    #[error("it is a thread of the kernel, which makes no system calls")]
    KernelThread,
    #[error("process {by} traces it already: end that tracer first")]
    Traced { by: i32 },
    #[error("it has ended and waits for its parent to notice")]
    Ended,
}

impl Operator {
    /// The user that the server runs as.
    pub(super) fn this_process(policy: AttachPolicy) -> Self {
        let own = nix::unistd::getpid().as_raw();
        Self { uid: nix::unistd::getuid().as_raw(), policy, own_line: processes::line_of(own) }
    }

    /// Why this operator may not attach to `process`; `None` when it may.
    pub(super) fn refusal(&self, process: &Process) -> Option<Refusal> {
        let is_own = process.uids.iter().all(|uid| *uid == self.uid);
        if process.is_kernel_thread {
            Some(Refusal::KernelThread)
        } else if process.pid == 1 {
            Some(Refusal::Init)
        } else if self.own_line.contains(&process.pid) {
            Some(Refusal::OwnLine)
        } else if !is_own && self.policy == AttachPolicy::OwnUser {
            Some(Refusal::OtherUser { user: process.user() })
        } else if process.has_ended {
            Some(Refusal::Ended)
        } else if process.tracer != 0 {
            Some(Refusal::Traced { by: process.tracer })
        } else {
            None
        }
    }
}

/// Checks every pid of a request.
pub(super) fn check_all(pids: &[i32], operator: &Operator) -> Result<(), SessionError> {
    if pids.is_empty() {
        return Err(SessionError::Invalid("`attach` is empty: give the pid of a running process".to_owned()));
    }
    for pid in pids {
        let Some(process) = processes::read(*pid) else {
            return Err(SessionError::Conflict(format!(
                "there is no process {pid}: it may have ended; GET /api/processes lists those that run"
            )));
        };
        if let Some(refusal) = operator.refusal(&process) {
            let sentence = format!("cannot attach to process {pid} ({}): {refusal}", process.comm);
            return Err(match refusal {
                Refusal::OtherUser { .. } => SessionError::Forbidden(sentence),
                _ => SessionError::Conflict(sentence),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(policy: AttachPolicy) -> Operator {
        Operator { uid: 1000, policy, own_line: [1, 50, 60].into() }
    }

    fn process(pid: i32) -> Process {
        Process { pid, uids: [1000; 3], ..Process::default() }
    }

    #[test]
    fn attach_takes_the_operators_own_processes_only() {
        let own = operator(AttachPolicy::OwnUser);
        assert_eq!(own.refusal(&process(70)), None);
        for uids in [[0; 3], [1000, 0, 0], [1000, 1000, 0], [0, 1000, 1000], [1001; 3]] {
            let foreign = Process { uids, ..process(70) };
            assert!(matches!(own.refusal(&foreign), Some(Refusal::OtherUser { .. })), "{uids:?}");
            assert_eq!(operator(AttachPolicy::AnyUser).refusal(&foreign), None, "{uids:?}");
        }
    }

    #[test]
    fn attach_takes_root_to_be_a_user_like_any_other() {
        let root = Operator { uid: 0, ..operator(AttachPolicy::OwnUser) };
        assert!(matches!(root.refusal(&process(70)), Some(Refusal::OtherUser { .. })));
        assert_eq!(root.refusal(&Process { uids: [0; 3], ..process(70) }), None);
    }

    #[test]
    fn some_processes_are_never_attached_to() {
        let any = operator(AttachPolicy::AnyUser);
        assert_eq!(any.refusal(&process(1)), Some(Refusal::Init));
        assert_eq!(any.refusal(&process(50)), Some(Refusal::OwnLine));
        assert_eq!(any.refusal(&process(60)), Some(Refusal::OwnLine));
        let kernel = Process { is_kernel_thread: true, ..process(70) };
        assert_eq!(any.refusal(&kernel), Some(Refusal::KernelThread));
        assert_eq!(any.refusal(&Process { tracer: 9, ..process(70) }), Some(Refusal::Traced { by: 9 }));
        assert_eq!(any.refusal(&Process { has_ended: true, ..process(70) }), Some(Refusal::Ended));
    }

    #[test]
    fn this_process_and_its_parents_are_its_own_line() {
        let operator = Operator::this_process(AttachPolicy::AnyUser);
        let own = nix::unistd::getpid().as_raw();
        let parent = nix::unistd::getppid().as_raw();
        for pid in [own, parent] {
            let refusal = check_all(&[pid], &operator).unwrap_err();
            assert!(matches!(refusal, SessionError::Conflict(_)), "{refusal}");
        }
        assert!(check_all(&[i32::MAX], &operator).unwrap_err().to_string().contains("no process"));
        assert!(check_all(&[-1], &operator).is_err() && check_all(&[], &operator).is_err());
    }
}
