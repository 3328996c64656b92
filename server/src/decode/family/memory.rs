//! Mapping memory.

use syscope_shared::value::Value;

use super::file::huge_page_size;
use crate::decode::arg::Arg::{Address, Fd, Flags, Flags64, Hex, If, Int, OneOf, Scalar, Ulong};
use crate::decode::names::operation::MADVISE;
use crate::decode::names::{Names, names};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("mmap", &[Address, Ulong, Flags64(&PROT), Scalar(map_flags), Fd, Hex]).outcome(Outcome::Hex),
    row("munmap", &[Address, Ulong]),
    row("mprotect", &[Address, Ulong, Flags(&PROT)]),
    row("pkey_mprotect", &[Address, Ulong, Flags64(&PROT), Int]),
    row("brk", &[Address]).outcome(Outcome::Hex),
    row("mremap", &[Address, Ulong, Ulong, Flags64(&MREMAP), If(|view| moves(view.arg(3)), &Address)])
        .outcome(Outcome::Hex),
    row("madvise", &[Address, Ulong, OneOf(&MADVISE)]),
    row("msync", &[Address, Ulong, Flags(&MSYNC)]),
    row("mincore", &[Address, Ulong, Address]),
    row("mlock", &[Address, Ulong]),
    row("munlock", &[Address, Ulong]),
    row("mlock2", &[Address, Ulong, Flags(&MLOCK)]),
    row("mlockall", &[Flags(&MCL)]),
    row("munlockall", &[]),
    row("pkey_alloc", &[Hex, Flags64(&PKEY)]),
    row("pkey_free", &[Int]),
];

pub(super) static PROT: Names = names!("PROT_???":
    PROT_NONE, PROT_READ, PROT_WRITE, PROT_EXEC, PROT_SEM = 8, PROT_GROWSDOWN, PROT_GROWSUP,
);
static MAP_TYPE: Names = names!("MAP_???": MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3);
static MAP: Names = names!("MAP_???":
    MAP_FIXED, MAP_ANONYMOUS, MAP_32BIT, MAP_NORESERVE, MAP_POPULATE, MAP_NONBLOCK, MAP_GROWSDOWN, MAP_DENYWRITE,
    MAP_EXECUTABLE, MAP_LOCKED, MAP_STACK, MAP_HUGETLB, MAP_SYNC, MAP_FIXED_NOREPLACE,
);
static MREMAP: Names = names!("MREMAP_???": MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4);
static MSYNC: Names = names!("MS_???": MS_SYNC, MS_ASYNC, MS_INVALIDATE);
static MLOCK: Names = names!("MLOCK_???": MLOCK_ONFAULT = 1);
static MCL: Names = names!("MCL_???": MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 4);
static PKEY: Names = names!("PKEY_???":
    PKEY_DISABLE_ACCESS = 1, PKEY_DISABLE_WRITE = 2, PKEY_DISABLE_EXECUTE = 4,
);

/// The low bits, which are a number.
const MAP_TYPE_MASK: u64 = 0xf;

/// Whether `mremap` takes a new address.
fn moves(flags: u64) -> bool {
    flags & 3 == 3
}

fn map_flags(view: &View<'_>, index: usize) -> Value {
    let flags = view.arg(index);
    let mut parts = vec![MAP_TYPE.one(flags & MAP_TYPE_MASK)];
    let (names, mut rest) = MAP.split(flags & !MAP_TYPE_MASK);
    parts.extend(names);
    let page_size = if flags & libc::MAP_HUGETLB as u64 != 0 {
        huge_page_size(&mut rest, "MAP_HUGE_SHIFT")
    } else {
        None
    };
    if rest != 0 {
        parts.push(Value::hex(rest));
    }
    parts.extend(page_size);
    Value::flags(parts)
}
