//! Messages: `struct msghdr` with its buffers and its ancillary data (`sendmsg(2)`, `cmsg(3)`, `unix(7)`).

use syscope_shared::value::{Rest, Value};

use super::address::ADDRESS_BYTES;
use super::net::{MSG, address_value};
use super::socket_option::credentials;
use super::vector;
use crate::decode::arg::{self, Pointee, Shown, reach};
use crate::decode::capture::Wants;
use crate::decode::memory::Fields;
use crate::decode::names::{Names, names};
use crate::decode::view::{Place, View};

const MESSAGE_BYTES: usize = 56;

/// Ancillary data of which no more is looked at.
const MAX_CONTROL_BYTES: u64 = 4096;

/// The message that `sendmsg` is given.
pub(super) static SENT_MESSAGE: Pointee =
    reach(|place, wants| want(place, None, wants), |place| message(place, None, None));

/// The message that `recvmsg` fills. Of one that fails strace shows only how long a name may be.
pub(super) static RECEIVED_MESSAGE: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index), MESSAGE_BYTES),
    at_exit: |view, index, wants| {
        if view.has_succeeded() {
            want(arg::at_exit(view, index), Some(view.returned_count()), wants);
        }
    },
    print: |view, index| {
        let room = header(arg::at_entry(view, index)).map(|header| header.i32(8));
        let value = match room {
            Some(room) if view.has_failed() => {
                Some(Value::structure(vec![Value::named("msg_namelen", Value::int(room))]))
            }
            room => message(arg::at_exit(view, index), Some(view.returned_count()), room),
        };
        value.unwrap_or(Value::address(view.arg(index)))
    },
    shown: Shown::AtExit,
};

const MMSG_BYTES: usize = 64;

/// The messages of `sendmmsg`, and how much of each was sent.
pub(super) static MESSAGES: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| {
        let place = arg::at_entry(view, index);
        arg::want_items(place, count(view), MMSG_BYTES, wants);
        for (place, _) in arg::items(place, count(view), MMSG_BYTES) {
            want(place, None, wants);
        }
    },
    at_exit: |view, index, wants| {
        arg::want_items(arg::at_exit(view, index), view.returned_count() as u64, MMSG_BYTES, wants);
    },
    print: |view, index| {
        let place = arg::at_entry(view, index);
        let messages = arg::array(place, count(view), MMSG_BYTES, |place, _| {
            let header = message(place, None, None).unwrap_or(Value::address(place.address));
            let mut fields = vec![Value::named("msg_hdr", header)];
            if let Some(sent) = view.at_exit.get(place.address.wrapping_add(MESSAGE_BYTES as u64), 4) {
                fields.push(Value::named("msg_len", Value::int(Fields(sent).u32(0))));
            }
            Value::structure(fields)
        });
        messages.unwrap_or(Value::address(place.address))
    },
    shown: Shown::AtExit,
};

fn count(view: &View<'_>) -> u64 {
    u64::from(view.uint(2))
}

fn header<'a>(place: Place<'a>) -> Option<Fields<'a>> {
    place.memory.get(place.address, MESSAGE_BYTES).map(Fields)
}

/// Asks for a message's name, buffers and ancillary data; `filled` is how many bytes were received.
fn want(place: Place<'_>, filled: Option<usize>, wants: &mut Wants<'_>) {
    wants.bytes(place.address, MESSAGE_BYTES);
    if let Some(header) = header(place) {
        wants.bytes(header.u64(0), (header.u32(8) as usize).min(ADDRESS_BYTES));
        vector::want(place.at(header.u64(16)), header.u64(24), filled, wants);
        wants.bytes(header.u64(32), header.u64(40).min(MAX_CONTROL_BYTES) as usize);
    }
}

/// A message; `room` is how long its name was allowed to be, where the kernel has put the length in its place.
fn message(place: Place<'_>, filled: Option<usize>, room: Option<i32>) -> Option<Value> {
    let header = header(place)?;
    let name = place.at(header.u64(0));
    let name_value = address_value(name, u64::from(header.u32(8))).unwrap_or(Value::address(name.address));
    let length = Value::int(header.i32(8));
    let length = match room.map(Value::int) {
        Some(room) if room != length => room.changed_to(length),
        _ => length,
    };
    let buffers = place.at(header.u64(16));
    let mut fields = vec![
        Value::named("msg_name", name_value),
        Value::named("msg_namelen", length),
        Value::named("msg_iov", print_or_address(buffers, vector::print(buffers, header.u64(24), filled))),
        Value::named("msg_iovlen", Value::int(header.u64(24))),
    ];
    let control = place.at(header.u64(32));
    if header.u64(40) > 0 {
        fields
            .push(Value::named("msg_control", print_or_address(control, ancillary(control, header.u64(40)))));
    }
    fields.push(Value::named("msg_controllen", Value::int(header.u64(40))));
    fields.push(Value::named("msg_flags", MSG.flags(u64::from(header.u32(48)))));
    Some(Value::structure(fields))
}

fn print_or_address(place: Place<'_>, value: Option<Value>) -> Value {
    value.unwrap_or(Value::address(place.address))
}

static SOCKET_CONTROL: Names = names!("SCM_???":
    SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_SECURITY = 3, SO_TIMESTAMP_OLD = 29, SO_TIMESTAMPNS_OLD = 35,
);

const CONTROL_HEADER_BYTES: usize = 16;

/// The control messages in `length` bytes at a place.
fn ancillary(place: Place<'_>, length: u64) -> Option<Value> {
    let mut rest = Fields(place.memory.get(place.address, length.min(MAX_CONTROL_BYTES) as usize)?);
    let mut items = Vec::new();
    while rest.0.len() >= CONTROL_HEADER_BYTES && items.len() < place.view.limit() {
        let own = rest.u64(0) as usize;
        items.push(control_message(Fields(rest.bytes(0, own.max(CONTROL_HEADER_BYTES)))));
        if own < CONTROL_HEADER_BYTES {
            break;
        }
        rest = rest.from(own.next_multiple_of(8));
    }
    Some(Value::Array { items, rest: Rest::Nothing })
}

fn control_message(message: Fields<'_>) -> Value {
    let (level, kind) = (message.i32(8), message.i32(12));
    let data = message.from(CONTROL_HEADER_BYTES);
    let kind_name = if level == libc::SOL_SOCKET {
        SOCKET_CONTROL.one(kind as u64)
    } else {
        Value::hex(u64::from(kind as u32))
    };
    let mut fields = vec![
        Value::named("cmsg_len", Value::int(message.u64(0))),
        Value::named("cmsg_level", crate::decode::names::socket::LEVEL.one(level as u64)),
        Value::named("cmsg_type", kind_name),
    ];
    if !data.0.is_empty() {
        fields.push(Value::named("cmsg_data", control_data(level, kind, data)));
    }
    Value::structure(fields)
}

fn control_data(level: i32, kind: i32, data: Fields<'_>) -> Value {
    match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_RIGHTS) => {
            let fds = data.0.chunks_exact(4).map(|fd| Value::int(Fields(fd).i32(0)));
            Value::array(fds.collect())
        }
        (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) if data.0.len() >= 12 => credentials(data),
        _ => Value::hex_string(data.0, false),
    }
}
