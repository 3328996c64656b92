//! Calls that few programs make: most of them are shown by their plain numbers and addresses.

use syscope_shared::value::Value;

use super::net::MSG;
use super::stat::AT;
use super::time::TIMESPEC;
use crate::decode::arg::Arg::{
    Address, DirFd, Fd, Flags, Flags64, Hex, In, Int, Long, OneOf, Out, Path, Received, Scalar, Text, Uint,
    Ulong,
};
use crate::decode::arg::{self, Pointee, fixed, reach};
use crate::decode::memory::Fields;
use crate::decode::names::operation::{CLOCK, MADVISE};
use crate::decode::names::{Names, names, with_rest};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::{Place, View};

pub(super) static ROWS: &[Row] = &[
    row("get_mempolicy", &[Out(&POLICY), Out(&NODES), Ulong, Address, Flags64(&POLICY_OF)]),
    row("set_mempolicy", &[Scalar(policy), In(&NODES), Ulong]),
    row("mbind", &[Address, Ulong, Scalar(policy), In(&NODES), Ulong, Flags(&MOVE)]),
    row("set_mempolicy_home_node", &[Address, Ulong, Ulong, Hex]),
    row("migrate_pages", &[Int, Ulong, Address, Address]),
    row("move_pages", &[Int, Ulong, Address, Address, Address, Flags(&MOVE)]),
    row("process_madvise", &[Fd, Address, Ulong, OneOf(&MADVISE), Hex]),
    row("process_mrelease", &[Fd, Hex]),
    row("remap_file_pages", &[Address, Ulong, Hex, Ulong, Hex]),
    row("cachestat", &[Fd, Address, Address, Hex]),
    row("map_shadow_stack", &[Address, Ulong, Hex]),
    row("mseal", &[Address, Ulong, Hex]),
    row("msgsnd", &[Int, Address, Ulong, Flags(&MESSAGE)]),
    row("msgrcv", &[Int, Address, Ulong, Long, Flags(&MESSAGE)]),
    row("mq_timedreceive", &[Fd, Received, Ulong, Address, In(&TIMESPEC)]).moves_bytes(),
    row("mq_notify", &[Fd, Address]),
    row("mq_getsetattr", &[Fd, Address, Address]),
    row("recvmmsg", &[Fd, Address, Uint, Flags(&MSG), In(&TIMESPEC)]),
    row("io_submit", &[Address, Long, Address]),
    row("io_cancel", &[Address, Address, Address]),
    row("io_getevents", &[Address, Long, Long, Address, In(&TIMESPEC)]),
    row("io_pgetevents", &[Address, Long, Long, Address, In(&TIMESPEC), Address]),
    row("io_uring_register", &[Fd, Hex, Address, Uint]),
    row("futex_waitv", &[Address, Uint, Hex, In(&TIMESPEC), OneOf(&CLOCK)]),
    row("futex_wake", &[Address, Hex, Int, Hex]),
    row("futex_wait", &[Address, Hex, Hex, Hex, In(&TIMESPEC), OneOf(&CLOCK)]),
    row("futex_requeue", &[Address, Hex, Int, Int]),
    row("adjtimex", &[Address]),
    row("clock_adjtime", &[OneOf(&CLOCK), Address]),
    row("kcmp", &[Int, Int, OneOf(&COMPARED), Hex, Hex]),
    row("ioprio_get", &[OneOf(&IO_PRIORITY_OF), Int])
        .outcome(Outcome::Hex)
        .note(|view| Some(io_priority(view.returned()? as u32).to_string())),
    row("ioprio_set", &[OneOf(&IO_PRIORITY_OF), Int, Scalar(|view, index| io_priority(view.uint(index)))]),
    row("syslog", &[Int, Address, Int]),
    row("reboot", &[Hex, Hex, Hex, Address]),
    row("swapon", &[Path, Hex]),
    row("quotactl", &[Hex, Path, Uint, Address]),
    row("quotactl_fd", &[Fd, Hex, Uint, Address]),
    row("ioperm", &[Hex, Hex, Int]),
    row("modify_ldt", &[Int, Address, Ulong]),
    row("set_thread_area", &[Address]),
    row("get_thread_area", &[Address]),
    row("ustat", &[Hex, Address]),
    row("sysfs", &[Hex, Hex, Hex]),
    row("uselib", &[Path]),
    row("lookup_dcookie", &[Ulong, Address, Ulong]),
    row("init_module", &[Address, Ulong, Text]),
    row("finit_module", &[Fd, Text, Hex]),
    row("delete_module", &[Text, Hex]),
    row("kexec_load", &[Address, Ulong, Address, Hex]),
    row("kexec_file_load", &[Fd, Int, Ulong, Address, Hex]),
    row("add_key", &[Text, Text, Address, Ulong, Int]),
    row("request_key", &[Text, Text, Text, Int]),
    row("keyctl", &[Int, Hex, Hex, Hex, Hex]),
    row("fanotify_init", &[Hex, Hex]).opens(),
    row("fanotify_mark", &[Fd, Hex, Hex, DirFd, Path]),
    row("open_tree", &[DirFd, Path, Hex]).opens(),
    row("open_tree_attr", &[DirFd, Path, Hex, Address, Ulong]).opens(),
    row("move_mount", &[DirFd, Path, DirFd, Path, Hex]),
    row("fsopen", &[Text, Hex]).opens(),
    row("fsconfig", &[Fd, Uint, Text, Address, Int]),
    row("fsmount", &[Fd, Hex, Hex]).opens(),
    row("fspick", &[DirFd, Path, Hex]).opens(),
    row("mount_setattr", &[DirFd, Path, Flags(&AT), Address, Ulong]),
    row("statmount", &[Address, Address, Ulong, Hex]),
    row("listmount", &[Address, Address, Ulong, Hex]),
    row("landlock_create_ruleset", &[Address, Ulong, Hex]).opens(),
    row("landlock_add_rule", &[Fd, Uint, Address, Hex]),
    row("landlock_restrict_self", &[Fd, Hex]),
    row("lsm_get_self_attr", &[Uint, Address, Address, Hex]),
    row("lsm_set_self_attr", &[Uint, Address, Uint, Hex]),
    row("lsm_list_modules", &[Address, Address, Hex]),
    row("setxattrat", &[DirFd, Path, Flags(&AT), Text, Address, Ulong]),
    row("getxattrat", &[DirFd, Path, Flags(&AT), Text, Address, Ulong]),
    row("listxattrat", &[DirFd, Path, Flags(&AT), Address, Ulong]),
    row("removexattrat", &[DirFd, Path, Flags(&AT), Text]),
    row("file_getattr", &[DirFd, Path, Address, Ulong, Flags(&AT)]),
    row("file_setattr", &[DirFd, Path, Address, Ulong, Flags(&AT)]),
];

