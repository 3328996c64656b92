//! Making, ending and waiting for processes.

use syscope_shared::value::{Operator, Rest as ListRest, Value};

use super::signal::SIGINFO;
use super::time::timeval;
use crate::decode::arg::Arg::{DirFd, Fd, Flags, In, Int, Odd, OneOf, Out, Path, Rest, Scalar, Ulong};
use crate::decode::arg::args;
use crate::decode::arg::{self, Arg, INT, Pointee, Shown, fixed, reach, signal};
use crate::decode::capture::Wants;
use crate::decode::memory::Fields;
use crate::decode::names::{Names, names};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::{Place, View};

pub(super) static ROWS: &[Row] = &[
    row("fork", &[]),
    row("vfork", &[]),
    row("clone", &[Scalar(clone_stack), Scalar(clone_flags), Rest(clone_rest)]),
    row("clone3", &[Odd(&CLONE_ARGS), Ulong]),
    row("unshare", &[Flags(&CLONE)]),
    row("setns", &[Fd, Flags(&NAMESPACE)]),
    row("execve", &[Path, In(&ARGV), In(&ENVIRONMENT)]),
    row("execveat", &[DirFd, Path, In(&ARGV), In(&ENVIRONMENT), Flags(&super::stat::AT)]),
    row("exit", &[Int]).outcome(Outcome::Nothing),
    row("exit_group", &[Int]).outcome(Outcome::Nothing),
    row("wait4", &[Int, Out(&STATUS), Flags(&WAIT), Out(&RUSAGE_OF_CHILD)]),
    row("waitid", &[OneOf(&WAIT_FOR), Int, Out(&SIGINFO), Flags(&WAIT), Out(&RUSAGE)]),
    row("getrusage", &[OneOf(&RUSAGE_OF), Out(&RUSAGE)]),
    row("pidfd_open", &[Int, Flags(&PIDFD)]).opens(),
    row("pidfd_getfd", &[Fd, Int, Int]).opens(),
];

static CLONE: Names = names!("CLONE_???":
    CLONE_NEWTIME = 0x80, CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_PIDFD = 0x1000, CLONE_PTRACE,
    CLONE_VFORK, CLONE_PARENT, CLONE_THREAD, CLONE_NEWNS, CLONE_SYSVSEM, CLONE_SETTLS, CLONE_PARENT_SETTID,
    CLONE_CHILD_CLEARTID, CLONE_UNTRACED, CLONE_CHILD_SETTID, CLONE_NEWCGROUP = 0x0200_0000, CLONE_NEWUTS,
    CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_IO, CLONE_CLEAR_SIGHAND = 0x1_0000_0000,
    CLONE_INTO_CGROUP = 0x2_0000_0000,
);
static NAMESPACE: Names = names!("CLONE_NEW???":
    CLONE_NEWTIME = 0x80, CLONE_NEWNS, CLONE_NEWCGROUP = 0x0200_0000, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
    CLONE_NEWPID, CLONE_NEWNET,
);
static WAIT: Names = names!("W???":
    WNOHANG = 1, WEXITED = 4, WSTOPPED = 2, WCONTINUED = 8, WNOWAIT = 0x0100_0000, __WCLONE = 0x8000_0000,
    __WALL = 0x4000_0000, __WNOTHREAD = 0x2000_0000,
);
static WAIT_FOR: Names = names!("P_???": P_ALL = 0, P_PID = 1, P_PGID = 2, P_PIDFD = 3);
static RUSAGE_OF: Names = names!("RUSAGE_???":
    RUSAGE_SELF = 0, RUSAGE_CHILDREN = 0xffff_ffff, RUSAGE_BOTH = 0xffff_fffe, RUSAGE_THREAD = 1,
);
static PIDFD: Names = names!("PIDFD_???": PIDFD_NONBLOCK = 0x800);

/// The low byte of clone's flags: the signal that the parent gets when the child ends.
const EXIT_SIGNAL: u64 = 0xff;

fn clone_stack(view: &View<'_>, _: usize) -> Value {
    Value::named("child_stack", Value::address(view.arg(1)))
}

fn clone_flags(view: &View<'_>, _: usize) -> Value {
    let flags = view.arg(0);
    let (mut parts, rest) = CLONE.split(flags & !EXIT_SIGNAL);
    if rest != 0 {
        parts.push(Value::hex(rest));
    }
    let exit_signal = (flags & EXIT_SIGNAL) as i32;
    if exit_signal != 0 {
        parts.push(signal(exit_signal));
    }
    Value::named("flags", Value::flags(parts))
}

