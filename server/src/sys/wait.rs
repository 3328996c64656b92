//! Waiting for tracees: `waitid(2)` and the raw status words.
//!
//! nix's wait status has no room for real-time signals: it reports EINVAL for such a stop after having consumed it. So the words are
//! taken apart here, after `ptrace(2)` and the kernel's `wait.h`.
#![expect(unsafe_code, reason = "raw waitid")]

use std::io;
use std::mem::MaybeUninit;

use syscope_shared::event::End;
use syscope_shared::ids::{Signal, Tid};

/// What `waitid` told about a tracee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is dead.
    Ended(End),
    /// A syscall-entry or syscall-exit stop (told apart by PTRACE_O_TRACESYSGOOD from a SIGTRAP).
    SyscallStop,
    /// A signal is about to be delivered.
    SignalStop(Signal),
    /// PTRACE_EVENT_STOP with SIGTRAP: after an interrupt or SIGCONT, or a new task's first stop.
    Trap,
    /// PTRACE_EVENT_STOP with a stopping signal.
    GroupStop(Signal),
    /// Another PTRACE_EVENT.
    Event(Event),
}

/// The PTRACE_EVENTs that syscope asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Fork,
    Vfork,
    Clone,
    Exec,
    Exit,
    /// One that was not asked for, by number.
    Other(i32),
}

/// Whether to wait until something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    Block,
    Poll,
}

/// The answer of [`peek`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peeked {
    Found(Tid, Status),
    /// Nothing now; only for [`Patience::Poll`].
    Nothing,
    /// A signal handler ran; only for [`Patience::Block`].
    Interrupted,
    /// There is nothing left to wait for.
    NoTracees,
}

/// Looks for a tracee or child of this thread that stopped or died, and leaves its status where it is.
///
/// Not consuming matters for signal-delivery stops: should the tracer be killed before it resumes the tracee, the kernel delivers the
/// signal that is still in the status word, and forgets one that was consumed.
pub fn peek(patience: Patience) -> io::Result<Peeked> {
    let hang = if patience == Patience::Poll { libc::WNOHANG } else { 0 };
    match waitid(libc::P_ALL, 0, hang | libc::WNOWAIT) {
        Ok(Some((tid, status))) => Ok(Peeked::Found(tid, status)),
        Ok(None) => Ok(Peeked::Nothing),
        Err(error) => match error.raw_os_error() {
            Some(libc::EINTR) => Ok(Peeked::Interrupted),
            Some(libc::ECHILD) => Ok(Peeked::NoTracees),
            _ => Err(error),
        },
    }
}

/// Looks at one tracee without waiting, and leaves its status where it is.
#[must_use]
pub fn peek_at(tid: Tid) -> Option<Status> {
    waitid(libc::P_PID, tid.0, libc::WNOHANG | libc::WNOWAIT).ok().flatten().map(|(_, status)| status)
}

/// Takes the status that a peek showed: of a stop, so that the next peek finds another tracee; of a death, so that the task is reaped.
///
/// Answers what it took, which is another status than the one that was peeked when SIGKILL came in between.
#[must_use]
pub fn consume(tid: Tid) -> Option<Status> {
    waitid(libc::P_PID, tid.0, libc::WNOHANG).ok().flatten().map(|(_, status)| status)
}

fn waitid(kind: libc::idtype_t, id: i32, flags: i32) -> io::Result<Option<(Tid, Status)>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // Tracees belong to the thread that seized them, and children to the one that forked: __WNOTHREAD leaves the children of other
    // threads, and what the process inherited from before its exec, alone.
    let flags = flags | libc::WEXITED | libc::WSTOPPED | libc::__WALL | libc::__WNOTHREAD;
    // SAFETY: `info` is valid for writing a siginfo_t for the length of the call.
    let answer = unsafe { libc::waitid(kind, id as libc::id_t, info.as_mut_ptr(), flags) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all-zero is a valid siginfo_t, and waitid wrote over it or left it so.
    let info = unsafe { info.assume_init() };
    // SAFETY: waitid fills the SIGCHLD fields; with WNOHANG and nothing found they are zero.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok((pid != 0).then(|| (Tid(pid), decoded(info.si_code, status))))
}

/// `code` and `status` are `si_code` and `si_status` of waitid's siginfo.
fn decoded(code: i32, status: i32) -> Status {
    match code {
        libc::CLD_EXITED => Status::Ended(End::Exited(status as u8)),
        libc::CLD_KILLED => Status::Ended(End::Killed { signal: Signal(status), core_dumped: false }),
        libc::CLD_DUMPED => Status::Ended(End::Killed { signal: Signal(status), core_dumped: true }),
        _ => stopped(status),
    }
}

fn stopped(status: i32) -> Status {
    const SYSCALL: i32 = libc::SIGTRAP | 0x80;
    let signal = status & 0xff;
    match status >> 8 {
        0 if signal == SYSCALL => Status::SyscallStop,
        0 => Status::SignalStop(Signal(signal)),
        libc::PTRACE_EVENT_STOP if signal == libc::SIGTRAP => Status::Trap,
        libc::PTRACE_EVENT_STOP => Status::GroupStop(Signal(signal)),
        libc::PTRACE_EVENT_FORK => Status::Event(Event::Fork),
        libc::PTRACE_EVENT_VFORK => Status::Event(Event::Vfork),
        libc::PTRACE_EVENT_CLONE => Status::Event(Event::Clone),
        libc::PTRACE_EVENT_EXEC => Status::Event(Event::Exec),
        libc::PTRACE_EVENT_EXIT => Status::Event(Event::Exit),
        event => Status::Event(Event::Other(event)),
    }
}

/// How a task is going to end, from the status word that PTRACE_EVENT_EXIT's message holds.
#[must_use]
pub fn end_of(status: u64) -> End {
    let status = status as i32;
    match status & 0x7f {
        0 => End::Exited((status >> 8) as u8),
        signal => End::Killed { signal: Signal(signal), core_dumped: status & 0x80 != 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_told_apart_by_their_status_word() {
        assert_eq!(decoded(libc::CLD_TRAPPED, 0x85), Status::SyscallStop);
        assert_eq!(decoded(libc::CLD_TRAPPED, libc::SIGTRAP), Status::SignalStop(Signal(libc::SIGTRAP)));
        assert_eq!(decoded(libc::CLD_TRAPPED, 64), Status::SignalStop(Signal(64)), "a real-time signal");
        assert_eq!(decoded(libc::CLD_TRAPPED, libc::SIGTRAP | 128 << 8), Status::Trap);
        assert_eq!(
            decoded(libc::CLD_STOPPED, libc::SIGTSTP | 128 << 8),
            Status::GroupStop(Signal(libc::SIGTSTP))
        );
        assert_eq!(decoded(libc::CLD_TRAPPED, libc::SIGTRAP | 4 << 8), Status::Event(Event::Exec));
        assert_eq!(decoded(libc::CLD_EXITED, 3), Status::Ended(End::Exited(3)));
    }

    #[test]
    fn an_exit_message_is_a_status_word() {
        assert_eq!(end_of(3 << 8), End::Exited(3));
        assert_eq!(end_of(9), End::Killed { signal: Signal(9), core_dumped: false });
        assert_eq!(end_of(0x8b), End::Killed { signal: Signal(11), core_dumped: true });
    }
}
