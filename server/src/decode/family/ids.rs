//! Who a process is: users, groups, sessions, limits, capabilities.

use syscope_shared::value::{Operator, Value};

use crate::decode::arg::Arg::{In, Int, OneOf, Out, Uid};
use crate::decode::arg::{self, Pointee, UID, fixed, reach, uid};
use crate::decode::memory::Fields;
use crate::decode::names::operation::RLIMIT;
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};
use crate::decode::view::Place;

pub(super) static ROWS: &[Row] = &[
    row("getpid", &[]).never_fails(),
    row("getppid", &[]).never_fails(),
    row("gettid", &[]).never_fails(),
    row("getuid", &[]).never_fails(),
    row("geteuid", &[]).never_fails(),
    row("getgid", &[]).never_fails(),
    row("getegid", &[]).never_fails(),
    row("getpgrp", &[]).never_fails(),
    row("getpgid", &[Int]),
    row("setpgid", &[Int, Int]),
    row("getsid", &[Int]),
    row("setsid", &[]),
    row("setuid", &[Uid]),
    row("setgid", &[Uid]),
    row("setfsuid", &[Uid]).never_fails(),
    row("setfsgid", &[Uid]).never_fails(),
    row("setreuid", &[Uid, Uid]),
    row("setregid", &[Uid, Uid]),
    row("setresuid", &[Uid, Uid, Uid]),
    row("setresgid", &[Uid, Uid, Uid]),
    row("getresuid", &[Out(&UID), Out(&UID), Out(&UID)]),
    row("getresgid", &[Out(&UID), Out(&UID), Out(&UID)]),
    row("getgroups", &[Int, Out(&GROUPS_RETURNED)]),
    row("setgroups", &[Int, In(&GROUPS)]),
    row("getrlimit", &[OneOf(&RLIMIT), Out(&RLIMIT_VALUE)]),
    row("setrlimit", &[OneOf(&RLIMIT), In(&RLIMIT_VALUE)]),
    row("prlimit64", &[Int, OneOf(&RLIMIT), In(&RLIMIT_VALUE), Out(&RLIMIT_VALUE)]),
    row("getpriority", &[OneOf(&PRIORITY), Int]),
    row("setpriority", &[OneOf(&PRIORITY), Int, Int]),
    row("capget", &[In(&CAP_HEADER), Out(&CAP_DATA)]),
    row("capset", &[In(&CAP_HEADER), In(&CAP_DATA)]),
];

static PRIORITY: Names = names!("PRIO_???": PRIO_PROCESS, PRIO_PGRP, PRIO_USER);
static CAP_VERSION: Names = names!("_LINUX_CAPABILITY_VERSION_???":
    _LINUX_CAPABILITY_VERSION_1 = 0x1998_0330, _LINUX_CAPABILITY_VERSION_2 = 0x2007_1026,
    _LINUX_CAPABILITY_VERSION_3 = 0x2008_0522,
);

/// Capabilities by number (`capabilities(7)`).
pub(super) static CAPABILITY: Names = names!("CAP_???":
    CAP_CHOWN = 0, CAP_DAC_OVERRIDE = 1, CAP_DAC_READ_SEARCH = 2, CAP_FOWNER = 3, CAP_FSETID = 4, CAP_KILL = 5,
    CAP_SETGID = 6, CAP_SETUID = 7, CAP_SETPCAP = 8, CAP_LINUX_IMMUTABLE = 9, CAP_NET_BIND_SERVICE = 10,
    CAP_NET_BROADCAST = 11, CAP_NET_ADMIN = 12, CAP_NET_RAW = 13, CAP_IPC_LOCK = 14, CAP_IPC_OWNER = 15,
    CAP_SYS_MODULE = 16, CAP_SYS_RAWIO = 17, CAP_SYS_CHROOT = 18, CAP_SYS_PTRACE = 19, CAP_SYS_PACCT = 20,
    CAP_SYS_ADMIN = 21, CAP_SYS_BOOT = 22, CAP_SYS_NICE = 23, CAP_SYS_RESOURCE = 24, CAP_SYS_TIME = 25,
    CAP_SYS_TTY_CONFIG = 26, CAP_MKNOD = 27, CAP_LEASE = 28, CAP_AUDIT_WRITE = 29, CAP_AUDIT_CONTROL = 30,
    CAP_SETFCAP = 31, CAP_MAC_OVERRIDE = 32, CAP_MAC_ADMIN = 33, CAP_SYSLOG = 34, CAP_WAKE_ALARM = 35,
    CAP_BLOCK_SUSPEND = 36, CAP_AUDIT_READ = 37, CAP_PERFMON = 38, CAP_BPF = 39, CAP_CHECKPOINT_RESTORE = 40,
);

/// As many ids as the call returned.
static GROUPS_RETURNED: Pointee = reach(
    |place, wants| arg::want_items(place, place.view.returned_count() as u64, 4, wants),
    |place| groups(place, place.view.returned_count() as u64),
);

/// As many ids as the first argument says.
static GROUPS: Pointee = reach(
    |place, wants| arg::want_items(place, place.view.arg(0), 4, wants),
    |place| groups(place, place.view.arg(0)),
);

fn groups(place: Place<'_>, count: u64) -> Option<Value> {
    arg::array(place, count, 4, |_, id| uid(id.u32(0)))
}

/// `struct rlimit64`
static RLIMIT_VALUE: Pointee = fixed(16, |limits| {
    Value::structure(vec![
        Value::named("rlim_cur", limit(limits.u64(0))),
        Value::named("rlim_max", limit(limits.u64(8))),
    ])
});

fn limit(limit: u64) -> Value {
    match limit {
        u64::MAX => Value::symbol("RLIM64_INFINITY"),
        limit if limit > 1024 && limit.is_multiple_of(1024) => {
            Value::int(limit / 1024).binary(Operator::Times, Value::Int(1024))
        }
        limit => Value::int(limit),
    }
}

static CAP_HEADER: Pointee = fixed(8, |header| {
    Value::structure(vec![
        Value::named("version", CAP_VERSION.one(u64::from(header.u32(0)))),
        Value::named("pid", Value::int(header.i32(4))),
    ])
});

/// Three sets of 32 bits, and three more for the capabilities from 32 on.
static CAP_DATA: Pointee = fixed(24, |data| {
    let fields = [("effective", 0), ("permitted", 4), ("inheritable", 8)];
    Value::structure(fields.map(|(name, offset)| Value::named(name, capabilities(data, offset))).to_vec())
});

fn capabilities(data: Fields<'_>, offset: usize) -> Value {
    let mut rest = u64::from(data.u32(offset)) | u64::from(data.u32(offset + 12)) << 32;
    let mut parts = Vec::new();
    for &(number, name) in CAPABILITY.rows {
        if rest & 1 << number != 0 {
            rest &= !(1 << number);
            parts.push(Value::Int(1).binary(Operator::ShiftLeft, Value::symbol(name)));
        }
    }
    crate::decode::names::with_rest(parts, rest)
}