/// The pointers of `clone`, where the flags make something of them. strace shows them when it has returned.
fn clone_rest(_: &View<'_>) -> &'static [Arg] {
    const fn is_there(flags: u64, bits: i32) -> bool {
        flags & bits as u64 != 0
    }
    args![
        Arg::If(
            |view| is_there(view.arg(0), libc::CLONE_PARENT_SETTID | libc::CLONE_PIDFD),
            &Arg::Late(&Odd(&PARENT_TID)),
        ),
        Arg::If(
            |view| is_there(view.arg(0), libc::CLONE_SETTLS),
            &Arg::Late(&Scalar(|view, _| Value::named("tls", Value::address(view.arg(4))))),
        ),
        Arg::If(
            |view| is_there(view.arg(0), libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID),
            &Arg::Late(&Scalar(|view, _| Value::named("child_tidptr", Value::address(view.arg(3))))),
        ),
    ]
}

/// Where `clone` stores the child's id, or a pidfd: `parent_tid=[12]`.
static PARENT_TID: arg::Odd = arg::Odd {
    at_entry: arg::want_nothing,
    at_exit: |view, _, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(2), 4);
        }
    },
    print: |view, _| {
        let place = Place { address: view.arg(2), ..arg::at_exit(view, 2) };
        Value::named(
            "parent_tid",
            if view.has_succeeded() { INT.print(place) } else { Value::address(view.arg(2)) },
        )
    },
    shown: Shown::AtExit,
};

/// `struct clone_args` (`clone(2)`), its size in the next argument.
static CLONE_ARGS: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index), clone_args_bytes(view, index)),
    at_exit: |view, index, wants| {
        if let Some(address) = clone_parent_tid(view, index) {
            wants.bytes(address, 4);
        }
    },
    print: print_clone_args,
    shown: Shown::InTwoParts,
};

/// The first version of the struct, and the longest that is known.
const CLONE_ARGS_BYTES: std::ops::RangeInclusive<usize> = 64..=88;

fn clone_args_bytes(view: &View<'_>, index: usize) -> usize {
    (view.arg(index + 1) as usize).min(*CLONE_ARGS_BYTES.end())
}

fn clone_args<'a>(view: &'a View<'_>, index: usize) -> Option<Fields<'a>> {
    let bytes = view.at_entry.get(view.arg(index), clone_args_bytes(view, index))?;
    CLONE_ARGS_BYTES.contains(&bytes.len()).then_some(Fields(bytes))
}

/// Where a call that succeeded stored the child's id.
fn clone_parent_tid(view: &View<'_>, index: usize) -> Option<u64> {
    let args = clone_args(view, index).filter(|_| view.has_succeeded())?;
    (args.u64(0) & libc::CLONE_PARENT_SETTID as u64 != 0).then(|| args.u64(24))
}

fn print_clone_args(view: &View<'_>, index: usize) -> Value {
    let Some(args) = clone_args(view, index) else {
        return Value::address(view.arg(index));
    };
    let flags = args.u64(0);
    let has = |bits: i32| flags & bits as u64 != 0;
    let address = |name, offset| Value::named(name, Value::address(args.u64(offset)));
    let mut fields = vec![Value::named("flags", CLONE.flags(flags))];
    if has(libc::CLONE_PIDFD) {
        fields.push(address("pidfd", 8));
    }
    if has(libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) {
        fields.push(address("child_tid", 16));
    }
    if has(libc::CLONE_PARENT_SETTID) {
        fields.push(address("parent_tid", 24));
    }
    fields.push(Value::named("exit_signal", signal(args.i32(32))));
    fields.push(address("stack", 40));
    fields.push(Value::named("stack_size", Value::hex(args.u64(48))));
    if has(libc::CLONE_SETTLS) {
        fields.push(address("tls", 56));
    }
    let before = Value::structure(fields);
    let Some(parent_tid) = clone_parent_tid(view, index) else {
        return before;
    };
    let place = Place { address: parent_tid, ..arg::at_exit(view, index) };
    before.changed_to(Value::structure(vec![Value::named("parent_tid", INT.print(place))]))
}

const POINTER_BYTES: usize = 8;

/// A program's arguments.
static ARGV: Pointee = reach(want_argv, print_argv);

/// A program's environment, of which strace shows the address and the number of variables.
static ENVIRONMENT: Pointee = reach(want_pointers, print_environment);

fn want_argv(place: Place<'_>, wants: &mut Wants<'_>) {
    let shown = place.view.limit();
    want_words(place, shown + 1, wants);
    let pointers = memory_words(place).take(shown).map_while(|(_, word)| word.filter(|&word| word != 0));
    for pointer in pointers {
        wants.string(pointer, shown);
    }
}

