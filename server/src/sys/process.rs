//! This process's own signals and file descriptors.
#![expect(unsafe_code, reason = "signal dispositions and adopted file descriptors")]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use syscope_shared::ids::Tid;

/// Makes [`NUDGE`] interrupt blocking calls, and writing beyond RLIMIT_FSIZE an error instead of death.
pub fn set_up_signals() -> io::Result<()> {
    extern "C" fn do_nothing(_signal: libc::c_int) {}

    let nudge = SigAction::new(SigHandler::Handler(do_nothing), SaFlags::empty(), SigSet::empty());
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing at all, and no other code of this process relies on these signals' dispositions.
    unsafe {
        sigaction(NUDGE, &nudge)?;
        sigaction(Signal::SIGXFSZ, &ignore)?;
        // Inherited as ignored, it would make the kernel reap children before they can be waited for.
        sigaction(Signal::SIGCHLD, &default)?;
    }
    Ok(())
}

/// The signal that makes a blocking wait of another thread return. It is ignored by default, so that it does no harm when it comes
/// late.
pub const NUDGE: Signal = Signal::SIGURG;

/// Sends [`NUDGE`] to a thread of this process. The thread may be gone.
pub fn nudge(thread: Tid) {
    // SAFETY: tgkill takes no pointers.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread.0, NUDGE as libc::c_int) };
}

/// Takes over a file descriptor that the process was started with, and keeps it from being inherited further.
pub fn adopt_fd(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl takes no pointers here; on a closed descriptor it fails.
    if fd <= 2 || unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } != 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: it is open, and the process's starter gave it to whoever names it on the command line; nothing else here owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Ends this process by `signal`, without a core dump; if that is not deadly, with exit status 128 + `signal`.
pub fn die_by(signal: i32) -> ! {
    // SAFETY: the sets are initialised by sigemptyset; no handler is installed; no other thread's work is lost that matters.
    unsafe {
        let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
        libc::signal(signal, libc::SIG_DFL);
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
        libc::raise(signal);
    }
    std::process::exit(128 + signal)
}
