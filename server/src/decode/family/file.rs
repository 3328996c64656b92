//! Opening, reading and writing files.

use crate::decode::arg::Arg::{Bytes, DirFd, Fd, If, Long, Mode, OneOf, Path, Received, Scalar, Ulong};
use crate::decode::names::{Names, names, with_rest};
use crate::decode::row::{Row, row};
use crate::decode::view::View;

use syscope_shared::value::Value;

pub(super) static ROWS: &[Row] = &[
    row("open", &[Path, Scalar(open_flags), If(|view| creates(view.arg(1)), &Mode)]).opens(),
    row("openat", &[DirFd, Path, Scalar(open_flags), If(|view| creates(view.arg(2)), &Mode)]).opens(),
    row("creat", &[Path, Mode]).opens(),
    row("close", &[Fd]),
    row("read", &[Fd, Received, Ulong]).moves_bytes(),
    row("write", &[Fd, Bytes { length: 2 }, Ulong]).moves_bytes(),
    row("pread64", &[Fd, Received, Ulong, Long]).moves_bytes(),
    row("pwrite64", &[Fd, Bytes { length: 2 }, Ulong, Long]).moves_bytes(),
    row("lseek", &[Fd, Long, OneOf(&SEEK)]),
];

static SEEK: Names = names!("SEEK_???": SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE);

static ACCESS_MODE: Names = names!("O_???": O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE);

pub(super) static OPEN: Names = names!("O_???":
    O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_SYNC, O_DSYNC, O_DIRECT,
    O_LARGEFILE = 0o100_000, O_NOFOLLOW, O_NOATIME, O_CLOEXEC, O_PATH, O_TMPFILE,
    O_DIRECTORY, FASYNC = 0o20000,
);

fn creates(flags: u64) -> bool {
    flags & libc::O_CREAT as u64 != 0 || flags & libc::O_TMPFILE as u64 == libc::O_TMPFILE as u64
}

fn open_flags(view: &View<'_>, index: usize) -> Value {
    open_mode(u64::from(view.uint(index)))
}

/// The access mode, which is a number, and the flags.
pub(super) fn open_mode(flags: u64) -> Value {
    let access_mode = flags & libc::O_ACCMODE as u64;
    let (parts, rest) = OPEN.split(flags & !(libc::O_ACCMODE as u64));
    let mut all = vec![ACCESS_MODE.one(access_mode)];
    all.extend(parts);
    with_rest(all, rest)
}
