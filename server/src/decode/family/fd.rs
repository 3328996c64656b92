//! File descriptors: copying them, pipes, `fcntl`, `ioctl`.

use syscope_shared::ids::Signal as SignalNumber;
use syscope_shared::value::Value;

use super::file::{OPEN, SEEK, open_mode};
use super::terminal;
use crate::decode::arg::Arg::{Address, Fd, Flags, Hex, In, Int, OneOf, Out, Rest, Scalar, Signal};
use crate::decode::arg::args;
use crate::decode::arg::{self, Odd};
use crate::decode::arg::{Arg, INT, Pointee, Shown, fixed};
use crate::decode::memory::Fields;
use crate::decode::names::ioctl::IOCTLS;
use crate::decode::names::operation::FCNTL;
use crate::decode::names::{Names, names};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("dup", &[Fd]).opens(),
    row("dup2", &[Fd, Int]).opens(),
    row("dup3", &[Fd, Int, Flags(&OPEN)]).opens(),
    row("pipe", &[Out(&FD_PAIR)]),
    row("pipe2", &[Out(&FD_PAIR), Flags(&OPEN)]),
    row("fcntl", &[Fd, OneOf(&FCNTL), Rest(fcntl_operand)])
        .outcome(Outcome::Depends(fcntl_outcome))
        .note(fcntl_note),
    row("ioctl", &[Fd, Scalar(request), Rest(ioctl_operand)]),
];

/// The two fds of a pipe or a pair of sockets: `[3, 4]`.
pub(super) static FD_PAIR: Pointee =
    fixed(8, |pair| Value::array(vec![Value::int(pair.i32(0)), Value::int(pair.i32(4))]));

static FD_FLAGS: Names = names!("FD_???": FD_CLOEXEC);
static LOCK: Names = names!("F_???": F_RDLCK, F_WRLCK, F_UNLCK);
static SEALS: Names = names!("F_SEAL_???":
    F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8, F_SEAL_FUTURE_WRITE = 16, F_SEAL_EXEC = 32,
);
static NOTIFY: Names = names!("DN_???":
    DN_ACCESS = 1, DN_MODIFY = 2, DN_CREATE = 4, DN_DELETE = 8, DN_RENAME = 16, DN_ATTRIB = 32,
    DN_MULTISHOT = 0x8000_0000,
);

/// What each command takes (`fcntl(2)`).
fn fcntl_operand(view: &View<'_>) -> &'static [Arg] {
    match view.int(1) {
        libc::F_DUPFD | libc::F_DUPFD_CLOEXEC | libc::F_SETPIPE_SZ | libc::F_SETOWN => args![Int],
        libc::F_SETFD => args![Flags(&FD_FLAGS)],
        libc::F_SETFL => args![Scalar(|view, index| open_mode(u64::from(view.uint(index))))],
        libc::F_SETLK | libc::F_SETLKW => args![In(&FLOCK)],
        libc::F_OFD_SETLK | libc::F_OFD_SETLKW => args![In(&FLOCK)],
        libc::F_GETLK | libc::F_OFD_GETLK => args![Arg::Odd(&FLOCK_FOUND)],
        F_SETSIG => args![Signal],
        libc::F_ADD_SEALS => args![Flags(&SEALS)],
        libc::F_SETLEASE => args![OneOf(&LOCK)],
        libc::F_NOTIFY => args![Flags(&NOTIFY)],
        libc::F_GETFD | libc::F_GETFL | libc::F_GETOWN | F_GETSIG | libc::F_GETLEASE => args![],
        libc::F_GETPIPE_SZ | libc::F_GET_SEALS => args![],
        _ => args![Hex],
    }
}

/// Results that are flags are hexadecimal.
fn fcntl_outcome(view: &View<'_>) -> Outcome {
    match view.int(1) {
        libc::F_GETFL | libc::F_GETFD | libc::F_GET_SEALS | libc::F_GETLEASE => Outcome::Hex,
        _ => Outcome::Number,
    }
}

/// What strace says of a result that is flags.
fn fcntl_note(view: &View<'_>) -> Option<String> {
    let ret = view.returned()? as u64;
    match view.int(1) {
        libc::F_GETFL => Some(format!("flags {}", open_mode(ret))),
        libc::F_GETFD if ret != 0 => Some(format!("flags {}", FD_FLAGS.flags(ret))),
        libc::F_GET_SEALS if ret != 0 => Some(format!("seals {}", SEALS.flags(ret))),
        libc::F_GETLEASE => Some(LOCK.one(ret).to_string()),
        F_GETSIG if ret != 0 => Some(SignalNumber(ret as i32).to_string()),
        _ => None,
    }
}

const F_SETSIG: i32 = 10;
const F_GETSIG: i32 = 11;

const FLOCK_BYTES: usize = 32;

/// `struct flock`
static FLOCK: Pointee = fixed(FLOCK_BYTES, |lock| Value::structure(lock_fields(lock)));

fn lock_fields(lock: Fields<'_>) -> Vec<Value> {
    vec![
        Value::named("l_type", LOCK.one(u64::from(lock.u16(0)))),
        Value::named("l_whence", SEEK.one(u64::from(lock.u16(2)))),
        Value::named("l_start", Value::int(lock.i64(8))),
        Value::named("l_len", Value::int(lock.i64(16))),
    ]
}

/// The lock that stands in the way, with its owner.
static FLOCK_FOUND: Odd = Odd {
    at_entry: arg::want_nothing,
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(index), FLOCK_BYTES);
        }
    },
    print: |view, index| match view.at_exit.get(view.arg(index), FLOCK_BYTES) {
        Some(lock) => {
            let lock = Fields(lock);
            let mut fields = lock_fields(lock);
            fields.push(Value::named("l_pid", Value::int(lock.i32(24))));
            Value::structure(fields)
        }
        None => Value::address(view.arg(index)),
    },
    shown: Shown::AtExit,
};

