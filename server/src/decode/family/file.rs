//! Opening, reading and writing files.

use syscope_shared::value::Value;

use super::vector;
use crate::decode::arg::Arg::{
    Address, Bytes, DirFd, Fd, Flags, Flags64, Hex, If, In, Int, Long, Mode, Odd, OneOf, Out, Path, Received,
    Rest, Scalar, Text, Uint, Ulong,
};
use crate::decode::arg::args;
use crate::decode::arg::{self, Arg, OFFSET, Pointee, Shown, reach};
use crate::decode::memory::Fields;
use crate::decode::names::operation::FADVISE;
use crate::decode::names::{Names, names, with_rest};
use crate::decode::row::{Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("open", &[Path, Scalar(open_flags), If(|view| creates(view.arg(1)), &Mode)]).opens(),
    row("openat", &[DirFd, Path, Scalar(open_flags), If(|view| creates(view.arg(2)), &Mode)]).opens(),
    row("openat2", &[DirFd, Path, In(&OPEN_HOW), Ulong]).opens(),
    row("creat", &[Path, Mode]).opens(),
    row("close", &[Fd]),
    row("close_range", &[Uint, Uint, Flags(&CLOSE_RANGE)]),
    row("read", &[Fd, Received, Ulong]).moves_bytes(),
    row("write", &[Fd, Bytes { length: 2 }, Ulong]).moves_bytes(),
    row("pread64", &[Fd, Received, Ulong, Long]).moves_bytes(),
    row("pwrite64", &[Fd, Bytes { length: 2 }, Ulong, Long]).moves_bytes(),
    row("readv", &[Fd, Out(&vector::READ), Ulong]).moves_bytes(),
    row("writev", &[Fd, In(&vector::WRITTEN), Ulong]).moves_bytes(),
    row("preadv", &[Fd, Out(&vector::READ), Ulong, Long]).moves_bytes(),
    row("pwritev", &[Fd, In(&vector::WRITTEN), Ulong, Long]).moves_bytes(),
    row("preadv2", &[Fd, Out(&vector::READ), Ulong, Long, Arg::Nth(5, &Flags(&RWF))]).moves_bytes(),
    row("pwritev2", &[Fd, In(&vector::WRITTEN), Ulong, Long, Arg::Nth(5, &Flags(&RWF))]).moves_bytes(),
    row("lseek", &[Fd, Long, OneOf(&SEEK)]),
    row("sendfile", &[Fd, Fd, Rest(sendfile_rest)]).moves_bytes(),
    row("copy_file_range", &[Fd, In(&OFFSET), Fd, In(&OFFSET), Ulong, Uint]).moves_bytes(),
    row("splice", &[Fd, In(&OFFSET), Fd, In(&OFFSET), Ulong, Flags(&SPLICE)]).moves_bytes(),
    row("tee", &[Fd, Fd, Ulong, Flags(&SPLICE)]).moves_bytes(),
    row("vmsplice", &[Fd, In(&vector::WRITTEN), Ulong, Flags(&SPLICE)]).moves_bytes(),
    row("fsync", &[Fd]),
    row("fdatasync", &[Fd]),
    row("syncfs", &[Fd]),
    row("sync", &[]),
    row("sync_file_range", &[Fd, Long, Long, Flags(&SYNC_FILE_RANGE)]),
    row("fallocate", &[Fd, Flags(&FALLOCATE), Long, Long]),
    row("fadvise64", &[Fd, Long, Ulong, OneOf(&FADVISE)]),
    row("readahead", &[Fd, Long, Ulong]),
    row("truncate", &[Path, Long]),
    row("ftruncate", &[Fd, Long]),
    row("getdents", &[Fd, Address, Uint]),
    row("getdents64", &[Fd, Out(&DIRECTORY_ENTRIES), Uint]),
    row("memfd_create", &[Text, Scalar(memfd_flags)]).opens(),
    row("memfd_secret", &[Hex]).opens(),
    row("flock", &[Fd, Flags(&FLOCK)]),
    row("open_by_handle_at", &[Int, Address, Scalar(open_flags)]).opens(),
    row("io_uring_setup", &[Uint, Address]).opens(),
    row("io_uring_enter", &[Fd, Uint, Uint, Flags64(&IO_URING_ENTER), Address, Ulong]),
];

pub(super) static SEEK: Names = names!("SEEK_???": SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE);

static ACCESS_MODE: Names = names!("O_???": O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE);

pub(super) static OPEN: Names = names!("O_???":
    O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_SYNC, O_DSYNC, O_DIRECT,
    O_LARGEFILE = 0o100_000, O_NOFOLLOW, O_NOATIME, O_CLOEXEC, O_PATH, O_TMPFILE,
    O_DIRECTORY, FASYNC = 0o20000,
);

