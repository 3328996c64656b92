//! Argument kinds: for each what it reads of the tracee's memory, and when, and how it prints.

use std::borrow::Cow;
use std::ops::ControlFlow;

use syscope_shared::ids::Signal;
use syscope_shared::value::{Rest, Value};

use super::capture::Wants;
use super::memory::{Fields, c_string};
use super::names::Names;
use super::row::Row;
use super::view::{Place, View};

/// The longest path that the kernel takes (`PATH_MAX`), without its NUL.
const PATH_BYTES: usize = 4095;

/// One argument of a call.
pub(super) enum Arg {
    /// A C `int`.
    Int,
    /// A C `unsigned int`.
    Uint,
    /// A C `long`.
    Long,
    /// A C `unsigned long` or `size_t`.
    Ulong,
    /// Bits without names.
    Hex,
    /// An address that nothing is read from.
    Address,
    Fd,
    /// A directory fd, or AT_FDCWD.
    DirFd,
    /// A file mode.
    Mode,
    /// A user or group id; -1 leaves it as it is.
    Uid,
    Signal,
    /// A 32-bit number that has a name.
    OneOf(&'static Names),
    /// 32 bits that have names.
    Flags(&'static Names),
    Flags64(&'static Names),
    /// A path that the kernel reads; never cut.
    Path,
    /// A string that the kernel reads.
    Text,
    /// A buffer that the kernel reads, its length in the argument of this index.
    Bytes {
        length: usize,
    },
    /// A buffer that the kernel fills with as many bytes as it returns.
    Received,
    /// What the kernel reads from an address.
    In(&'static Pointee),
    /// What a call that succeeds writes to an address; for one that fails strace shows the address.
    Out(&'static Pointee),
    /// A number whose meaning depends on other arguments.
    Scalar(fn(&View<'_>, usize) -> Value),
    /// What is none of the above: memory that is read and written, or that is written by calls that fail, too.
    Odd(&'static Odd),
    /// An argument that strace prints only after the return, its comma included.
    Late(&'static Arg),
    /// An argument that is there only sometimes.
    If(fn(&View<'_>) -> bool, &'static Arg),
    /// The argument of this index, where strace shows arguments in another order than the kernel takes them.
    Nth(usize, &'static Arg),
    /// The remaining arguments, which depend on those before.
    Rest(fn(&View<'_>) -> &'static [Arg]),
}

/// The arguments that an [`Arg::Rest`] chooses.
macro_rules! args {
    ($($arg:expr),* $(,)?) => {
        const { &[$($arg),*] as &'static [$crate::decode::arg::Arg] }
    };
}
pub(super) use args;

/// What an address points at.
pub(super) enum Pointee {
    /// So many bytes.
    Fixed { size: usize, print: fn(Fields<'_>) -> Value },
    /// What takes more than one read, or other arguments, to know. Prints nothing when it could not be read.
    Reach { want: fn(Place<'_>, &mut Wants<'_>), print: fn(Place<'_>) -> Option<Value> },
}

pub(super) const fn fixed(size: usize, print: fn(Fields<'_>) -> Value) -> Pointee {
    Pointee::Fixed { size, print }
}

pub(super) const fn reach(
    want: fn(Place<'_>, &mut Wants<'_>),
    print: fn(Place<'_>) -> Option<Value>,
) -> Pointee {
    Pointee::Reach { want, print }
}

/// An argument that does everything itself.
pub(super) struct Odd {
    pub at_entry: fn(&View<'_>, usize, &mut Wants<'_>),
    pub at_exit: fn(&View<'_>, usize, &mut Wants<'_>),
    pub print: fn(&View<'_>, usize) -> Value,
    pub shown: Shown,
}

/// What strace prints of an argument before the call returns.
pub(super) enum Shown {
    /// All of it; the exit adds only to the result.
    AtEntry,
    /// Nothing.
    AtExit,
    /// What `print` makes of it without an exit; the rest follows.
    InTwoParts,
}

impl Pointee {
    pub(super) fn want(&self, place: Place<'_>, wants: &mut Wants<'_>) {
        match self {
            Self::Fixed { size, .. } => wants.bytes(place.address, *size),
            Self::Reach { want, .. } if place.address != 0 => want(place, wants),
            Self::Reach { .. } => {}
        }
    }

    /// The value; the address where it could not be read.
    pub(super) fn print(&self, place: Place<'_>) -> Value {
        if place.address == 0 {
            return Value::Null;
        }
        let value = match self {
            Self::Fixed { size, print } => place.memory.get(place.address, *size).map(|b| print(Fields(b))),
            Self::Reach { print, .. } => print(place),
        };
        value.unwrap_or(Value::Hex(place.address))
    }
}

/// Asks for what the arguments name that the kernel reads.
pub(super) fn want_at_entry(row: &'static Row, view: &View<'_>, wants: &mut Wants<'_>) {
    if let Some(reads) = row.reads {
        reads(view, wants);
    }
    let _ = each(row.args, 0, view, &mut |index, arg| {
        let address = view.arg(index);
        match arg {
            Arg::Path => wants.string(address, PATH_BYTES),
            Arg::Text => wants.string(address, view.limit()),
            Arg::Bytes { length } => wants.bytes(address, shown_length(view, view.arg(*length))),
            Arg::In(pointee) => pointee.want(at_entry(view, index), wants),
            Arg::Odd(odd) => (odd.at_entry)(view, index, wants),
            _ => {}
        }
        ControlFlow::Continue(())
    });
}

/// Asks for what the kernel wrote.
pub(super) fn want_at_exit(row: &'static Row, view: &View<'_>, wants: &mut Wants<'_>) {
    let _ = each(row.args, 0, view, &mut |index, arg| {
        let arg = if let Arg::Late(arg) = arg { arg } else { arg };
        match arg {
            Arg::Received => wants.bytes(view.arg(index), shown_length(view, view.returned_count() as u64)),
            Arg::Out(pointee) if view.has_succeeded() => pointee.want(at_exit(view, index), wants),
            Arg::Odd(odd) => (odd.at_exit)(view, index, wants),
            _ => {}
        }
        ControlFlow::Continue(())
    });
}

/// How much of a buffer of `length` bytes is kept.
fn shown_length(view: &View<'_>, length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX).min(view.limit())
}

/// The memory that the argument names, as it was at entry.
pub(super) fn at_entry<'a>(view: &'a View<'a>, index: usize) -> Place<'a> {
    Place { view, memory: view.at_entry, address: view.arg(index), index }
}

/// The memory that the argument names, as it was at exit.
pub(super) fn at_exit<'a>(view: &'a View<'a>, index: usize) -> Place<'a> {
    Place { view, memory: view.at_exit, address: view.arg(index), index }
}

/// Visits the arguments that this very call has.
fn each(
    args: &'static [Arg],
    first: usize,
    view: &View<'_>,
    visit: &mut dyn FnMut(usize, &'static Arg) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for (index, arg) in (first..).zip(args) {
        match arg {
            Arg::If(is_there, arg) if is_there(view) => visit(index, arg)?,
            Arg::If(..) => {}
            Arg::Nth(index, arg) => visit(*index, arg)?,
            Arg::Rest(rest) => each(rest(view), index, view, visit)?,
            arg => visit(index, arg)?,
        }
    }
    ControlFlow::Continue(())
}

/// A call's arguments as text.
pub(super) struct Printed {
    pub text: String,
    /// How much of it strace prints before the call returns.
    pub at_entry_bytes: usize,
}

pub(super) fn print_all(row: &'static Row, view: &View<'_>) -> Printed {
    let mut text = String::new();
    let mut at_entry_bytes = None;
    let _ = each(row.args, 0, view, &mut |index, arg| {
        if at_entry_bytes.is_none() && matches!(arg, Arg::Late(_)) {
            at_entry_bytes = Some(text.len());
            if view.exit.is_none() {
                return ControlFlow::Break(());
            }
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        if at_entry_bytes.is_none() && arg.is_finished_at_exit() {
            let before = text.len();
            if arg.is_shown_in_two_parts() {
                text.push_str(&arg.print(&view.before_exit(), index).to_string());
            }
            at_entry_bytes = Some(text.len());
            if view.exit.is_none() {
                return ControlFlow::Break(());
            }
            text.truncate(before);
        }
        text.push_str(&arg.print(view, index).to_string());
        ControlFlow::Continue(())
    });
    Printed { at_entry_bytes: at_entry_bytes.unwrap_or(text.len()).min(text.len()), text }
}

/// The first path among a call's arguments.
pub(super) fn first_path(row: &Row, view: &View<'_>) -> Option<String> {
    let index = row.args.iter().position(|arg| matches!(arg, Arg::Path))?;
    let path = c_string(view.at_entry, view.arg(index), PATH_BYTES)?;
    Some(String::from_utf8_lossy(&path.bytes).into_owned())
}

impl Arg {
    fn is_finished_at_exit(&self) -> bool {
        match self {
            Self::Received | Self::Out(_) | Self::Late(_) => true,
            Self::Odd(odd) => !matches!(odd.shown, Shown::AtEntry),
            _ => false,
        }
    }

    fn is_shown_in_two_parts(&self) -> bool {
        matches!(self, Self::Odd(Odd { shown: Shown::InTwoParts, .. }))
    }

    fn print(&self, view: &View<'_>, index: usize) -> Value {
        let raw = view.arg(index);
        match self {
            Self::Int => Value::int(view.int(index)),
            Self::Uint => Value::int(view.uint(index)),
            Self::Long => Value::int(raw as i64),
            Self::Ulong => Value::int(raw),
            Self::Hex => Value::hex(raw),
            Self::Address => Value::address(raw),
            Self::Fd => Value::int(view.int(index)),
            Self::DirFd => dir_fd(view.int(index)),
            Self::Mode => mode(raw),
            Self::Uid => uid(view.uint(index)),
            Self::Signal => signal(view.int(index)),
            Self::OneOf(names) => names.one(u64::from(view.uint(index))),
            Self::Flags(names) => names.flags(u64::from(view.uint(index))),
            Self::Flags64(names) => names.flags(raw),
            Self::Path => string(at_entry(view, index), PATH_BYTES),
            Self::Text => string(at_entry(view, index), view.limit()),
            Self::Bytes { length } => buffer(at_entry(view, index), view.arg(*length)),
            Self::Received if view.has_failed() => Value::address(raw),
            Self::Received => buffer(at_exit(view, index), view.returned_count() as u64),
            Self::In(pointee) => pointee.print(at_entry(view, index)),
            Self::Out(pointee) if view.has_succeeded() => pointee.print(at_exit(view, index)),
            Self::Out(_) => Value::address(raw),
            Self::Scalar(print) => print(view, index),
            Self::Odd(odd) => (odd.print)(view, index),
            Self::Late(arg) | Self::If(_, arg) | Self::Nth(_, arg) => arg.print(view, index),
            // Its arguments are visited in its place.
            Self::Rest(_) => Value::hex(raw),
        }
    }
}

pub(super) fn dir_fd(fd: i32) -> Value {
    if fd == libc::AT_FDCWD { Value::symbol("AT_FDCWD") } else { Value::int(fd) }
}

/// A `umode_t`: 16 bits.
pub(super) fn mode(mode: u64) -> Value {
    Value::Octal(mode & 0xffff)
}

/// A user or group id.
pub(super) fn uid(id: u32) -> Value {
    if id == u32::MAX { Value::Int(-1) } else { Value::int(id) }
}

/// A signal's name, or its number.
pub(super) fn signal(number: i32) -> Value {
    match number {
        1..=64 => Value::Symbol(Cow::Owned(Signal(number).to_string())),
        number => Value::int(number),
    }
}

/// The string at a place; at most `limit` bytes.
pub(super) fn string(place: Place<'_>, limit: usize) -> Value {
    match c_string(place.memory, place.address, limit) {
        Some(string) => Value::Str { bytes: string.bytes, is_cut: !string.is_terminated },
        None => Value::address(place.address),
    }
}

/// The buffer of `length` bytes at a place.
pub(super) fn buffer(place: Place<'_>, length: u64) -> Value {
    let shown = shown_length(place.view, length);
    if place.address == 0 {
        return Value::Null;
    }
    if shown == 0 {
        return Value::Str { bytes: Vec::new(), is_cut: length > 0 };
    }
    match place.memory.get(place.address, shown) {
        Some(bytes) => Value::Str { bytes: bytes.to_vec(), is_cut: length > shown as u64 },
        None => Value::Hex(place.address),
    }
}

/// Asks for the part of an array that is shown.
pub(super) fn want_items(place: Place<'_>, count: u64, item_bytes: usize, wants: &mut Wants<'_>) {
    wants.bytes(place.address, shown_length(place.view, count) * item_bytes);
}

/// The items of an array, as many as are shown and could be read.
pub(super) fn items<'a>(
    place: Place<'a>,
    count: u64,
    item_bytes: usize,
) -> impl Iterator<Item = (Place<'a>, Fields<'a>)> {
    let bytes = place.memory.from(place.address);
    let shown = shown_length(place.view, count);
    (0u64..).zip(bytes.chunks_exact(item_bytes).take(shown)).map(move |(index, item)| {
        (place.at(place.address.wrapping_add(index * item_bytes as u64)), Fields(item))
    })
}

/// An array: cut where strace cuts it, and where it could not be read. Nothing if none of it could.
pub(super) fn array(
    place: Place<'_>,
    count: u64,
    item_bytes: usize,
    print: impl Fn(Place<'_>, Fields<'_>) -> Value,
) -> Option<Value> {
    let values: Vec<Value> =
        items(place, count, item_bytes).map(|(place, item)| print(place, item)).collect();
    let shown = shown_length(place.view, count);
    if values.is_empty() && shown > 0 {
        return None;
    }
    let rest = if values.len() < shown {
        Rest::Unreadable(place.address.wrapping_add((values.len() * item_bytes) as u64))
    } else if (shown as u64) < count {
        Rest::Cut
    } else {
        Rest::Nothing
    };
    Some(Value::Array { items: values, rest })
}

/// Nothing to read.
pub(super) fn want_nothing(_: &View<'_>, _: usize, _: &mut Wants<'_>) {}

/// A pointer to a C `int`: `[5]`.
pub(super) static INT: Pointee = fixed(4, |fields| Value::array(vec![Value::int(fields.i32(0))]));

/// A pointer to a user or group id.
pub(super) static UID: Pointee = fixed(4, |fields| Value::array(vec![uid(fields.u32(0))]));

/// A pointer to an address.
pub(super) static ADDRESS: Pointee = fixed(8, |fields| Value::array(vec![Value::address(fields.u64(0))]));

/// A pointer to a file offset.
pub(super) static OFFSET: Pointee = fixed(8, |fields| Value::array(vec![Value::int(fields.i64(0))]));
