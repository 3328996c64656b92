//! The system and the process as the kernel sees them: names, memory, random numbers, `prctl`.

use syscope_shared::value::Value;

use super::ids::CAPABILITY;
use crate::decode::arg::Arg::{
    Address, Bytes, Flags, Hex, In, Int, OneOf, Out, Rest, Scalar, Signal, Text, Uint, Ulong,
};
use crate::decode::arg::args;
use crate::decode::arg::{ADDRESS, Arg, INT, Pointee, fixed, reach, signal};
use crate::decode::memory::{Fields, c_string};
use crate::decode::names::operation::{ARCH_PRCTL, PRCTL};
use crate::decode::names::{Names, names, with_rest};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("uname", &[Out(&UTSNAME)]),
    row("sysinfo", &[Out(&SYSINFO)]),
    row("getrandom", &[Out(&RANDOM), Ulong, Flags(&GRND)]),
    row("getcpu", &[Out(&UNSIGNED), Out(&UNSIGNED), Address]),
    row("prctl", &[OneOf(&PRCTL), Rest(prctl_operands)]).note(prctl_note),
    row("arch_prctl", &[OneOf(&ARCH_PRCTL), Rest(arch_prctl_operand)]),
    row("personality", &[Scalar(|view, index| personality(u64::from(view.uint(index))))])
        .outcome(Outcome::Hex)
        .note(|view| view.returned().map(|persona| personality(persona as u64).to_string())),
    row("seccomp", &[OneOf(&SECCOMP), Scalar(seccomp_flags), Address]),
    row(
        "membarrier",
        &[OneOf(&MEMBARRIER), Flags(&MEMBARRIER_FLAGS), Arg::If(|view| view.arg(1) & 1 != 0, &Int)],
    )
    .outcome(Outcome::Depends(|view| if view.int(0) == 0 { Outcome::Hex } else { Outcome::Number }))
    .note(|view| {
        let commands = view.returned().filter(|_| view.int(0) == 0)? as u64;
        Some(MEMBARRIER.flags(commands).to_string())
    }),
    row("sethostname", &[Bytes { length: 1 }, Ulong]),
    row("setdomainname", &[Bytes { length: 1 }, Ulong]),
    row("restart_syscall", &[]),
    row("iopl", &[Int]),
    row("vhangup", &[]),
    row("bpf", &[Int, Address, Uint]),
    row("perf_event_open", &[Address, Int, Int, Int, Hex]).opens(),
    row("userfaultfd", &[Hex]).opens(),
    row("io_setup", &[Uint, Out(&ADDRESS)]),
    row("io_destroy", &[Address]),
    row("process_vm_readv", &[Int, Address, Ulong, Address, Ulong, Ulong]).moves_bytes(),
    row("process_vm_writev", &[Int, Address, Ulong, Address, Ulong, Ulong]).moves_bytes(),
    row("ptrace", &[Hex, Int, Address, Address]).outcome(Outcome::Number),
];

static GRND: Names = names!("GRND_???": GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4);
static SECCOMP: Names = names!("SECCOMP_SET_MODE_???":
    SECCOMP_SET_MODE_STRICT = 0, SECCOMP_SET_MODE_FILTER = 1, SECCOMP_GET_ACTION_AVAIL = 2,
    SECCOMP_GET_NOTIF_SIZES = 3,
);
static SECCOMP_FILTER: Names = names!("SECCOMP_FILTER_FLAG_???":
    SECCOMP_FILTER_FLAG_TSYNC = 1, SECCOMP_FILTER_FLAG_LOG = 2, SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4,
    SECCOMP_FILTER_FLAG_NEW_LISTENER = 8, SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 0x10,
    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 0x20,
);
static MEMBARRIER: Names = names!("MEMBARRIER_CMD_???":
    MEMBARRIER_CMD_QUERY = 0, MEMBARRIER_CMD_GLOBAL = 1, MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2,
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4, MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 0x10, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 0x20,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 0x80,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 0x100,
);
static MEMBARRIER_FLAGS: Names = names!("MEMBARRIER_CMD_FLAG_???": MEMBARRIER_CMD_FLAG_CPU = 1);
static DUMPABLE: Names =
    names!("SUID_DUMP_???": SUID_DUMP_DISABLE = 0, SUID_DUMP_USER = 1, SUID_DUMP_ROOT = 2);
