//! From registers and bytes to strace's text.
//!
//! Two halves share one table of calls ([`row`]). Capture ([`capture_entry`], [`capture_exit`]) runs on the tracer thread while the
//! tracee is stopped: it reads what of the tracee's memory a call's arguments name, and formats nothing. [`decode`] runs on another
//! thread and makes text and columns of what was captured, from that alone: it knows no tracee.
//!
//! A call is one [`row::Row`]: its name, its arguments as data, what kind of result it has. What an argument kind reads and how it
//! prints stand beside each other ([`arg`], and for structs the file of their family), so that adding a call means adding a row to
//! its family's `ROWS`, and at worst a struct's layout. The text is that of strace 6.1 at its default options; the differential
//! tests hold it to that.
//!
//! To add a decoder: look at what `strace` prints for the call, successful, failed and interrupted; add its row to the `ROWS` of its
//! family, with the kinds of [`arg::Arg`] in the kernel's order; for a struct that no other call has, a [`arg::Pointee`] beside the
//! row, and for constants a table with [`names::names`], in the order in which strace prints them; add a line to the family's tests.
//!
//! ptrace, sockets and files are unknown here.

mod arg;
mod capture;
mod family;
mod fd_table;
mod memory;
mod names;
mod outcome;
mod row;
mod siginfo;
#[cfg(test)]
mod tests;
mod view;

use syscope_shared::ids::Fd;
use syscope_shared::value::Value;

use crate::tracer::raw::RawSyscall;

pub use capture::{capture_entry, capture_exit};
pub use fd_table::FdTables;
pub use memory::captured_string;
pub use siginfo::signal_info;

/// How much of what arguments name is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a string or a buffer, and the most items of an array (`-s`). Paths are kept whole.
    pub string_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { string_bytes: 32 }
    }
}

/// What decoding makes of a call: the fields of `shared::event::Syscall` of the same names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub args: String,
    pub args_at_entry_bytes: u32,
    pub result: String,
    pub ret: i64,
    pub errno: Option<u16>,
    pub fd: Option<Fd>,
    pub path: Option<String>,
    pub bytes: Option<u64>,
}

/// Makes text and columns of a captured call. Of a call that did not return, `args` is what strace prints at its entry.
#[must_use]
pub fn decode(raw: &RawSyscall, limits: &Limits) -> Decoded {
    let view = view::View::of_call(raw, limits);
    let Some(row) = row::find(raw.call.id) else {
        return undescribed(&view);
    };
    let printed = arg::print_all(row, &view);
    let outcome = outcome::of(&view, row);
    Decoded {
        args_at_entry_bytes: printed.at_entry_bytes as u32,
        args: printed.text,
        fd: row.fd_column(&view),
        path: row.path_column(&view),
        bytes: row.bytes_column(&view),
        result: outcome.result,
        ret: outcome.ret,
        errno: outcome.errno,
    }
}

/// A call that the table does not have: six arguments in hexadecimal.
fn undescribed(view: &view::View<'_>) -> Decoded {
    let args: Vec<Value> = view.call.args.iter().map(|&arg| Value::hex(arg)).collect();
    let args = syscope_shared::value::print_args(&args);
    let outcome = outcome::of(view, &row::UNDESCRIBED);
    Decoded {
        args_at_entry_bytes: args.len() as u32,
        args,
        result: outcome.result,
        ret: outcome.ret,
        errno: outcome.errno,
        ..Decoded::default()
    }
}
