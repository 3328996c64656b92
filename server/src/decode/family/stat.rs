//! What files are: stat and its kin.

use std::borrow::Cow;

use syscope_shared::value::Value;

use crate::decode::arg::Arg::{DirFd, Fd, Flags, Out, Path, Scalar};
use crate::decode::arg::{Pointee, fixed};
use crate::decode::names::{Names, names, with_rest};
use crate::decode::row::{Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("stat", &[Path, Out(&STAT)]),
    row("lstat", &[Path, Out(&STAT)]),
    row("fstat", &[Fd, Out(&STAT)]),
    row("newfstatat", &[DirFd, Path, Out(&STAT), Flags(&AT)]),
    row("statx", &[DirFd, Path, Scalar(statx_flags), Flags(&STATX), Out(&STATX_RESULT)]),
    row("statfs", &[Path, Out(&STATFS)]),
    row("fstatfs", &[Fd, Out(&STATFS)]),
];

static STATX_SYNC: Names = names!("AT_STATX_???":
    AT_STATX_SYNC_AS_STAT = 0, AT_STATX_FORCE_SYNC = 0x2000, AT_STATX_DONT_SYNC = 0x4000,
);
static STATX: Names = names!("STATX_???":
    STATX_ALL, STATX_BASIC_STATS, STATX_TYPE, STATX_MODE, STATX_NLINK, STATX_UID, STATX_GID, STATX_ATIME,
    STATX_MTIME, STATX_CTIME, STATX_INO, STATX_SIZE, STATX_BLOCKS, STATX_BTIME, STATX_MNT_ID = 0x1000,
    STATX_DIOALIGN = 0x2000,
);
static STATX_ATTRIBUTES: Names = names!("STATX_ATTR_???":
    STATX_ATTR_COMPRESSED = 4, STATX_ATTR_IMMUTABLE = 0x10, STATX_ATTR_APPEND = 0x20, STATX_ATTR_NODUMP = 0x40,
    STATX_ATTR_ENCRYPTED = 0x800, STATX_ATTR_AUTOMOUNT = 0x1000, STATX_ATTR_MOUNT_ROOT = 0x2000,
    STATX_ATTR_VERITY = 0x10_0000, STATX_ATTR_DAX = 0x20_0000,
);
static FILE_SYSTEM: Names = names!("FILESYSTEM_MAGIC_???":
    EXT2_SUPER_MAGIC = 0xef53, PROC_SUPER_MAGIC = 0x9fa0, TMPFS_MAGIC = 0x0102_1994, SYSFS_MAGIC = 0x6265_6572,
    OVERLAYFS_SUPER_MAGIC = 0x794c_7630, XFS_SUPER_MAGIC = 0x5846_5342, BTRFS_SUPER_MAGIC = 0x9123_683e,
    DEVPTS_SUPER_MAGIC = 0x1cd1, CGROUP_SUPER_MAGIC = 0x0027_e0eb, CGROUP2_SUPER_MAGIC = 0x6367_7270,
    PIPEFS_MAGIC = 0x5049_5045, SOCKFS_MAGIC = 0x534f_434b, ANON_INODE_FS_MAGIC = 0x0904_1934,
    NFS_SUPER_MAGIC = 0x6969, FUSE_SUPER_MAGIC = 0x6573_5546, SQUASHFS_MAGIC = 0x7371_7368,
    RAMFS_MAGIC = 0x8584_58f6, SECURITYFS_MAGIC = 0x7363_6673, SELINUX_MAGIC = 0xf97c_ff8c,
    DEBUGFS_MAGIC = 0x6462_6720, TRACEFS_MAGIC = 0x7472_6163, BPF_FS_MAGIC = 0xcafe_4a11,
    HUGETLBFS_MAGIC = 0x9584_58f6, MSDOS_SUPER_MAGIC = 0x4d44, ISOFS_SUPER_MAGIC = 0x9660, NSFS_MAGIC = 0x6e73_6673,
    CIFS_MAGIC_NUMBER = 0xff53_4d42, F2FS_SUPER_MAGIC = 0xf2f5_2010, V9FS_MAGIC = 0x0102_1997,
);
static STATFS_FLAGS: Names = names!("ST_???":
    ST_VALID = 0x20, ST_RDONLY = 1, ST_NOSUID = 2, ST_NODEV = 4, ST_NOEXEC = 8, ST_SYNCHRONOUS = 0x10,
    ST_MANDLOCK = 0x40, ST_NOATIME = 0x400, ST_NODIRATIME = 0x800, ST_RELATIME = 0x1000, ST_NOSYMFOLLOW = 0x2000,
);

/// How fresh the answer is to be, which is a number, and the flags.
fn statx_flags(view: &View<'_>, index: usize) -> Value {
    let flags = u64::from(view.uint(index));
    let (sync, rest) = STATX_SYNC.split(flags & 0x6000);
    let mut parts = if sync.is_empty() { vec![Value::symbol("AT_STATX_SYNC_AS_STAT")] } else { sync };
    let (others, unnamed) = AT.split(flags & !0x6000 | rest);
    parts.extend(others);
    with_rest(parts, unnamed)
}

/// `struct statx` (`statx(2)`).
static STATX_RESULT: Pointee = fixed(256, |statx| {
    Value::elided_structure(vec![
        Value::named("stx_mask", STATX.flags(u64::from(statx.u32(0)))),
        Value::named("stx_attributes", STATX_ATTRIBUTES.flags(statx.u64(8))),
        Value::named("stx_mode", file_mode(u32::from(statx.u16(28)))),
        Value::named("stx_size", Value::int(statx.u64(40))),
    ])
});

/// `struct statfs` (`asm-generic/statfs.h`).
static STATFS: Pointee = fixed(120, |statfs| {
    let count = |offset| Value::int(statfs.u64(offset));
    let id = vec![Value::hex(u64::from(statfs.u32(56))), Value::hex(u64::from(statfs.u32(60)))];
    Value::structure(vec![
        Value::named("f_type", FILE_SYSTEM.one(statfs.u64(0))),
        Value::named("f_bsize", count(8)),
        Value::named("f_blocks", count(16)),
        Value::named("f_bfree", count(24)),
        Value::named("f_bavail", count(32)),
        Value::named("f_files", count(40)),
        Value::named("f_ffree", count(48)),
        Value::named("f_fsid", Value::structure(vec![Value::named("val", Value::array(id))])),
        Value::named("f_namelen", count(64)),
        Value::named("f_frsize", count(72)),
        Value::named("f_flags", STATFS_FLAGS.flags(statfs.u64(80))),
    ])
});

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
