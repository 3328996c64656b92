//! Why a process cannot be attached to, and what to do about it.
//!
//! [`refusal`] is a pure function of facts, so that the page can say it before anyone tries; [`examine`] gathers the facts. The order of
//! the reasons is that of the kernel's own checks (`ptrace(2)`, "Ptrace access mode checking"), the most telling one first.

use std::fmt;
use std::fs;
use std::io;

use syscope_shared::ids::{Pid, Tid};

use super::procfs::{self, TaskStatus, Uids};

/// Whose processes may be attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UidPolicy {
    /// Those that run wholly as this user, even when this user is root.
    SameUser,
    /// Whatever the kernel allows.
    Any,
}

/// What is known of the process that shall be attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFacts {
    pub pid: Pid,
    /// `None`: there is no such process.
    pub status: Option<TaskStatus>,
    pub is_dumpable: bool,
    /// It is the recorder, the server or one of their ancestors.
    pub is_own_line: bool,
}

/// What is known of the process that shall attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracerFacts {
    pub uid: u32,
    /// CAP_SYS_PTRACE is effective.
    pub can_trace_all: bool,
    /// `/proc/sys/kernel/yama/ptrace_scope`; `None` without Yama.
    pub yama_scope: Option<u8>,
    pub uids: UidPolicy,
}

/// Why a process cannot be attached to. Its text is one sentence with the cause and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    pub pid: Pid,
    pub cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    NoSuchProcess,
    Zombie,
    KernelThread,
    Init,
    OwnLine,
    /// The number is a thread's; the process has another one.
    Thread(Pid),
    TracedBy(Tid),
    OtherUser(u32),
    YamaDescendantsOnly,
    YamaPrivilegedOnly,
    YamaNobody,
    NotDumpable,
    /// The kernel refused, and none of the known causes holds.
    Unexplained(String),
}

/// Why `tracer` cannot attach to `target`; `None` if nothing speaks against it.
#[must_use]
pub fn refusal(target: &TargetFacts, tracer: &TracerFacts) -> Option<Refusal> {
    let cause = match &target.status {
        None => Some(Cause::NoSuchProcess),
        Some(status) => cause(target, status, tracer),
    };
    cause.map(|cause| Refusal { pid: target.pid, cause })
}

fn cause(target: &TargetFacts, status: &TaskStatus, tracer: &TracerFacts) -> Option<Cause> {
    let Uids { real, effective, saved } = status.uids;
    let other_uid = [effective, real, saved].into_iter().find(|uid| *uid != tracer.uid);
    let may_cross_users = tracer.can_trace_all && tracer.uids == UidPolicy::Any;
    if status.is_kernel_thread {
        Some(Cause::KernelThread)
    } else if status.process != target.pid {
        Some(Cause::Thread(status.process))
    } else if status.is_zombie {
        Some(Cause::Zombie)
    } else if target.is_own_line {
        Some(Cause::OwnLine)
    } else if target.pid == Pid(1) {
        Some(Cause::Init)
    } else if status.tracer != Tid(0) {
        Some(Cause::TracedBy(status.tracer))
    } else if let Some(uid) = other_uid.filter(|_| !may_cross_users) {
        Some(Cause::OtherUser(uid))
    } else {
        match tracer.yama_scope {
            Some(3..) => Some(Cause::YamaNobody),
            Some(2) if !tracer.can_trace_all => Some(Cause::YamaPrivilegedOnly),
            Some(1) if !tracer.can_trace_all => Some(Cause::YamaDescendantsOnly),
            _ if !target.is_dumpable && !tracer.can_trace_all => Some(Cause::NotDumpable),
            _ => None,
        }
    }
}

/// Gathers the facts and judges them.
#[must_use]
pub fn examine(pid: Pid, uids: UidPolicy) -> Option<Refusal> {
    refusal(&TargetFacts::of(pid), &TracerFacts::own(uids))
}

