//! Trying out whether this machine, container and user can trace: each thing that a recorder needs, once, on a child of its own.

use std::ffi::CString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid as NixPid;
use syscope_shared::ids::{Pid, Tid};

use super::attach::attach;
use super::procfs;
use super::raw::{Call, Snapshot, TraceeMemory};
use super::refusal::{UidPolicy, has_sys_ptrace, yama_scope};
use crate::sys::Gone;
use crate::sys::memory::Reader;
use crate::sys::ptrace::{self, Follow, OnTracerDeath, SyscallStop};
use crate::sys::spawn::{Launch, OtherFds, spawn};
use crate::sys::wait::{self, Patience, Peeked, Status};

/// What a recorder needs, in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Start a command and be its tracer.
    Spawn,
    /// PTRACE_GET_SYSCALL_INFO, which Linux has since 5.3.
    SyscallInfo,
    /// process_vm_readv; without it reading is slow, but works.
    FastMemory,
    /// Attach to a process that runs already.
    Attach,
}

/// What came of trying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Works,
    /// It works, but worse than it could; the sentence says why and what to do.
    Limited(String),
    /// The sentence says why not and what to do.
    Fails(String),
}

/// Where this process runs, as far as it matters for tracing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    pub uid: u32,
    pub can_trace_all: bool,
    pub yama_scope: Option<u8>,
    /// A seccomp filter is on this process.
    pub has_seccomp: bool,
    pub is_container: bool,
    /// The kernel's release.
    pub kernel: String,
}

impl Surroundings {
    #[must_use]
    pub fn own() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let seccomp = status.lines().find_map(|line| line.strip_prefix("Seccomp:")).map(str::trim);
        let is_container = ["/.dockerenv", "/run/.containerenv"].iter().any(|file| Path::new(file).exists())
            || fs::read("/proc/1/environ").is_ok_and(|environ| {
                environ.split(|byte| *byte == 0).any(|variable| variable.starts_with(b"container="))
            });
        Self {
            uid: nix::unistd::geteuid().as_raw(),
            can_trace_all: has_sys_ptrace(),
            yama_scope: yama_scope(),
            has_seccomp: seccomp.is_some_and(|mode| mode != "0"),
            is_container,
            kernel: procfs::kernel_release(),
        }
    }

    /// Why the kernel refused a child of this very process, which it lets anyone trace by default.
    fn refusal_of_child(&self, error: &io::Error) -> String {
        let cause = if self.yama_scope == Some(3) {
            "yama ptrace_scope is 3; set kernel.yama.ptrace_scope lower in /etc/sysctl.d and reboot"
        } else if self.yama_scope == Some(2) && !self.can_trace_all {
            "yama ptrace_scope is 2, which asks for CAP_SYS_PTRACE; run syscope as root"
        } else if self.is_container || self.has_seccomp {
            "a seccomp filter is in force, as containers have; start the container with `docker run --cap-add=SYS_PTRACE`, \
             with an old docker or kernel also `--security-opt seccomp=unconfined`"
        } else {
            "a security module such as SELinux (`setsebool deny_ptrace 0`) or AppArmor may forbid it; look at `dmesg`"
        };
        format!("{error}: {cause}")
    }

    /// What of other processes may be attached to, though a child may.
    fn attaching(&self) -> Outcome {
        match self.yama_scope {
            Some(1) if !self.can_trace_all => Outcome::Limited(
                "only to what syscope itself has started (yama ptrace_scope is 1); `sudo sysctl \
                 kernel.yama.ptrace_scope=0`, or run syscope as root"
                    .to_owned(),
            ),
            _ if !self.can_trace_all => Outcome::Limited(format!(
                "to processes of this user only (uid {}); for others run syscope as root",
                self.uid
            )),
            _ => Outcome::Works,
        }
    }
}

/// Tries everything out. What comes after a need that fails is left out where it depends on it.
#[must_use]
pub fn probe(surroundings: &Surroundings) -> Vec<(Need, Outcome)> {
    let mut outcomes = Vec::new();
    match trace_child() {
        Err(error) => outcomes.push((Need::Spawn, Outcome::Fails(surroundings.refusal_of_child(&error)))),
        Ok(seen) => {
            outcomes.push((Need::Spawn, Outcome::Works));
            outcomes.extend(seen.judged(surroundings));
        }
    }
    let attached = match attach_to_child() {
        Err(error) => Outcome::Fails(error),
        Ok(()) => surroundings.attaching(),
    };
    outcomes.push((Need::Attach, attached));
    outcomes
}

