//! Options of sockets (`getsockopt(2)`, `socket(7)`, `ip(7)`, `tcp(7)`).

use syscope_shared::value::Value;

use super::address::inet_addr;
use crate::decode::arg::{self, Pointee, Shown, reach};
use crate::decode::memory::Fields;
use crate::decode::names::socket::{
    IP_OPTION, IPV6_OPTION, NETLINK_OPTION, PACKET_OPTION, SOCKET_OPTION, TCP_OPTION, UDP_OPTION,
};
use crate::decode::siginfo::errno_name;
use crate::decode::view::{Place, View};

const SOL_NETLINK: i32 = 270;

/// The option's name, which depends on the level.
pub(super) fn option_name(view: &View<'_>, index: usize) -> Value {
    let names = match view.int(1) {
        libc::SOL_SOCKET => &SOCKET_OPTION,
        libc::IPPROTO_IP => &IP_OPTION,
        libc::IPPROTO_TCP => &TCP_OPTION,
        libc::IPPROTO_UDP => &UDP_OPTION,
        libc::IPPROTO_IPV6 => &IPV6_OPTION,
        libc::SOL_PACKET => &PACKET_OPTION,
        SOL_NETLINK => &NETLINK_OPTION,
        _ => return Value::hex(u64::from(view.uint(index))),
    };
    names.one(u64::from(view.uint(index)))
}

/// What `setsockopt` is given, its length in the next argument.
pub(super) static WRITTEN_OPTION: Pointee = reach(
    |place, wants| wants.bytes(place.address, kept(place, length_given(place.view))),
    |place| value(place, length_given(place.view)),
);

fn length_given(view: &View<'_>) -> usize {
    usize::try_from(view.int(4)).unwrap_or(0)
}

/// The longest struct that is printed field by field is shorter.
const STRUCT_BYTES: usize = 64;

fn kept(place: Place<'_>, length: usize) -> usize {
    length.min(place.view.limit().max(STRUCT_BYTES))
}

/// What `getsockopt` stored.
pub(super) static READ_OPTION: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index + 1), 4),
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            wants.bytes(view.arg(index + 1), 4);
            let place = arg::at_exit(view, index);
            wants.bytes(place.address, kept(place, length_stored(view)));
        }
    },
    print: |view, index| {
        let value =
            if view.has_succeeded() { value(arg::at_exit(view, index), length_stored(view)) } else { None };
        value.unwrap_or(Value::address(view.arg(index)))
    },
    shown: Shown::AtExit,
};

fn length_stored(view: &View<'_>) -> usize {
    let length = view.at_exit.get(view.arg(4), 4).map_or(0, |bytes| Fields(bytes).i32(0));
    usize::try_from(length).unwrap_or(0)
}

/// The value of `length` bytes at a place, by the option that it is of.
fn value(place: Place<'_>, length: usize) -> Option<Value> {
    let view = place.view;
    let bytes = place.memory.get(place.address, kept(place, length))?;
    let fields = Fields(bytes);
    let value = match (view.int(1), view.int(2)) {
        (libc::SOL_SOCKET, libc::SO_LINGER) if length >= 8 => Value::structure(vec![
            Value::named("l_onoff", Value::int(fields.i32(0))),
            Value::named("l_linger", Value::int(fields.i32(4))),
        ]),
        (libc::SOL_SOCKET, libc::SO_PEERCRED) if length >= 12 => credentials(fields),
        (libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP | libc::IP_DROP_MEMBERSHIP) if length >= 8 => {
            Value::structure(vec![
                Value::named("imr_multiaddr", inet_addr(fields, 0)),
                Value::named("imr_interface", inet_addr(fields, 4)),
            ])
        }
        (libc::SOL_SOCKET, libc::SO_ERROR) if length == 4 => Value::array(vec![errno_name(fields.i32(0))]),
        _ if length == 4 => Value::array(vec![Value::int(fields.i32(0))]),
        (libc::SOL_SOCKET, _) if length < 4 => return None,
        _ => arg::buffer(place, length as u64),
    };
    Some(value)
}

/// `struct ucred`
pub(super) fn credentials(fields: Fields<'_>) -> Value {
    Value::structure(vec![
        Value::named("pid", Value::int(fields.i32(0))),
        Value::named("uid", arg::uid(fields.u32(4))),
        Value::named("gid", arg::uid(fields.u32(8))),
    ])
}