static SECCOMP_MODE: Names = names!("SECCOMP_MODE_???":
    SECCOMP_MODE_DISABLED = 0, SECCOMP_MODE_STRICT = 1, SECCOMP_MODE_FILTER = 2,
);
static SET_VMA: Names = names!("PR_SET_VMA_???": PR_SET_VMA_ANON_NAME = 0);
static AMBIENT: Names = names!("PR_CAP_AMBIENT_???":
    PR_CAP_AMBIENT_IS_SET = 1, PR_CAP_AMBIENT_RAISE = 2, PR_CAP_AMBIENT_LOWER = 3, PR_CAP_AMBIENT_CLEAR_ALL = 4,
);

/// `struct utsname`: six texts of 65 bytes.
static UTSNAME: Pointee = fixed(390, |name| {
    Value::elided_structure(vec![
        Value::named("sysname", Value::string(name.text(0, 65))),
        Value::named("nodename", Value::string(name.text(65, 65))),
    ])
});

/// `struct sysinfo` (`sysinfo(2)`).
static SYSINFO: Pointee = fixed(112, |info| {
    let number = |name, offset| Value::named(name, Value::int(info.u64(offset)));
    let loads = [8, 16, 24].map(|offset| Value::int(info.u64(offset))).to_vec();
    Value::structure(vec![
        Value::named("uptime", Value::int(info.i64(0))),
        Value::named("loads", Value::array(loads)),
        number("totalram", 32),
        number("freeram", 40),
        number("sharedram", 48),
        number("bufferram", 56),
        number("totalswap", 64),
        number("freeswap", 72),
        Value::named("procs", Value::int(info.u16(80))),
        number("totalhigh", 88),
        number("freehigh", 96),
        Value::named("mem_unit", Value::int(info.u32(104))),
    ])
});

/// Random bytes, as many as the call returned.
static RANDOM: Pointee = reach(
    |place, wants| {
        wants.bytes(place.address, place.view.returned_count().min(place.view.limit()));
    },
    |place| {
        let count = place.view.returned_count();
        let shown = count.min(place.view.limit());
        place.memory.get(place.address, shown).map(|bytes| Value::hex_string(bytes, shown < count))
    },
);

static UNSIGNED: Pointee = fixed(4, |number| Value::array(vec![Value::int(number.u32(0))]));

/// A thread's name (`prctl(2)`, PR_SET_NAME). The kernel takes 15 bytes, and strace looks at no more: it shows a name of just that
/// length as cut.
static NEW_COMM: Pointee = reach(
    |place, wants| wants.string(place.address, COMM_BYTES),
    |place| {
        let name = c_string(place.memory, place.address, COMM_BYTES)?.bytes;
        Some(Value::Str { is_cut: name.len() == COMM_BYTES, bytes: name })
    },
);

/// The name that the kernel gives back: at most 15 bytes and their NUL.
static COMM: Pointee = reach(
    |place, wants| wants.string(place.address, COMM_BYTES),
    |place| {
        let name = c_string(place.memory, place.address, COMM_BYTES)?;
        Some(Value::Str { bytes: name.bytes, is_cut: !name.is_terminated })
    },
);

const COMM_BYTES: usize = 15;

static SIGNAL_NUMBER: Pointee = fixed(4, |number| Value::array(vec![signal(number.i32(0))]));

/// `struct sock_fprog`
static FILTER: Pointee = fixed(16, |program: Fields<'_>| {
    Value::structure(vec![
        Value::named("len", Value::int(program.u16(0))),
        Value::named("filter", Value::address(program.u64(8))),
    ])
});

