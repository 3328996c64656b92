//! Starting the command: a child that waits at a gate until it has been seized.
//!
//! The child never asks to be traced itself (PTRACE_TRACEME): if the tracer died between that and the exec, the child's parent, and
//! so its tracer, would be PID 1. Waiting at a pipe has no such moment: when the tracer dies the read ends and the child goes.
#![expect(unsafe_code, reason = "fork, and only async-signal-safe calls until exec")]

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;

use nix::fcntl::OFlag;
use nix::sys::signal::SigSet;
use syscope_shared::ids::Tid;

/// Everything about a command, in the form that needs no allocation after fork.
#[derive(Debug)]
pub struct Launch {
    /// The file to execute.
    pub program: CString,
    pub argv: Vec<CString>,
    /// `NAME=value` each.
    pub env: Vec<CString>,
    pub user: Option<User>,
    /// What takes the place of standard input, output and error; `None` leaves the recorder's own.
    pub stdio: Option<[OwnedFd; 3]>,
    pub other_fds: OtherFds,
    /// The signal mask that the recorder was started with.
    pub signal_mask: SigSet,
}

/// Whether the command gets the file descriptors above 2 that the recorder inherited. (Those that it opened are never inherited.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherFds {
    /// As a shell's `diff <(a) <(b)` needs it.
    Inherit,
    Close,
}

/// Another user to run the command as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
}

/// A child that waits to be seized.
#[derive(Debug)]
pub struct Held {
    pub tid: Tid,
    gate: File,
    report: File,
}

/// A child that has been let through the gate.
#[derive(Debug)]
pub struct Released {
    report: File,
}

/// What kept the child from running its program.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error("cannot become another user: {0}")]
    User(io::Error),
    #[error("cannot set up standard input and output: {0}")]
    Stdio(io::Error),
    #[error("{0}")]
    Exec(io::Error),
}

/// The step of the child that failed, as it is written to the report pipe.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Step {
    User,
    Stdio,
    Exec,
}

/// Forks a child that sets itself up and then waits.
pub fn spawn(launch: &Launch) -> io::Result<Held> {
    let (gate_out, gate_in) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (report_out, report_in) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
    };
    let argv = pointers(&launch.argv);
    let env = pointers(&launch.env);
    let child = Child {
        launch,
        argv: &argv,
        env: &env,
        gate: gate_out.as_raw_fd(),
        gate_in: gate_in.as_raw_fd(),
        report: report_in.as_raw_fd(),
    };
    // SAFETY: the child calls nothing but async-signal-safe functions, allocates nothing and never returns.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: this is the child of the fork above.
        0 => unsafe { child.run() },
        pid => Ok(Held { tid: Tid(pid), gate: gate_in.into(), report: report_out.into() }),
    }
}

impl Held {
    /// Lets the child execute its program.
    pub fn release(mut self) -> Released {
        // A child that was killed at the gate is reported by `wait`.
        let _ = self.gate.write_all(b"g");
        Released { report: self.report }
    }
}

impl Released {
    /// Why the child ended without having run its program. Blocks until the child has ended or executed.
    #[must_use]
    pub fn failure(mut self) -> Option<LaunchError> {
        let mut report = [0; 5];
        self.report.read_exact(&mut report).ok()?;
        let [step, errno @ ..] = report;
        let error = io::Error::from_raw_os_error(i32::from_ne_bytes(errno));
        Some(match step {
            0 => LaunchError::User(error),
            1 => LaunchError::Stdio(error),
            _ => LaunchError::Exec(error),
        })
    }
}

/// What the child needs after the fork.
struct Child<'a> {
    launch: &'a Launch,
    argv: &'a [*const libc::c_char],
    env: &'a [*const libc::c_char],
    gate: RawFd,
    gate_in: RawFd,
    report: RawFd,
}

impl Child<'_> {
    /// # Safety
    /// Only in a freshly forked child: it shares no memory with anyone, but other threads' locks may be held for ever.
    unsafe fn run(&self) -> ! {
        // SAFETY: as the caller's; close is async-signal-safe. Holding the gate's other end would keep it shut after the tracer's
        // death.
        unsafe { libc::close(self.gate_in) };
        // SAFETY: as the caller's.
        let (step, errno) = unsafe { self.set_up_and_exec() };
        let mut report = [step as u8, 0, 0, 0, 0];
        report[1..].copy_from_slice(&errno.to_ne_bytes());
        // SAFETY: write and _exit are async-signal-safe; `report` is valid for its length.
        unsafe {
            libc::write(self.report, report.as_ptr().cast(), report.len());
            libc::_exit(1);
        }
    }

    /// # Safety
    /// As [`Self::run`].
    unsafe fn set_up_and_exec(&self) -> (Step, i32) {
        let launch = self.launch;
        // SAFETY: all calls are async-signal-safe (the set*id ones because they are raw system calls), and their pointers live in
        // `launch`, `argv` and `env`, which nobody changes.
        unsafe {
            if let Some(stdio) = &launch.stdio {
                for (target, fd) in stdio.iter().enumerate() {
                    if libc::dup2(fd.as_raw_fd(), target as i32) < 0 {
                        return (Step::Stdio, errno());
                    }
                }
            }
            if launch.other_fds == OtherFds::Close {
                const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
                libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, CLOSE_RANGE_CLOEXEC);
            }
            if let Some(user) = &launch.user
                && (libc::syscall(libc::SYS_setgroups, user.groups.len(), user.groups.as_ptr()) != 0
                    || libc::syscall(libc::SYS_setresgid, user.gid, user.gid, user.gid) != 0
                    || libc::syscall(libc::SYS_setresuid, user.uid, user.uid, user.uid) != 0)
            {
                return (Step::User, errno());
            }
            // Ignored signals stay ignored over exec: SIGPIPE is Rust's doing, SIGXFSZ the recorder's.
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
            let mut byte = 0u8;
            loop {
                match libc::read(self.gate, (&raw mut byte).cast(), 1) {
                    1 => break,
                    -1 if errno() == libc::EINTR => {}
                    _ => libc::_exit(1),
                }
            }
            libc::sigprocmask(libc::SIG_SETMASK, launch.signal_mask.as_ref(), ptr::null_mut());
            libc::execve(launch.program.as_ptr(), self.argv.as_ptr(), self.env.as_ptr());
            (Step::Exec, errno())
        }
    }
}

fn errno() -> i32 {
    nix::errno::Errno::last_raw()
}
