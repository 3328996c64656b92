//! What is done to names: links, directories, owners, permissions.

use syscope_shared::value::Value;

use super::stat::{AT, device, file_mode};
use super::time;
use crate::decode::arg::Arg::{
    Address, Bytes, DirFd, Fd, Flags, If, In, Int, Mode, Out, Path, Received, Scalar, Text, Uid, Ulong,
};
use crate::decode::arg::{Arg, Pointee, args, reach};
use crate::decode::names::{Names, names};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("access", &[Path, Flags(&ACCESS)]),
    row("faccessat", &[DirFd, Path, Flags(&ACCESS)]),
    row("faccessat2", &[DirFd, Path, Flags(&ACCESS), Flags(&FACCESSAT)]),
    row("mkdir", &[Path, Mode]),
    row("mkdirat", &[DirFd, Path, Mode]),
    row("rmdir", &[Path]),
    row("unlink", &[Path]),
    row("unlinkat", &[DirFd, Path, Flags(&AT)]),
    row("rename", &[Path, Path]),
    row("renameat", &[DirFd, Path, DirFd, Path]),
    row("renameat2", &[DirFd, Path, DirFd, Path, Flags(&RENAME)]),
    row("link", &[Path, Path]),
    row("linkat", &[DirFd, Path, DirFd, Path, Flags(&AT)]),
    row("symlink", &[Path, Path]),
    row("symlinkat", &[Path, DirFd, Path]),
    row("readlink", &[Path, Received, Ulong]),
    row("readlinkat", &[DirFd, Path, Received, Ulong]),
    row("chmod", &[Path, Mode]),
    row("fchmod", &[Fd, Mode]),
    row("fchmodat", &[DirFd, Path, Mode]),
    row("fchmodat2", &[DirFd, Path, Mode, Flags(&AT)]),
    row("chown", &[Path, Uid, Uid]),
    row("lchown", &[Path, Uid, Uid]),
    row("fchown", &[Fd, Uid, Uid]),
    row("fchownat", &[DirFd, Path, Uid, Uid, Flags(&AT)]),
    row("mknod", &[Path, Scalar(node_mode), If(|view| is_device(view.arg(1)), &Scalar(node_device))]),
    row(
        "mknodat",
        &[DirFd, Path, Scalar(node_mode), If(|view| is_device(view.arg(2)), &Scalar(node_device))],
    ),
    row("utime", &[Path, In(&time::UTIMBUF)]),
    row("utimes", &[Path, In(&time::TIMEVAL_PAIR)]),
    row("futimesat", &[DirFd, Path, In(&time::TIMEVAL_PAIR)]),
    row("utimensat", &[DirFd, Path, In(&time::TIMESPEC_PAIR), Flags(&AT)]),
    row("getcwd", &[Out(&CURRENT_DIRECTORY), Ulong]),
    row("chdir", &[Path]),
    row("fchdir", &[Fd]),
    row("chroot", &[Path]),
    row("umask", &[Mode]).outcome(Outcome::Octal).never_fails(),
    row("getxattr", &[Path, Text, Received, Ulong]),
    row("lgetxattr", &[Path, Text, Received, Ulong]),
    row("fgetxattr", &[Fd, Text, Received, Ulong]),
    row("setxattr", &[Path, Text, Bytes { length: 3 }, Ulong, Flags(&XATTR)]),
    row("lsetxattr", &[Path, Text, Bytes { length: 3 }, Ulong, Flags(&XATTR)]),
    row("fsetxattr", &[Fd, Text, Bytes { length: 3 }, Ulong, Flags(&XATTR)]),
    row("listxattr", &[Path, Received, Ulong]),
    row("llistxattr", &[Path, Received, Ulong]),
    row("flistxattr", &[Fd, Received, Ulong]),
    row("removexattr", &[Path, Text]),
    row("lremovexattr", &[Path, Text]),
    row("fremovexattr", &[Fd, Text]),
    row("mount", &[Path, Path, Arg::Rest(mount_rest)]),
    row("umount2", &[Path, Flags(&UMOUNT)]),
    row("pivot_root", &[Path, Path]),
    row("swapoff", &[Path]),
    row("acct", &[Path]),
    row("inotify_init", &[]).opens(),
    row("inotify_init1", &[Flags(&INOTIFY_INIT)]).opens(),
    row("inotify_add_watch", &[Fd, Path, Flags(&INOTIFY)]),
    row("inotify_rm_watch", &[Fd, Int]),
    row("name_to_handle_at", &[DirFd, Path, Address, Address, Flags(&HANDLE)]),
];

static ACCESS: Names = names!("?_OK": R_OK, W_OK, X_OK, F_OK);
static FACCESSAT: Names = names!("AT_???": AT_SYMLINK_NOFOLLOW, AT_EACCESS, AT_EMPTY_PATH);
static HANDLE: Names = names!("AT_???": AT_SYMLINK_FOLLOW, AT_EMPTY_PATH);
static RENAME: Names = names!("RENAME_???": RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT);
static XATTR: Names = names!("XATTR_???": XATTR_CREATE, XATTR_REPLACE);
static INOTIFY_INIT: Names = names!("IN_???": IN_NONBLOCK, IN_CLOEXEC);
static INOTIFY: Names = names!("IN_???":
    IN_ACCESS, IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE, IN_CLOSE_NOWRITE, IN_OPEN, IN_MOVED_FROM, IN_MOVED_TO,
    IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_Q_OVERFLOW, IN_IGNORED, IN_ONLYDIR,
    IN_DONT_FOLLOW, IN_EXCL_UNLINK, IN_MASK_CREATE, IN_MASK_ADD, IN_ISDIR, IN_ONESHOT,
);
static MOUNT: Names = names!("MS_???":
    MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_SYNCHRONOUS, MS_REMOUNT, MS_MANDLOCK, MS_DIRSYNC,
    MS_NOSYMFOLLOW = 256, MS_NOATIME, MS_NODIRATIME, MS_BIND, MS_MOVE, MS_REC, MS_SILENT, MS_POSIXACL,
    MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_RELATIME, MS_KERNMOUNT, MS_I_VERSION, MS_STRICTATIME,
    MS_LAZYTIME,
);
static UMOUNT: Names = names!("MNT_???": MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW);

/// A change of what is mounted names no file system.
fn mount_rest(view: &View<'_>) -> &'static [Arg] {
    let changes = libc::MS_REMOUNT
        | libc::MS_BIND
        | libc::MS_MOVE
        | libc::MS_UNBINDABLE
        | libc::MS_PRIVATE
        | libc::MS_SLAVE
        | libc::MS_SHARED;
    if view.arg(3) & changes == 0 {
        args![Text, Flags(&MOUNT), Text]
    } else {
        args![Address, Flags(&MOUNT), Text]
    }
}

fn is_device(mode: u64) -> bool {
    matches!(mode as u32 & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK)
}

fn node_mode(view: &View<'_>, index: usize) -> Value {
    file_mode(view.uint(index) & 0xffff)
}

fn node_device(view: &View<'_>, index: usize) -> Value {
    device(u64::from(view.uint(index)))
}

/// The path with its NUL, of which the call returns the length.
static CURRENT_DIRECTORY: Pointee = reach(
    |place, wants| wants.bytes(place.address, place.view.returned_count()),
    |place| {
        let path = place.memory.get(place.address, place.view.returned_count())?;
        Some(Value::string(path.strip_suffix(b"\0").unwrap_or(path)))
    },
);
