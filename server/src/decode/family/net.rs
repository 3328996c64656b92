//! Sockets.

use syscope_shared::value::Value;

use super::address::{self, ADDRESS_BYTES};
use super::fd::FD_PAIR;
use super::message::{MESSAGES, RECEIVED_MESSAGE, SENT_MESSAGE};
use super::socket_option::{READ_OPTION, WRITTEN_OPTION, option_name};
use crate::decode::arg::Arg::{Bytes, Fd, Flags, In, Int, Odd, OneOf, Out, Received, Scalar, Uint, Ulong};
use crate::decode::arg::{self, Pointee, Shown, reach};
use crate::decode::memory::Fields;
use crate::decode::names::socket::{FAMILY, IP_PROTOCOL, LEVEL, NETLINK_PROTOCOL, TYPE};
use crate::decode::names::{Names, names, with_rest};
use crate::decode::row::{Row, row};
use crate::decode::view::{Place, View};

pub(super) static ROWS: &[Row] = &[
    row("socket", &[OneOf(&FAMILY), Scalar(socket_type), Scalar(protocol)]).opens(),
    row("socketpair", &[OneOf(&FAMILY), Scalar(socket_type), Scalar(protocol), Out(&FD_PAIR)]),
    row("bind", &[Fd, In(&ADDRESS), Int]).peer(given_address),
    row("connect", &[Fd, In(&ADDRESS), Int]).peer(given_address),
    row("listen", &[Fd, Int]),
    row("accept", &[Fd, Odd(&STORED_ADDRESS), Odd(&ADDRESS_LENGTH)]).opens().peer(stored_address),
    row("accept4", &[Fd, Odd(&STORED_ADDRESS), Odd(&ADDRESS_LENGTH), Flags(&SOCKET_FLAGS)])
        .opens()
        .peer(stored_address),
    row("getsockname", &[Fd, Odd(&STORED_ADDRESS), Odd(&ADDRESS_LENGTH)]).peer(stored_address),
    row("getpeername", &[Fd, Odd(&STORED_ADDRESS), Odd(&ADDRESS_LENGTH)]).peer(stored_address),
    row("sendto", &[Fd, Bytes { length: 2 }, Ulong, Flags(&MSG), In(&ADDRESS), Int])
        .moves_bytes()
        .peer(|view| address_at(arg::at_entry(view, 4), u64::from(view.uint(5)))),
    row("recvfrom", &[Fd, Received, Ulong, Flags(&MSG), Odd(&STORED_ADDRESS), Odd(&ADDRESS_LENGTH)])
        .moves_bytes()
        .peer(|view| address_at(arg::at_exit(view, 4), stored_length(view, 4))),
    row("sendmsg", &[Fd, In(&SENT_MESSAGE), Flags(&MSG)]).moves_bytes(),
    row("recvmsg", &[Fd, Odd(&RECEIVED_MESSAGE), Flags(&MSG)]).moves_bytes(),
    row("sendmmsg", &[Fd, Odd(&MESSAGES), Uint, Flags(&MSG)]),
    row("shutdown", &[Fd, OneOf(&SHUTDOWN)]),
    row("setsockopt", &[Fd, OneOf(&LEVEL), Scalar(option_name), In(&WRITTEN_OPTION), Int]),
    row("getsockopt", &[Fd, OneOf(&LEVEL), Scalar(option_name), Odd(&READ_OPTION), Odd(&STORED_LENGTH)]),
];

static SOCKET_FLAGS: Names = names!("SOCK_???": SOCK_CLOEXEC, SOCK_NONBLOCK);
static SHUTDOWN: Names = names!("SHUT_???": SHUT_RD, SHUT_WR, SHUT_RDWR);
pub(super) static MSG: Names = names!("MSG_???":
    MSG_OOB = 1, MSG_PEEK = 2, MSG_DONTROUTE = 4, MSG_CTRUNC = 8, MSG_PROBE = 0x10, MSG_TRUNC = 0x20,
    MSG_DONTWAIT = 0x40, MSG_EOR = 0x80, MSG_WAITALL = 0x100, MSG_FIN = 0x200, MSG_SYN = 0x400, MSG_CONFIRM = 0x800,
    MSG_RST = 0x1000, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000, MSG_MORE = 0x8000, MSG_WAITFORONE = 0x1_0000,
    MSG_SENDPAGE_NOTLAST = 0x2_0000, MSG_BATCH = 0x4_0000, MSG_NO_SHARED_FRAGS = 0x8_0000,
    MSG_ZEROCOPY = 0x0400_0000, MSG_FASTOPEN = 0x2000_0000, MSG_CMSG_CLOEXEC = 0x4000_0000,
    MSG_CMSG_COMPAT = 0x8000_0000,
);