/// What was seen of a child's execve.
struct Seen {
    /// The path that it was called with, and how it was read; `None` without PTRACE_GET_SYSCALL_INFO.
    execve: Option<(Vec<u8>, bool)>,
}

/// This program, which surely can be executed.
const PROGRAM: &std::ffi::CStr = c"/proc/self/exe";

impl Seen {
    fn judged(&self, surroundings: &Surroundings) -> Vec<(Need, Outcome)> {
        let Some((path, is_batched)) = &self.execve else {
            let reason = format!("Linux {} lacks it; 5.3 or later is needed", surroundings.kernel);
            return vec![(Need::SyscallInfo, Outcome::Fails(reason))];
        };
        let memory = if path != PROGRAM.to_bytes() {
            Outcome::Fails(surroundings.refusal_of_child(&io::Error::other("it could not be read")))
        } else if *is_batched {
            Outcome::Works
        } else {
            Outcome::Limited(
                "process_vm_readv is refused, so that it is read word by word, which is slow; in a container, \
                 `docker run --cap-add=SYS_PTRACE` allows it"
                    .to_owned(),
            )
        };
        vec![(Need::SyscallInfo, Outcome::Works), (Need::FastMemory, memory)]
    }
}

/// Starts a child, follows it to its execve, and ends it there.
fn trace_child() -> io::Result<Seen> {
    let launch = Launch {
        program: PROGRAM.into(),
        argv: vec![CString::from(c"syscope"), CString::from(c"--version")],
        env: Vec::new(),
        user: None,
        stdio: None,
        other_fds: OtherFds::Close,
        signal_mask: SigSet::empty(),
    };
    let held = spawn(&launch)?;
    let tid = held.tid;
    ptrace::seize(tid, Follow::Nothing, OnTracerDeath::Kill)?;
    let _ = ptrace::interrupt(tid);
    let _released = held.release();
    let seen = follow_to_execve(tid);
    end(tid);
    seen
}

fn follow_to_execve(tid: Tid) -> io::Result<Seen> {
    const EXECVE: u32 = 59;
    loop {
        match wait::peek(Patience::Block)? {
            Peeked::Found(_, Status::SyscallStop) => match ptrace::syscall_info(tid) {
                Ok(SyscallStop::Entry(call)) if call.id.number == EXECVE => {
                    return Ok(Seen { execve: Some(read_path(tid, &call)) });
                }
                Err(Gone) => return Ok(Seen { execve: None }),
                Ok(_) => {}
            },
            Peeked::Found(_, Status::Ended(_)) | Peeked::NoTracees => return Ok(Seen { execve: None }),
            _ => {}
        }
        let _ = ptrace::resume(tid, None);
    }
}

fn read_path(tid: Tid, call: &Call) -> (Vec<u8>, bool) {
    let mut reader = Reader::default();
    let mut snapshot = Snapshot::default();
    reader.of(tid).read_all(&[(call.args[0], PROGRAM.count_bytes())], &mut snapshot);
    (snapshot.from(call.args[0]).to_vec(), reader.is_batched())
}

/// Attaches to a child that was started like any other process, and lets go of it.
fn attach_to_child() -> Result<(), String> {
    let child = Command::new("sleep")
        .arg("60")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("`sleep` could not be started to try it: {error}"))?;
    let attached = attach(Pid(child.id() as i32), Follow::Children, UidPolicy::Any);
    end(Tid(child.id() as i32));
    attached.map(drop).map_err(|refusal| refusal.to_string())
}

/// A seized child that is killed goes through an exit stop, from which this thread must let it.
fn end(child: Tid) {
    // It may have ended by itself.
    let _ = kill(NixPid::from_raw(child.0), Signal::SIGKILL);
    while let Ok(Peeked::Found(tid, status)) = wait::peek(Patience::Block) {
        if let Status::Ended(_) = status {
            let _ = wait::consume(tid);
            return;
        }
        let _ = ptrace::resume(tid, None);
    }
}