static RESOLVE: Names = names!("RESOLVE_???":
    RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8,
    RESOLVE_IN_ROOT = 0x10, RESOLVE_CACHED = 0x20,
);
static CLOSE_RANGE: Names = names!("CLOSE_RANGE_???": CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4);
static RWF: Names = names!("RWF_???":
    RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, RWF_NOWAIT = 8, RWF_APPEND = 0x10,
);
static SPLICE: Names = names!("SPLICE_F_???":
    SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2, SPLICE_F_MORE = 4, SPLICE_F_GIFT = 8,
);
static SYNC_FILE_RANGE: Names = names!("SYNC_FILE_RANGE_???":
    SYNC_FILE_RANGE_WAIT_BEFORE = 1, SYNC_FILE_RANGE_WRITE = 2, SYNC_FILE_RANGE_WAIT_AFTER = 4,
);
static FALLOCATE: Names = names!("FALLOC_FL_???":
    FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2, FALLOC_FL_NO_HIDE_STALE = 4, FALLOC_FL_COLLAPSE_RANGE = 8,
    FALLOC_FL_ZERO_RANGE = 0x10, FALLOC_FL_INSERT_RANGE = 0x20, FALLOC_FL_UNSHARE_RANGE = 0x40,
);
static FLOCK: Names = names!("LOCK_???":
    LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN, LOCK_MAND = 32, LOCK_RW = 192, LOCK_READ = 64, LOCK_WRITE = 128,
);
static MEMFD: Names = names!("MFD_???": MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4);
static IO_URING_ENTER: Names = names!("IORING_ENTER_???":
    IORING_ENTER_GETEVENTS = 1, IORING_ENTER_SQ_WAKEUP = 2, IORING_ENTER_SQ_WAIT = 4, IORING_ENTER_EXT_ARG = 8,
    IORING_ENTER_REGISTERED_RING = 0x10,
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

/// `struct open_how` (`openat2(2)`), its size in the next argument.
static OPEN_HOW: Pointee = reach(
    |place, wants| wants.bytes(place.address, OPEN_HOW_BYTES),
    |place| {
        let is_whole = place.view.arg(place.index + 1) >= OPEN_HOW_BYTES as u64;
        let how = place.memory.get(place.address, OPEN_HOW_BYTES).filter(|_| is_whole)?;
        let how = Fields(how);
        let mut fields = vec![Value::named("flags", open_mode(how.u64(0)))];
        if creates(how.u64(0)) || how.u64(8) != 0 {
            fields.push(Value::named("mode", Value::Octal(how.u64(8))));
        }
        fields.push(Value::named("resolve", RESOLVE.flags(how.u64(16))));
        Some(Value::structure(fields))
    },
);

const OPEN_HOW_BYTES: usize = 24;

/// Where a huge page's size is in flags, as the power of two that it is (`memfd_create(2)`, `mmap(2)`).
pub(super) const HUGE_SHIFT: u32 = 26;

/// The size of huge pages that flags ask for: `21<<MFD_HUGE_SHIFT`. Takes its bits out of `rest`.
pub(super) fn huge_page_size(rest: &mut u64, shift_name: &'static str) -> Option<Value> {
    let size = *rest >> HUGE_SHIFT & 0x3f;
    *rest &= !(0x3f << HUGE_SHIFT);
    let shifted =
        |size| Value::int(size).binary(syscope_shared::value::Operator::ShiftLeft, Value::symbol(shift_name));
    (size != 0).then(|| shifted(size))
}

fn memfd_flags(view: &View<'_>, index: usize) -> Value {
    let flags = u64::from(view.uint(index));
    let (mut parts, mut rest) = MEMFD.split(flags);
    let size = huge_page_size(&mut rest, "MFD_HUGE_SHIFT");
    if rest != 0 {
        parts.push(Value::hex(rest));
    }
    parts.extend(size);
    Value::flags(parts)
}

/// With an offset strace waits for the return to show what became of it.
fn sendfile_rest(view: &View<'_>) -> &'static [Arg] {
    if view.arg(2) == 0 { args![Address, Ulong] } else { args![Odd(&MOVED_OFFSET), Ulong] }
}

/// `[0] => [10]`
static MOVED_OFFSET: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index), 8),
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(index), 8);
        }
    },
    print: |view, index| {
        let before = OFFSET.print(arg::at_entry(view, index));
        match view.at_exit.get(view.arg(index), 8) {
            Some(_) if view.has_succeeded() => before.changed_to(OFFSET.print(arg::at_exit(view, index))),
            _ => before,
        }
    },
    shown: Shown::InTwoParts,
};

/// Directory entries, of which strace shows the number.
static DIRECTORY_ENTRIES: Pointee = reach(
    |place, wants| wants.bytes(place.address, place.view.returned_count()),
    |place| {
        let mut entries = Fields(place.memory.get(place.address, place.view.returned_count())?);
        let mut count = 0;
        // d_reclen is behind the inode number and the offset.
        while entries.0.len() > 18 && entries.u16(16) != 0 {
            entries = entries.from(usize::from(entries.u16(16)));
            count += 1;
        }
        Some(Value::Hex(place.address).commented(format!("{count} entries")))
    },
);
