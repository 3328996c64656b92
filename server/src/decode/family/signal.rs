//! Signals: handlers, masks, sending, waiting.

use std::borrow::Cow;

use syscope_shared::ids::Signal as SignalNumber;
use syscope_shared::value::{Prefix, Value};

use super::time::TIMESPEC;
use crate::decode::arg::Arg::{Fd, Flags, In, Int, OneOf, Out, Scalar, Signal, Ulong};
use crate::decode::arg::{Pointee, fixed};
use crate::decode::capture::Wants;
use crate::decode::memory::Fields;
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};
use crate::decode::siginfo;
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("kill", &[Int, Signal]),
    row("tkill", &[Int, Signal]),
    row("tgkill", &[Int, Int, Signal]),
    row("rt_sigaction", &[Signal, In(&SIGACTION), Out(&SIGACTION), Ulong]),
    row("rt_sigprocmask", &[OneOf(&HOW), In(&SIGSET), Out(&SIGSET), Ulong]),
    row("rt_sigpending", &[Out(&SIGSET), Ulong]),
    row("rt_sigsuspend", &[In(&SIGSET), Ulong]),
    row("rt_sigtimedwait", &[In(&SIGSET), Out(&SIGINFO), In(&TIMESPEC), Ulong]).note(signal_returned),
    row("rt_sigqueueinfo", &[Int, Signal, In(&SIGINFO)]),
    row("rt_tgsigqueueinfo", &[Int, Int, Signal, In(&SIGINFO)]),
    row("pidfd_send_signal", &[Fd, Signal, In(&SIGINFO), Int]),
    row("rt_sigreturn", &[Scalar(restored_mask)]).reads(want_restored_mask),
    row("sigaltstack", &[In(&STACK), Out(&STACK)]),
    row("pause", &[]),
    row("signalfd", &[Fd, In(&SIGSET), Ulong]).opens(),
    row("signalfd4", &[Fd, In(&SIGSET), Ulong, Flags(&SIGNALFD)]).opens(),
];

static HOW: Names = names!("SIG_???": SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK);
static SIGNALFD: Names = names!("SFD_???": SFD_CLOEXEC, SFD_NONBLOCK);
static SA: Names = names!("SA_???":
    SA_RESTORER = 0x0400_0000, SA_ONSTACK = 0x0800_0000, SA_RESTART = 0x1000_0000, SA_INTERRUPT = 0x2000_0000,
    SA_NODEFER = 0x4000_0000, SA_RESETHAND = 0x8000_0000, SA_SIGINFO = 4, SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2,
);
static STACK_FLAGS: Names = names!("SS_???": SS_ONSTACK = 1, SS_DISABLE = 2, SS_AUTODISARM = 0x8000_0000);

const SA_RESTORER: u64 = 0x0400_0000;

/// The kernel's `struct sigaction` (`asm/signal.h`).
static SIGACTION: Pointee = fixed(32, |action| {
    let handler = match action.u64(0) {
        0 => Value::symbol("SIG_DFL"),
        1 => Value::symbol("SIG_IGN"),
        address => Value::address(address),
    };
    let mut fields = vec![
        Value::named("sa_handler", handler),
        Value::named("sa_mask", signal_set(action.u64(24))),
        Value::named("sa_flags", SA.flags(action.u64(8))),
    ];
    if action.u64(8) & SA_RESTORER != 0 {
        fields.push(Value::named("sa_restorer", Value::address(action.u64(16))));
    }
    Value::structure(fields)
});

/// The kernel's `sigset_t`: 64 bits.
pub(super) static SIGSET: Pointee = fixed(8, |set| signal_set(set.u64(0)));

/// From this many signals on strace shows those that are missing.
const MOSTLY_FULL: u32 = 64 * 2 / 3;

/// A set of signals, without `SIG`: `[CHLD RT_1]`, `~[KILL STOP]`.
pub(super) fn signal_set(set: u64) -> Value {
    if set.count_ones() >= MOSTLY_FULL { names_of(!set).prefixed(Prefix::Not) } else { names_of(set) }
}

fn names_of(set: u64) -> Value {
    let numbers = (1..=64).filter(|number| set & 1 << (number - 1) != 0);
    let names = numbers.map(|number| {
        let name = SignalNumber(number).to_string();
        Value::Symbol(Cow::Owned(name.trim_start_matches("SIG").to_owned()))
    });
    Value::set(names.collect())
}

/// Where the mask is in the frame that the kernel put on the stack for a handler: in its `ucontext`, to which the stack pointer
/// points again when the handler has returned (`asm/sigframe.h`, `asm/ucontext.h`).
const MASK_IN_FRAME: u64 = 296;

fn want_restored_mask(view: &View<'_>, wants: &mut Wants<'_>) {
    wants.bytes(view.call.stack_pointer.wrapping_add(MASK_IN_FRAME), 8);
}

/// `{mask=[CHLD]}`: what will be blocked again. It is no argument, but on the stack.
fn restored_mask(view: &View<'_>, _: usize) -> Value {
    match view.at_entry.get(view.call.stack_pointer.wrapping_add(MASK_IN_FRAME), 8) {
        Some(set) => Value::structure(vec![Value::named("mask", signal_set(Fields(set).u64(0)))]),
        None => Value::address(view.call.stack_pointer),
    }
}

/// A `siginfo_t`.
pub(super) static SIGINFO: Pointee = fixed(siginfo::SIGINFO_BYTES, siginfo::print);

/// `stack_t`
static STACK: Pointee = fixed(24, |stack: Fields<'_>| {
    Value::structure(vec![
        Value::named("ss_sp", Value::address(stack.u64(0))),
        Value::named("ss_flags", STACK_FLAGS.flags(u64::from(stack.u32(8)))),
        Value::named("ss_size", Value::int(stack.u64(16))),
    ])
});

/// Calls that return a signal's number.
fn signal_returned(view: &View<'_>) -> Option<String> {
    let number = i32::try_from(view.returned()?).ok()?;
    Some(SignalNumber(number).to_string())
}