fn print_argv(place: Place<'_>) -> Option<Value> {
    let limit = place.view.limit();
    let mut items = Vec::new();
    // One more than is shown, to see whether there are more.
    for (at, pointer) in memory_words(place).take(limit + 1) {
        let Some(pointer) = pointer else {
            return (!items.is_empty()).then_some(Value::Array { items, rest: ListRest::Unreadable(at) });
        };
        if pointer == 0 {
            return Some(Value::array(items));
        }
        if items.len() == limit {
            break;
        }
        items.push(arg::string(place.at(pointer), limit));
    }
    Some(Value::Array { items, rest: ListRest::Cut })
}

/// The 64-bit words from a place on with their addresses; the last is one that was not captured.
fn memory_words(place: Place<'_>) -> impl Iterator<Item = (u64, Option<u64>)> {
    let mut is_over = false;
    (0u64..).map_while(move |index| {
        let at = place.address.wrapping_add(index * POINTER_BYTES as u64);
        let word = place.memory.get(at, POINTER_BYTES).map(|bytes| Fields(bytes).u64(0));
        (!std::mem::replace(&mut is_over, word.is_none())).then_some((at, word))
    })
}

/// Follows an array of pointers to its end.
fn want_pointers(place: Place<'_>, wants: &mut Wants<'_>) {
    want_words(place, MAX_VARIABLES, wants);
}

/// More variables are not counted.
const MAX_VARIABLES: usize = 1 << 16;

/// Asks for words up to the first that is zero, page by page, at most so many.
fn want_words(place: Place<'_>, most: usize, wants: &mut Wants<'_>) {
    let unread = memory_words(place).take(most).find(|(_, word)| word.is_none_or(|word| word == 0));
    if let Some((at, None)) = unread {
        // Up to the page's end: what follows may not be there.
        wants.bytes(at, (0x1000 - (at & 0xfff)) as usize);
    }
}

fn print_environment(place: Place<'_>) -> Option<Value> {
    let mut count = 0u64;
    for (_, word) in memory_words(place) {
        match word {
            Some(0) => break,
            Some(_) => count += 1,
            None if count == 0 => return None,
            None => return Some(Value::Hex(place.address).commented(format!("{count} vars, unterminated"))),
        }
    }
    let unit = if count == 1 { "var" } else { "vars" };
    Some(Value::Hex(place.address).commented(format!("{count} {unit}")))
}

/// A wait status (`wait(2)`). Of a `wait4` that found nothing strace shows the address.
static STATUS: Pointee = reach(
    |place, wants| wants.bytes(place.address, 4),
    |place| {
        let status = place.memory.get(place.address, 4).filter(|_| place.view.returned() != Some(0))?;
        Some(Value::array(vec![Value::structure(vec![wait_status(Fields(status).i32(0))])]))
    },
);

fn wait_status(status: i32) -> Value {
    let macro_of = |name| Value::call(name, vec![Value::symbol("s")]);
    let and_is = |test, name, value| {
        macro_of(test).binary(Operator::And, macro_of(name).binary(Operator::Equals, value))
    };
    let number = status & 0x7f;
    match number {
        0 => and_is("WIFEXITED", "WEXITSTATUS", Value::int(status >> 8 & 0xff)),
        0x7f if status == 0xffff => macro_of("WIFCONTINUED"),
        0x7f => and_is("WIFSTOPPED", "WSTOPSIG", signal(status >> 8 & 0xff)),
        _ => {
            let killed = and_is("WIFSIGNALED", "WTERMSIG", signal(number));
            if status & 0x80 == 0 { killed } else { killed.binary(Operator::And, macro_of("WCOREDUMP")) }
        }
    }
}

const RUSAGE_BYTES: usize = 144;

/// `struct rusage` (`getrusage(2)`).
static RUSAGE: Pointee = fixed(RUSAGE_BYTES, rusage);

/// The same from `wait4`, if it found a child.
static RUSAGE_OF_CHILD: Pointee = reach(
    |place, wants| wants.bytes(place.address, RUSAGE_BYTES),
    |place| {
        let usage =
            place.memory.get(place.address, RUSAGE_BYTES).filter(|_| place.view.returned() != Some(0));
        usage.map(|usage| rusage(Fields(usage)))
    },
);

fn rusage(usage: Fields<'_>) -> Value {
    Value::elided_structure(vec![
        Value::named("ru_utime", timeval(usage)),
        Value::named("ru_stime", timeval(usage.from(16))),
    ])
}