static MODE: Names = names!("MPOL_???":
    MPOL_DEFAULT = 0, MPOL_PREFERRED = 1, MPOL_BIND = 2, MPOL_INTERLEAVE = 3, MPOL_LOCAL = 4, MPOL_PREFERRED_MANY = 5,
);
static MODE_FLAGS: Names = names!("MPOL_F_???":
    MPOL_F_STATIC_NODES = 0x8000, MPOL_F_RELATIVE_NODES = 0x4000, MPOL_F_NUMA_BALANCING = 0x2000,
);
static POLICY_OF: Names = names!("MPOL_F_???": MPOL_F_NODE = 1, MPOL_F_ADDR = 2, MPOL_F_MEMS_ALLOWED = 4);
static MOVE: Names = names!("MPOL_MF_???": MPOL_MF_STRICT = 1, MPOL_MF_MOVE = 2, MPOL_MF_MOVE_ALL = 4);
static MESSAGE: Names = names!("MSG_???":
    MSG_NOERROR = 0x1000, MSG_EXCEPT = 0x2000, MSG_COPY = 0x4000, IPC_NOWAIT = 0x800,
);
static COMPARED: Names = names!("KCMP_???":
    KCMP_FILE = 0, KCMP_VM = 1, KCMP_FILES = 2, KCMP_FS = 3, KCMP_SIGHAND = 4, KCMP_IO = 5, KCMP_SYSVSEM = 6,
    KCMP_EPOLL_TFD = 7,
);
static IO_PRIORITY_OF: Names = names!("IOPRIO_WHO_???":
    IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP = 2, IOPRIO_WHO_USER = 3,
);

static IO_CLASS: Names = names!("IOPRIO_CLASS_???":
    IOPRIO_CLASS_NONE = 0, IOPRIO_CLASS_RT = 1, IOPRIO_CLASS_BE = 2, IOPRIO_CLASS_IDLE = 3,
);

/// A class and a level in it (`ioprio_set(2)`): `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)`.
fn io_priority(priority: u32) -> Value {
    let class = IO_CLASS.one(u64::from(priority >> 13));
    Value::call("IOPRIO_PRIO_VALUE", vec![class, Value::int(priority & 0x1fff)])
}

/// A memory policy's mode, which is a number, and its flags.
fn policy(view: &View<'_>, index: usize) -> Value {
    policy_of(view.uint(index))
}

fn policy_of(bits: u32) -> Value {
    let (flags, rest) = MODE_FLAGS.split(u64::from(bits));
    match MODE.find(rest) {
        Some(name) => with_rest([Value::symbol(name)].into_iter().chain(flags).collect(), 0),
        None => with_rest(flags, rest),
    }
}

static POLICY: Pointee = fixed(4, |policy| Value::array(vec![policy_of(policy.u32(0))]));

/// A set of memory nodes in words of 64; how many bits it has, and one more, is the next argument.
static NODES: Pointee = reach(
    |place, wants| arg::want_items(place, node_words(place), 8, wants),
    |place| {
        let word = |word: Fields<'_>| Value::Symbol(node_word(word.u64(0)).into());
        arg::array(place, node_words(place), 8, |_, item| word(item))
    },
);

/// The kernel refuses larger sets.
const MAX_NODES: u64 = 32768;

fn node_words(place: Place<'_>) -> u64 {
    let bits = place.view.arg(place.index + 1).saturating_sub(1).min(MAX_NODES);
    bits.div_ceil(64)
}

/// Sixteen characters, as C's `%#016lx` has them: no `0x` for zero.
fn node_word(word: u64) -> String {
    if word == 0 { "0".repeat(16) } else { format!("{word:#016x}") }
}