impl TargetFacts {
    #[must_use]
    pub fn of(pid: Pid) -> Self {
        let mut status = procfs::status(Tid(pid.0));
        if let Some(status) = &mut status
            && let Some(tracer) = procfs::status(status.tracer)
        {
            // The kernel names the thread that traces.
            status.tracer = Tid(tracer.process.0);
        }
        let is_dumpable = status.as_ref().is_none_or(|status| procfs::is_dumpable(Tid(pid.0), status.uids));
        Self { pid, status, is_dumpable, is_own_line: own_line().contains(&pid) }
    }
}

impl TracerFacts {
    #[must_use]
    pub fn own(uids: UidPolicy) -> Self {
        Self {
            uid: nix::unistd::geteuid().as_raw(),
            can_trace_all: has_sys_ptrace(),
            yama_scope: yama_scope(),
            uids,
        }
    }
}

impl Refusal {
    /// The kernel's own error, where no known cause explains it.
    #[must_use]
    pub fn unexplained(pid: Pid, error: &io::Error) -> Self {
        Self { pid, cause: Cause::Unexplained(error.to_string()) }
    }
}

/// This process and its ancestors.
fn own_line() -> Vec<Pid> {
    let mut line = vec![Pid(std::process::id() as i32)];
    while let Some(status) = line.last().and_then(|pid| procfs::status(Tid(pid.0))) {
        if status.parent.0 <= 1 || line.contains(&status.parent) {
            break;
        }
        line.push(status.parent);
    }
    line
}

/// Whether CAP_SYS_PTRACE (19, `capabilities(7)`) is in this process's effective set.
#[must_use]
pub fn has_sys_ptrace() -> bool {
    const CAP_SYS_PTRACE: u32 = 19;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << CAP_SYS_PTRACE) != 0)
}