/// What each operation takes (`prctl(2)`). Those that must be 0 are shown where the kernel looks at them.
fn prctl_operands(view: &View<'_>) -> &'static [Arg] {
    match view.int(0) {
        libc::PR_SET_NAME => args![In(&NEW_COMM)],
        libc::PR_GET_NAME => args![Out(&COMM)],
        libc::PR_SET_PDEATHSIG => args![Signal],
        libc::PR_GET_PDEATHSIG => args![Out(&SIGNAL_NUMBER)],
        libc::PR_SET_DUMPABLE => args![OneOf(&DUMPABLE)],
        libc::PR_CAPBSET_READ | libc::PR_CAPBSET_DROP => args![OneOf(&CAPABILITY)],
        libc::PR_GET_CHILD_SUBREAPER | libc::PR_GET_TSC => args![Out(&INT)],
        libc::PR_GET_TID_ADDRESS => args![Out(&ADDRESS)],
        libc::PR_SET_CHILD_SUBREAPER | libc::PR_SET_KEEPCAPS | libc::PR_SET_TIMERSLACK => args![Ulong],
        libc::PR_SET_NO_NEW_PRIVS | libc::PR_SET_THP_DISABLE => args![Ulong, Hex, Hex, Hex],
        libc::PR_GET_NO_NEW_PRIVS | libc::PR_GET_THP_DISABLE => args![Hex, Hex, Hex, Hex],
        libc::PR_GET_DUMPABLE
        | libc::PR_GET_SECCOMP
        | libc::PR_GET_TIMERSLACK
        | libc::PR_GET_KEEPCAPS
        | libc::PR_GET_SECUREBITS => args![],
        libc::PR_SET_SECCOMP if view.arg(1) == 2 => args![OneOf(&SECCOMP_MODE), In(&FILTER)],
        libc::PR_SET_SECCOMP => args![OneOf(&SECCOMP_MODE)],
        libc::PR_SET_VMA => args![OneOf(&SET_VMA), Address, Ulong, Text],
        libc::PR_CAP_AMBIENT => args![OneOf(&AMBIENT), Scalar(ambient_capability), Hex, Hex],
        libc::PR_SET_PTRACER => args![Scalar(ptracer)],
        _ => args![Hex, Hex, Hex, Hex],
    }
}

fn ambient_capability(view: &View<'_>, index: usize) -> Value {
    match u64::from(view.uint(1)) {
        1..=3 => CAPABILITY.one(view.arg(index)),
        _ => Value::hex(view.arg(index)),
    }
}

fn ptracer(view: &View<'_>, index: usize) -> Value {
    match view.int(index) {
        -1 => Value::symbol("PR_SET_PTRACER_ANY"),
        pid => Value::int(pid),
    }
}

fn prctl_note(view: &View<'_>) -> Option<String> {
    let ret = view.returned()? as u64;
    (view.int(0) == libc::PR_GET_DUMPABLE).then(|| DUMPABLE.one(ret).to_string())
}

const ARCH_SET_GS: u64 = 0x1001;
const ARCH_SET_FS: u64 = 0x1002;
const ARCH_GET_FS: u64 = 0x1003;
const ARCH_GET_GS: u64 = 0x1004;
const ARCH_GET_CPUID: u64 = 0x1011;

fn arch_prctl_operand(view: &View<'_>) -> &'static [Arg] {
    match view.arg(0) {
        ARCH_GET_FS | ARCH_GET_GS => args![Out(&ADDRESS)],
        ARCH_SET_FS | ARCH_SET_GS => args![Address],
        ARCH_GET_CPUID => args![],
        _ => args![Address],
    }
}

static PERSONALITY: Names = names!("PER_???":
    PER_LINUX = 0, PER_SVR4 = 1, PER_SVR3 = 2, PER_SCOSVR3 = 3, PER_WYSEV386 = 4, PER_ISCR4 = 5, PER_BSD = 6,
    PER_XENIX = 7, PER_LINUX32 = 8,
);
static PERSONALITY_FLAGS: Names = names!("PER_???":
    UNAME26 = 0x0002_0000, ADDR_NO_RANDOMIZE = 0x0004_0000, FDPIC_FUNCPTRS = 0x0008_0000,
    MMAP_PAGE_ZERO = 0x0010_0000, ADDR_COMPAT_LAYOUT = 0x0020_0000, READ_IMPLIES_EXEC = 0x0040_0000,
    ADDR_LIMIT_32BIT = 0x0080_0000, SHORT_INODE = 0x0100_0000, WHOLE_SECONDS = 0x0200_0000,
    STICKY_TIMEOUTS = 0x0400_0000, ADDR_LIMIT_3GB = 0x0800_0000,
);

/// The low byte is a number, the rest flags; all bits ask for what it is.
fn personality(bits: u64) -> Value {
    if bits == u64::from(u32::MAX) {
        return Value::hex(bits);
    }
    let (flags, rest) = PERSONALITY_FLAGS.split(bits & !0xff);
    let mut parts = vec![PERSONALITY.one(bits & 0xff)];
    parts.extend(flags);
    with_rest(parts, rest)
}

fn seccomp_flags(view: &View<'_>, index: usize) -> Value {
    let flags = u64::from(view.uint(index));
    if view.int(0) == 1 { SECCOMP_FILTER.flags(flags) } else { Value::hex(flags) }
}