/// The low bits of a socket's type, which are a number.
const TYPE_MASK: u64 = 0xf;

fn socket_type(view: &View<'_>, index: usize) -> Value {
    let bits = u64::from(view.uint(index));
    let (flags, rest) = SOCKET_FLAGS.split(bits & !TYPE_MASK);
    match TYPE.find(bits & TYPE_MASK) {
        Some(name) => with_rest([Value::symbol(name)].into_iter().chain(flags).collect(), rest),
        None if flags.is_empty() => TYPE.one(bits),
        None => with_rest(flags, rest | bits & TYPE_MASK),
    }
}

/// What a protocol is called depends on the family.
fn protocol(view: &View<'_>, index: usize) -> Value {
    let number = u64::from(view.uint(index));
    match view.int(0) {
        libc::AF_INET | libc::AF_INET6 => IP_PROTOCOL.one(number),
        libc::AF_NETLINK => NETLINK_PROTOCOL.one(number),
        libc::AF_PACKET => address::ethernet_protocol((number as u16).swap_bytes()),
        _ => Value::int(view.uint(index)),
    }
}

/// An address that the kernel reads, its length in the next argument.
static ADDRESS: Pointee = reach(
    |place, wants| wants.bytes(place.address, known_length(u64::from(place.view.uint(place.index + 1)))),
    |place| address_value(place, u64::from(place.view.uint(place.index + 1))),
);

fn known_length(length: u64) -> usize {
    (length as usize).min(ADDRESS_BYTES)
}

/// The address of `length` bytes at a place.
pub(super) fn address_value(place: Place<'_>, length: u64) -> Option<Value> {
    let bytes = place.memory.get(place.address, known_length(length))?;
    (bytes.len() >= 2).then(|| address::print(Fields(bytes)))
}

fn address_at(place: Place<'_>, length: u64) -> Option<String> {
    let bytes = place.memory.get(place.address, known_length(length)).filter(|bytes| bytes.len() >= 2)?;
    address::short(Fields(bytes))
}

fn given_address(view: &View<'_>) -> Option<String> {
    address_at(arg::at_entry(view, 1), u64::from(view.uint(2)))
}

fn stored_address(view: &View<'_>) -> Option<String> {
    address_at(arg::at_exit(view, 1), stored_length(view, 1))
}

/// An address that the kernel stores, and behind it where the length is.
static STORED_ADDRESS: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index + 1), 4),
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(index), stored_length(view, index) as usize);
        }
    },
    print: |view, index| {
        let length = stored_length(view, index);
        let value =
            if view.has_succeeded() { address_value(arg::at_exit(view, index), length) } else { None };
        value.unwrap_or(Value::address(view.arg(index)))
    },
    shown: Shown::AtExit,
};

fn length_at(place: Place<'_>) -> Option<u32> {
    place.memory.get(place.address, 4).map(|bytes| Fields(bytes).u32(0))
}

/// How much of an address was stored: no more than there was room for, whatever length the kernel reports.
fn stored_length(view: &View<'_>, index: usize) -> u64 {
    let room = length_at(arg::at_entry(view, index + 1)).unwrap_or(0);
    let full = length_at(arg::at_exit(view, index + 1)).unwrap_or(0);
    u64::from(room.min(full)).min(ADDRESS_BYTES as u64)
}

/// The length of a stored address. Without a place for the address it is not looked at.
static ADDRESS_LENGTH: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index), 4),
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(index), 4);
        }
    },
    print: |view, index| {
        let has_place = view.arg(index - 1) != 0;
        if has_place { stored_length_value(view, index) } else { Value::address(view.arg(index)) }
    },
    shown: Shown::AtExit,
};

/// A length that goes in and comes out: `[16]`, `[128 => 16]`.
static STORED_LENGTH: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index), 4),
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(index), 4);
        }
    },
    print: stored_length_value,
    shown: Shown::AtExit,
};

fn stored_length_value(view: &View<'_>, index: usize) -> Value {
    let Some(before) = length_at(arg::at_entry(view, index)) else {
        return Value::address(view.arg(index));
    };
    let before = Value::int(before as i32);
    match length_at(arg::at_exit(view, index)).map(|after| Value::int(after as i32)) {
        Some(after) if view.has_succeeded() && after != before => {
            Value::array(vec![before.changed_to(after)])
        }
        _ => Value::array(vec![before]),
    }
}