/// Yama's restriction of ptrace (`/proc/sys/kernel/yama/ptrace_scope`); `None` where the kernel has no Yama.
#[must_use]
pub fn yama_scope() -> Option<u8> {
    fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok()?.trim().parse().ok()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.pid.0;
        match &self.cause {
            Cause::NoSuchProcess => {
                write!(f, "there is no process {pid}: it has ended, or the number is wrong")
            }
            Cause::Zombie => {
                write!(f, "process {pid} has ended already and only waits to be reaped by its parent")
            }
            Cause::KernelThread => {
                write!(f, "process {pid} is a kernel thread, which makes no system calls to trace")
            }
            Cause::Init => write!(f, "process 1 is not attached to: stopping it would stop the system"),
            Cause::OwnLine => {
                write!(
                    f,
                    "process {pid} is syscope itself or has started it: tracing it would stop the tracer"
                )
            }
            Cause::Thread(process) => {
                write!(f, "{pid} is a thread of process {}: attach to that, it brings all threads", process.0)
            }
            Cause::TracedBy(tracer) => {
                write!(
                    f,
                    "process {pid} is already traced by process {}: end that debugger or tracer first",
                    tracer.0
                )
            }
            Cause::OtherUser(uid) => {
                write!(
                    f,
                    "process {pid} runs as another user (uid {uid}): run syscope as that user or as root"
                )
            }
            Cause::YamaDescendantsOnly => write!(
                f,
                "the kernel lets a process be traced by its ancestors only (yama ptrace_scope is 1), so that {pid} cannot be \
                 attached to: run `sudo sysctl kernel.yama.ptrace_scope=0`, run syscope as root, or start the command with syscope"
            ),
            Cause::YamaPrivilegedOnly => write!(
                f,
                "the kernel allows tracing with CAP_SYS_PTRACE only (yama ptrace_scope is 2): run syscope as root"
            ),
            Cause::YamaNobody => write!(
                f,
                "the kernel forbids attaching to anyone until the next boot (yama ptrace_scope is 3): set \
                 kernel.yama.ptrace_scope lower in /etc/sysctl.d and reboot"
            ),
            Cause::NotDumpable => write!(
                f,
                "process {pid} has made itself untraceable for its user (it is not dumpable: it changed ids, or called prctl \
                 PR_SET_DUMPABLE): run syscope as root"
            ),
            Cause::Unexplained(error) => write!(
                f,
                "the kernel refused to trace process {pid}: {error}; in a container, start it with \
                 `docker run --cap-add=SYS_PTRACE`, elsewhere `syscope check` may tell why"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: TracerFacts =
        TracerFacts { uid: 1000, can_trace_all: false, yama_scope: Some(0), uids: UidPolicy::Any };

    fn target() -> TargetFacts {
        let status = TaskStatus {
            name: "sleep".to_owned(),
            process: Pid(50),
            parent: Pid(40),
            tracer: Tid(0),
            uids: Uids { real: 1000, effective: 1000, saved: 1000 },
            is_zombie: false,
            is_kernel_thread: false,
            threads: 1,
        };
        TargetFacts { pid: Pid(50), status: Some(status), is_dumpable: true, is_own_line: false }
    }

    fn cause_of(change: impl FnOnce(&mut TargetFacts, &mut TaskStatus, &mut TracerFacts)) -> Option<Cause> {
        let (mut target, mut tracer) = (target(), ME);
        let mut status = target.status.take().unwrap();
        change(&mut target, &mut status, &mut tracer);
        target.status = Some(status);
        refusal(&target, &tracer).map(|refusal| refusal.cause)
    }

    #[test]
    fn every_cause_is_named() {
        assert_eq!(cause_of(|_, _, _| ()), None);
        assert_eq!(cause_of(|_, s, _| s.tracer = Tid(7)), Some(Cause::TracedBy(Tid(7))));
        assert_eq!(cause_of(|_, s, _| s.uids.saved = 0), Some(Cause::OtherUser(0)));
        assert_eq!(cause_of(|_, s, _| s.is_zombie = true), Some(Cause::Zombie));
        assert_eq!(cause_of(|_, s, _| s.is_kernel_thread = true), Some(Cause::KernelThread));
        assert_eq!(cause_of(|_, s, _| s.process = Pid(49)), Some(Cause::Thread(Pid(49))));
        assert_eq!(cause_of(|t, _, _| t.is_own_line = true), Some(Cause::OwnLine));
        assert_eq!(cause_of(|t, _, _| t.is_dumpable = false), Some(Cause::NotDumpable));
        assert_eq!(cause_of(|_, _, me| me.yama_scope = Some(1)), Some(Cause::YamaDescendantsOnly));
        assert_eq!(cause_of(|_, _, me| me.yama_scope = Some(2)), Some(Cause::YamaPrivilegedOnly));
        assert_eq!(cause_of(|_, _, me| me.yama_scope = Some(3)), Some(Cause::YamaNobody));
        let nobody = TargetFacts { status: None, ..target() };
        assert_eq!(refusal(&nobody, &ME).unwrap().cause, Cause::NoSuchProcess);
    }

    #[test]
    fn root_may_trace_others_unless_the_policy_says_no() {
        let as_root = |uids| {
            cause_of(move |target, _, me| {
                target.is_dumpable = false;
                *me = TracerFacts { uid: 0, can_trace_all: true, yama_scope: Some(1), uids };
            })
        };
        assert_eq!(as_root(UidPolicy::Any), None);
        assert_eq!(as_root(UidPolicy::SameUser), Some(Cause::OtherUser(1000)));
    }

    #[test]
    fn a_refusal_names_cause_and_remedy() {
        let refusal = Refusal { pid: Pid(50), cause: Cause::TracedBy(Tid(7)) };
        assert_eq!(
            refusal.to_string(),
            "process 50 is already traced by process 7: end that debugger or tracer first"
        );
        let own = examine(Pid(std::process::id() as i32), UidPolicy::Any).unwrap();
        assert_eq!(own.cause, Cause::OwnLine);
    }
}
