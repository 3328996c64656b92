//! The calls that make tasks, and the flags that they stand for.

use syscope_shared::event::Creation;
use syscope_shared::syscall::Abi;

use super::raw::Call;

/// CLONE_THREAD, CLONE_VM and CLONE_VFORK of `linux/sched.h`.
const THREAD: u64 = 0x0001_0000;
const VM: u64 = 0x0000_0100;
const VFORK: u64 = 0x0000_4000;
const SIGCHLD: u64 = 17;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Fork,
    Vfork,
    Clone,
    Clone3,
}

fn maker(call: &Call) -> Option<Maker> {
    Some(match (call.id.abi, call.id.number) {
        (Abi::I386, 2) | (Abi::X86_64 | Abi::X32, 57) => Maker::Fork,
        (Abi::I386, 190) | (Abi::X86_64 | Abi::X32, 58) => Maker::Vfork,
        (Abi::I386, 120) | (Abi::X86_64 | Abi::X32, 56) => Maker::Clone,
        (_, 435) => Maker::Clone3,
        _ => return None,
    })
}

/// Whether the call makes a task when it succeeds.
#[must_use]
pub fn is_creating(call: &Call) -> bool {
    maker(call).is_some()
}

/// Where in the tracee's memory the flags are, if they are not an argument: `clone3` has them first in its struct (`clone(2)`).
#[must_use]
pub fn flags_address(call: &Call) -> Option<u64> {
    (maker(call) == Some(Maker::Clone3)).then_some(call.args[0])
}

/// The clone flags of the call; `in_memory` are those at [`flags_address`].
#[must_use]
pub fn flags_of(call: &Call, in_memory: Option<u64>) -> u64 {
    match maker(call) {
        Some(Maker::Fork) => SIGCHLD,
        Some(Maker::Vfork) => VFORK | VM | SIGCHLD,
        Some(Maker::Clone) => call.args[0],
        Some(Maker::Clone3) | None => in_memory.unwrap_or(0),
    }
}

/// What kind of task the call makes with these flags.
#[must_use]
pub fn creation_of(call: &Call, flags: u64) -> Creation {
    match maker(call) {
        Some(Maker::Fork) => Creation::Fork,
        Some(Maker::Vfork) => Creation::Vfork,
        _ if flags & THREAD != 0 => Creation::Thread,
        _ => Creation::Clone,
    }
}
