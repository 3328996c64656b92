//! Making, ending and waiting for processes.

use syscope_shared::value::{Rest, Value};

use crate::decode::arg::Arg::{DirFd, Flags, In, Int, Path};
use crate::decode::arg::{self, Pointee, reach};
use crate::decode::capture::Wants;
use crate::decode::memory::Fields;
use crate::decode::names::{Names, names};
use crate::decode::row::{Outcome, Row, row};
use crate::decode::view::Place;

pub(super) static ROWS: &[Row] = &[
    row("fork", &[]),
    row("vfork", &[]),
    row("execve", &[Path, In(&ARGV), In(&ENVIRONMENT)]),
    row("execveat", &[DirFd, Path, In(&ARGV), In(&ENVIRONMENT), Flags(&EXECVEAT)]),
    row("exit", &[Int]).outcome(Outcome::Nothing),
    row("exit_group", &[Int]).outcome(Outcome::Nothing),
];

static EXECVEAT: Names = names!("AT_???": AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW);

const POINTER_BYTES: usize = 8;

/// A program's arguments.
static ARGV: Pointee = reach(want_argv, print_argv);

/// A program's environment, of which strace shows the address and the number of variables.
static ENVIRONMENT: Pointee = reach(want_pointers, print_environment);

fn want_argv(place: Place<'_>, wants: &mut Wants<'_>) {
    let shown = place.view.limits.string_bytes;
    wants.bytes(place.address, (shown + 1) * POINTER_BYTES);
    for (_, pointer) in
        arg::items(place, shown as u64, POINTER_BYTES).take_while(|(_, item)| item.u64(0) != 0)
    {
        wants.string(pointer.u64(0), shown);
    }
}

fn print_argv(place: Place<'_>) -> Option<Value> {
    let limit = place.view.limits.string_bytes;
    let mut items = Vec::new();
    // One more than is shown, to see whether there are more.
    for (at, pointer) in memory_words(place).take(limit + 1) {
        let Some(pointer) = pointer else {
            return (!items.is_empty()).then_some(Value::Array { items, rest: Rest::Unreadable(at) });
        };
        if pointer == 0 {
            return Some(Value::array(items));
        }
        if items.len() == limit {
            break;
        }
        items.push(arg::string(place.at(pointer), limit));
    }
    Some(Value::Array { items, rest: Rest::Cut })
}

/// The 64-bit words from a place on with their addresses; the last is one that was not captured.
fn memory_words(place: Place<'_>) -> impl Iterator<Item = (u64, Option<u64>)> {
    let mut is_over = false;
    (0u64..).map_while(move |index| {
        let at = place.address.wrapping_add(index * POINTER_BYTES as u64);
        let word = place.memory.get(at, POINTER_BYTES).map(|bytes| Fields(bytes).u64(0));
        (!std::mem::replace(&mut is_over, word.is_none())).then_some((at, word))
    })
}

/// Follows an array of pointers to its end.
fn want_pointers(place: Place<'_>, wants: &mut Wants<'_>) {
    let unread = memory_words(place).find(|(_, word)| word.is_none_or(|word| word == 0));
    if let Some((at, None)) = unread {
        // Up to the page's end: what follows may not be there.
        wants.bytes(at, (0x1000 - (at & 0xfff)) as usize);
    }
}

fn print_environment(place: Place<'_>) -> Option<Value> {
    let mut count = 0u64;
    for (_, word) in memory_words(place) {
        match word {
            Some(0) => break,
            Some(_) => count += 1,
            None if count == 0 => return Some(Value::Hex(place.address)),
            None => return Some(Value::Hex(place.address).commented(format!("{count} vars, unterminated"))),
        }
    }
    let unit = if count == 1 { "var" } else { "vars" };
    Some(Value::Hex(place.address).commented(format!("{count} {unit}")))
}
