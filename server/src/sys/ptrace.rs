//! `ptrace(2)`, the requests that syscope uses. All but [`seize`] and [`interrupt`] need the tracee to be in a ptrace-stop.
#![expect(
    unsafe_code,
    reason = "raw ptrace: nix knows no PTRACE_LISTEN, no PTRACE_GET_SYSCALL_INFO and no real-time signals"
)]

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use syscope_shared::ids::{Signal, Tid};
use syscope_shared::syscall::{Abi, SyscallId};

use super::Gone;
use crate::tracer::raw::Call;

/// Which tasks a seized task brings with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    Children,
    Nothing,
}

/// What becomes of a seized task when its tracer dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTracerDeath {
    Kill,
    RunOn,
}

/// Becomes the tracer of `tid` without stopping it.
pub fn seize(tid: Tid, follow: Follow, on_death: OnTracerDeath) -> io::Result<()> {
    let mut options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXEC | libc::PTRACE_O_TRACEEXIT;
    if follow == Follow::Children {
        options |= libc::PTRACE_O_TRACEFORK | libc::PTRACE_O_TRACEVFORK | libc::PTRACE_O_TRACECLONE;
    }
    if on_death == OnTracerDeath::Kill {
        options |= libc::PTRACE_O_EXITKILL;
    }
    request(libc::PTRACE_SEIZE, tid, 0, options as usize)
}

/// Makes a running or listening tracee stop (PTRACE_EVENT_STOP), if no other stop comes first.
pub fn interrupt(tid: Tid) -> Result<(), Gone> {
    request(libc::PTRACE_INTERRUPT, tid, 0, 0).map_err(|_| Gone)
}

/// Lets the tracee run to its next syscall stop, delivering `signal`.
pub fn resume(tid: Tid, signal: Option<Signal>) -> Result<(), Gone> {
    request(libc::PTRACE_SYSCALL, tid, 0, number(signal)).map_err(|_| Gone)
}

/// Leaves the tracee in its group-stop until SIGCONT.
pub fn listen(tid: Tid) -> Result<(), Gone> {
    request(libc::PTRACE_LISTEN, tid, 0, 0).map_err(|_| Gone)
}

/// Lets go of the tracee, delivering `signal`; one in a group-stop stays stopped.
pub fn detach(tid: Tid, signal: Option<Signal>) -> Result<(), Gone> {
    request(libc::PTRACE_DETACH, tid, 0, number(signal)).map_err(|_| Gone)
}

/// The message of a PTRACE_EVENT stop: the new task's id, the former id of one that executed, the exit status.
pub fn event_message(tid: Tid) -> Result<u64, Gone> {
    let mut message: libc::c_ulong = 0;
    request(libc::PTRACE_GETEVENTMSG, tid, 0, &raw mut message as usize).map_err(|_| Gone)?;
    Ok(message)
}

/// The kernel's `siginfo_t` of a signal-delivery stop, as bytes.
pub fn signal_info(tid: Tid) -> Result<Vec<u8>, Gone> {
    let mut info = [0u8; size_of::<libc::siginfo_t>()];
    request(libc::PTRACE_GETSIGINFO, tid, 0, info.as_mut_ptr() as usize).map_err(|_| Gone)?;
    Ok(info.to_vec())
}

/// A syscall stop, as PTRACE_GET_SYSCALL_INFO tells it.
#[derive(Clone, Copy, Debug)]
pub enum SyscallStop {
    Entry(Call),
    Exit { ret: i64, is_error: bool },
    None,
}

/// AUDIT_ARCH_I386 of `linux/audit.h`.
const ARCH_I386: u32 = 0x4000_0003;
/// __X32_SYSCALL_BIT of `asm/unistd.h`.
const X32_BIT: u64 = 0x4000_0000;

/// Tells an entry from an exit, whatever came before.
pub fn syscall_info(tid: Tid) -> Result<SyscallStop, Gone> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>();
    request(libc::PTRACE_GET_SYSCALL_INFO, tid, size, info.as_mut_ptr() as usize).map_err(|_| Gone)?;
    // SAFETY: all-zero is valid for this struct of integers, and the kernel wrote at most `size` bytes over it.
    let info = unsafe { info.assume_init() };
    Ok(match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: `op` says that the kernel filled `entry`.
            let entry = unsafe { info.u.entry };
            SyscallStop::Entry(Call {
                id: id_of(info.arch, entry.nr),
                args: entry.args,
                stack_pointer: info.stack_pointer,
            })
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: `op` says that the kernel filled `exit`.
            let exit = unsafe { info.u.exit };
            SyscallStop::Exit { ret: exit.sval, is_error: exit.is_error != 0 }
        }
        _ => SyscallStop::None,
    })
}

fn id_of(arch: u32, number: u64) -> SyscallId {
    let (abi, number) = match arch {
        ARCH_I386 => (Abi::I386, number),
        // -1, which a seccomp filter or a debugger puts in the place of a call that must not run, has the x32 bit as well.
        _ if number & X32_BIT != 0 && number as i32 > 0 => (Abi::X32, number & !X32_BIT),
        _ => (Abi::X86_64, number),
    };
    SyscallId { abi, number: number as u32 }
}

/// Reads one word of the tracee's memory.
pub(super) fn peek_word(tid: Tid, address: u64) -> io::Result<u64> {
    let mut word: libc::c_long = 0;
    // The raw request stores the word behind `data`; glibc's wrapper returns it instead, and hides it behind errno.
    // SAFETY: `word` is valid for writing a long for the length of the call.
    let answer =
        unsafe { libc::syscall(libc::SYS_ptrace, libc::PTRACE_PEEKDATA, tid.0, address, &raw mut word) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(word as u64) }
}

fn number(signal: Option<Signal>) -> usize {
    signal.map_or(0, |signal| signal.0 as usize)
}

/// `data` is a number, or the address of a buffer as large as the request wants.
fn request(request: libc::c_uint, tid: Tid, address: usize, data: usize) -> io::Result<()> {
    let address = ptr::without_provenance_mut::<libc::c_void>(address);
    let data = ptr::with_exposed_provenance_mut::<libc::c_void>(data);
    // SAFETY: the callers in this module pass buffers of the sizes that `ptrace(2)` names, which outlive the call; the tracee's own
    // memory is not this process's.
    let answer = unsafe { libc::ptrace(request, tid.0, address, data) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_abi_and_number() {
        const ARCH_X86_64: u32 = 0xc000_003e;
        assert_eq!(id_of(ARCH_X86_64, 1), SyscallId::x86_64(1));
        assert_eq!(id_of(ARCH_X86_64, X32_BIT | 1), SyscallId { abi: Abi::X32, number: 1 });
        assert_eq!(id_of(ARCH_I386, 20), SyscallId { abi: Abi::I386, number: 20 });
        assert_eq!(id_of(ARCH_X86_64, u64::MAX), SyscallId::x86_64(u32::MAX));
    }
}
