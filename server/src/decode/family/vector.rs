//! `struct iovec`: buffers that come as a list (`readv(2)`).

use syscope_shared::value::Value;

use crate::decode::arg::{self, Pointee, reach};
use crate::decode::capture::Wants;
use crate::decode::view::Place;

pub(super) const IOVEC_BYTES: usize = 16;

/// The buffers of a `writev`; their number is the next argument.
pub(super) static WRITTEN: Pointee = reach(
    |place, wants| want(place, place.view.arg(place.index + 1), None, wants),
    |place| print(place, place.view.arg(place.index + 1), None),
);

/// The buffers of a `readv`, as far as it filled them.
pub(super) static READ: Pointee = reach(
    |place, wants| want(place, place.view.arg(place.index + 1), Some(place.view.returned_count()), wants),
    |place| print(place, place.view.arg(place.index + 1), Some(place.view.returned_count())),
);

/// Asks for `count` vectors at a place and what they name; `filled` is how many bytes there are in all of them, where that is known.
pub(super) fn want(place: Place<'_>, count: u64, filled: Option<usize>, wants: &mut Wants<'_>) {
    arg::want_items(place, count, IOVEC_BYTES, wants);
    let mut left = filled;
    for (_, vector) in arg::items(place, count, IOVEC_BYTES) {
        let length = take(&mut left, vector.u64(8));
        wants.bytes(vector.u64(0), length.min(place.view.limit() as u64) as usize);
    }
}

pub(super) fn print(place: Place<'_>, count: u64, filled: Option<usize>) -> Option<Value> {
    let left = std::cell::Cell::new(filled);
    arg::array(place, count, IOVEC_BYTES, |place, vector| {
        let mut rest = left.get();
        let length = take(&mut rest, vector.u64(8));
        left.set(rest);
        Value::structure(vec![
            Value::named("iov_base", arg::buffer(place.at(vector.u64(0)), length)),
            Value::named("iov_len", Value::int(vector.u64(8))),
        ])
    })
}

/// How much of a buffer of `length` bytes is filled.
fn take(left: &mut Option<usize>, length: u64) -> u64 {
    match left {
        None => length,
        Some(left) => {
            let taken = length.min(*left as u64);
            *left -= taken as usize;
            taken
        }
    }
}
