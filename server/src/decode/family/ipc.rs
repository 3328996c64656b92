//! System V IPC and POSIX message queues.

use syscope_shared::value::Value;

use super::file::open_mode;
use super::time::TIMESPEC;
use crate::decode::arg::Arg::{
    self, Address, Bytes, Fd, Flags, In, Int, Mode, OneOf, Rest, Scalar, Text, Uint, Ulong,
};
use crate::decode::arg::args;
use crate::decode::arg::{self, Pointee, reach};
use crate::decode::names::{Names, names};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("shmget", &[Scalar(key), Ulong, Scalar(shm_flags)]),
    row("shmat", &[Int, Address, Flags(&SHMAT)]).outcome(Outcome::Hex),
    row("shmdt", &[Address]),
    row("shmctl", &[Int, OneOf(&CONTROL), Address]),
    row("semget", &[Scalar(key), Int, Scalar(get_flags)]),
    row("semop", &[Int, In(&OPERATIONS), Uint]),
    row("semtimedop", &[Int, In(&OPERATIONS), Uint, In(&TIMESPEC)]),
    row("semctl", &[Int, Int, OneOf(&SEMAPHORE_CONTROL), Address]),
    row("msgget", &[Scalar(key), Scalar(get_flags)]),
    row("msgctl", &[Int, OneOf(&CONTROL), Address]),
    row("mq_open", &[Text, Scalar(mq_flags), Rest(mq_open_rest)]).opens(),
    row("mq_unlink", &[Text]),
    row("mq_timedsend", &[Fd, Bytes { length: 2 }, Ulong, Uint, In(&TIMESPEC)]),
];

static GET: Names = names!("IPC_???": IPC_CREAT, IPC_EXCL, IPC_NOWAIT);
static SHMGET: Names = names!("SHM_???": IPC_CREAT, IPC_EXCL, SHM_HUGETLB, SHM_NORESERVE);
static SHMAT: Names = names!("SHM_???": SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC);
static CONTROL: Names = names!("IPC_???":
    IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO = 3, SHM_LOCK = 11, SHM_UNLOCK = 12, SHM_STAT = 13, SHM_INFO = 14,
);
static SEMAPHORE_CONTROL: Names = names!("SEM_???":
    IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO = 3, GETPID, GETVAL, GETALL, GETNCNT, GETZCNT, SETVAL, SETALL,
    SEM_STAT = 18, SEM_INFO = 19,
);
static SEM_FLAGS: Names = names!("SEM_???": SEM_UNDO, IPC_NOWAIT);

fn key(view: &View<'_>, index: usize) -> Value {
    match view.uint(index) {
        0 => Value::symbol("IPC_PRIVATE"),
        key => Value::hex(u64::from(key)),
    }
}

fn get_flags(view: &View<'_>, index: usize) -> Value {
    with_mode(&GET, view.uint(index))
}

fn shm_flags(view: &View<'_>, index: usize) -> Value {
    with_mode(&SHMGET, view.uint(index))
}

/// Flags, and the permissions in the low bits.
fn with_mode(names: &Names, bits: u32) -> Value {
    let (mut parts, rest) = names.split(u64::from(bits & !0o777));
    if rest != 0 {
        parts.push(Value::hex(rest));
    }
    parts.push(Value::Octal(u64::from(bits & 0o777)));
    Value::flags(parts)
}

const OPERATION_BYTES: usize = 6;

/// `struct sembuf`s, as many as the next argument says.
static OPERATIONS: Pointee = reach(
    |place, wants| arg::want_items(place, place.view.arg(place.index + 1), OPERATION_BYTES, wants),
    |place| {
        let count = place.view.arg(place.index + 1);
        arg::array(place, count, OPERATION_BYTES, |_, operation| {
            Value::structure(vec![
                Value::named("sem_num", Value::int(operation.u16(0))),
                Value::named("sem_op", Value::int(operation.u16(2) as i16)),
                Value::named("sem_flg", SEM_FLAGS.flags(u64::from(operation.u16(4)))),
            ])
        })
    },
);

fn mq_flags(view: &View<'_>, index: usize) -> Value {
    open_mode(u64::from(view.uint(index)))
}

fn mq_open_rest(view: &View<'_>) -> &'static [Arg] {
    if view.int(1) & libc::O_CREAT != 0 { args![Mode, Address] } else { args![] }
}