/// The name of an ioctl, or what its number is made of: `_IOC(_IOC_READ, 0x54, 0x99, 0x4)`.
fn request(view: &View<'_>, index: usize) -> Value {
    let number = view.uint(index);
    if let Ok(row) = IOCTLS.binary_search_by_key(&number, |row| row.0) {
        return Value::symbol(IOCTLS[row].1);
    }
    let direction = match number >> 30 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    let direction = Value::flags(direction.split('|').map(Value::symbol).collect());
    let hex = |part: u32| Value::hex(u64::from(part));
    let parts = [hex(number >> 8 & 0xff), hex(number & 0xff), hex(number >> 16 & 0x3fff)];
    Value::call("_IOC", [direction].into_iter().chain(parts).collect())
}

const TIOCGPTN: u64 = 0x8004_5430;
const TIOCSPTLCK: u64 = 0x4004_5431;
const FICLONE: u64 = 0x4004_9409;

/// What the ioctls of everyday programs take (`ioctl_tty(2)`, `tty_ioctl(4)`).
fn ioctl_operand(view: &View<'_>) -> &'static [Arg] {
    match u64::from(view.uint(1)) {
        libc::TCGETS => args![Out(&terminal::TERMIOS)],
        libc::TCSETS | libc::TCSETSW | libc::TCSETSF => args![In(&terminal::TERMIOS)],
        libc::TIOCGWINSZ => args![Out(&terminal::WINSIZE)],
        libc::TIOCSWINSZ => args![In(&terminal::WINSIZE)],
        libc::TIOCGPGRP | libc::TIOCGSID | libc::FIONREAD | libc::TIOCOUTQ | TIOCGPTN => args![Out(&INT)],
        libc::TIOCSPGRP | libc::FIONBIO | libc::FIOASYNC | TIOCSPTLCK => args![In(&INT)],
        libc::TCSBRK | libc::TIOCSCTTY | FICLONE => args![Int],
        libc::TCFLSH => args![OneOf(&terminal::FLUSH)],
        libc::TCXONC => args![OneOf(&terminal::FLOW)],
        libc::FIOCLEX | libc::FIONCLEX | libc::TIOCNOTTY | libc::TIOCEXCL | libc::TIOCNXCL => args![],
        _ if view.arg(2) == 0 => args![Int],
        _ => args![Address],
    }
}
