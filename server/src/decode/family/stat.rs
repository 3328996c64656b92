//! What files are: stat and its kin.

use std::borrow::Cow;

use syscope_shared::value::Value;

use crate::decode::arg::Arg::{DirFd, Fd, Flags, Out, Path};
use crate::decode::arg::{Pointee, fixed};
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};

pub(super) static ROWS: &[Row] = &[
    row("stat", &[Path, Out(&STAT)]),
    row("lstat", &[Path, Out(&STAT)]),
    row("fstat", &[Fd, Out(&STAT)]),
    row("newfstatat", &[DirFd, Path, Out(&STAT), Flags(&AT)]),
];

pub(super) static AT: Names = names!("AT_???":
    AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH, AT_RECURSIVE,
);

/// `struct stat` (`asm/stat.h`).
static STAT: Pointee = fixed(144, |stat| {
    let mode = stat.u32(24);
    let mut fields = vec![Value::named("st_mode", file_mode(mode))];
    if matches!(mode & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK) {
        fields.push(Value::named("st_rdev", device(stat.u64(40))));
    } else {
        fields.push(Value::named("st_size", Value::int(stat.i64(48))));
    }
    Value::elided_structure(fields)
});

/// The file's type and its permissions: `S_IFREG|0644`.
pub(super) fn file_mode(mode: u32) -> Value {
    let kind = match mode & libc::S_IFMT {
        libc::S_IFREG => "S_IFREG",
        libc::S_IFDIR => "S_IFDIR",
        libc::S_IFCHR => "S_IFCHR",
        libc::S_IFBLK => "S_IFBLK",
        libc::S_IFIFO => "S_IFIFO",
        libc::S_IFLNK => "S_IFLNK",
        libc::S_IFSOCK => "S_IFSOCK",
        _ => return Value::Octal(u64::from(mode)),
    };
    let mut parts = vec![Value::Symbol(Cow::Borrowed(kind))];
    for (bit, name) in [(libc::S_ISUID, "S_ISUID"), (libc::S_ISGID, "S_ISGID"), (libc::S_ISVTX, "S_ISVTX")] {
        if mode & bit != 0 {
            parts.push(Value::symbol(name));
        }
    }
    parts.push(Value::Octal(u64::from(mode & 0o777)));
    Value::flags(parts)
}

/// A device number as the kernel's `struct stat` has it.
pub(super) fn device(device: u64) -> Value {
    let parts = [libc::major(device), libc::minor(device)].map(|part| Value::hex(u64::from(part)));
    Value::call("makedev", parts.to_vec())
}
