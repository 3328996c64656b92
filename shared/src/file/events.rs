//! The columns of an event chunk.

use std::sync::Arc;

use arrow_array::builder::{PrimitiveBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch, StringArray};
use arrow_schema::ArrowError;

use crate::event::{End, Event, EventKind, Syscall};
use crate::ids::{Fd, Signal, TaskUid, Tid};
use crate::syscall::{Abi, SyscallId};
use crate::units::{Nanos, TraceTime};

const SYSCALL: u8 = 0;
const SIGNAL: u8 = 1;
const STOPPED: u8 = 2;

/// An end as the columns `kind` and `number` (or `status`) hold it.
pub(super) fn end_codes(end: End) -> (u8, i32) {
    match end {
        End::Exited(status) => (3, i32::from(status)),
        End::Killed { signal, core_dumped: false } => (4, signal.0),
        End::Killed { signal, core_dumped: true } => (5, signal.0),
        End::Superseded { by } => (6, by.0),
        End::Detached => (7, 0),
    }
}

pub(super) fn end_from_codes(kind: u8, number: i32) -> Result<End, String> {
    Ok(match kind {
        3 => End::Exited(u8::try_from(number).map_err(|_| format!("{number} is no exit status"))?),
        4 | 5 => End::Killed { signal: Signal(number), core_dumped: kind == 5 },
        6 => End::Superseded { by: Tid(number) },
        7 => End::Detached,
        other => return Err(format!("there is no kind {other}")),
    })
}

#[derive(Default)]
struct Builders {
    start: PrimitiveBuilder<UInt64Type>,
    duration: PrimitiveBuilder<UInt64Type>,
    task: PrimitiveBuilder<UInt32Type>,
    kind: PrimitiveBuilder<UInt8Type>,
    abi: PrimitiveBuilder<UInt8Type>,
    number: PrimitiveBuilder<UInt32Type>,
    args: StringDictionaryBuilder<Int32Type>,
    args_at_entry_bytes: PrimitiveBuilder<UInt32Type>,
    result: StringDictionaryBuilder<Int32Type>,
    ret: PrimitiveBuilder<Int64Type>,
    errno: PrimitiveBuilder<UInt16Type>,
    fd: PrimitiveBuilder<Int32Type>,
    path: StringDictionaryBuilder<Int32Type>,
    bytes: PrimitiveBuilder<UInt64Type>,
    child: PrimitiveBuilder<UInt32Type>,
}

impl Builders {
    fn push(&mut self, event: &Event) {
        self.start.append_value(event.start.0);
        self.task.append_value(event.task.0);
        match &event.kind {
            EventKind::Syscall(call) => self.push_call(call),
            EventKind::Signal { signal, info } => self.push_other(SIGNAL, signal.0, info),
            EventKind::Stopped(signal) => self.push_other(STOPPED, signal.0, ""),
            EventKind::Ended(end) => {
                let (kind, number) = end_codes(*end);
                self.push_other(kind, number, "");
            }
        }
    }

    fn push_call(&mut self, call: &Syscall) {
        self.kind.append_value(SYSCALL);
        self.duration.append_option(call.duration.map(|duration| duration.0));
        self.abi.append_value(match call.id.abi {
            Abi::X86_64 => 0,
            Abi::I386 => 1,
            Abi::X32 => 2,
        });
        self.number.append_value(call.id.number);
        self.args.append_value(&call.args);
        self.args_at_entry_bytes.append_value(call.args_at_entry_bytes);
        self.result.append_value(&call.result);
        self.ret.append_value(call.ret);
        self.errno.append_option(call.errno);
        self.fd.append_option(call.fd.map(|fd| fd.0));
        self.path.append_option(call.path.as_deref());
        self.bytes.append_option(call.bytes);
        self.child.append_option(call.child.map(|child| child.0));
    }

    fn push_other(&mut self, kind: u8, number: i32, text: &str) {
        self.kind.append_value(kind);
        self.duration.append_null();
        self.abi.append_value(0);
        self.number.append_value(number as u32);
        self.args.append_value(text);
        self.args_at_entry_bytes.append_value(0);
        self.result.append_value("");
        self.ret.append_value(0);
        self.errno.append_null();
        self.fd.append_null();
        self.path.append_null();
        self.bytes.append_null();
        self.child.append_null();
    }
}

pub(super) fn to_batch(events: &[Event]) -> Result<RecordBatch, ArrowError> {
    let mut rows = Builders::default();
    for event in events {
        rows.push(event);
    }
    let columns: [(&str, ArrayRef); 15] = [
        ("start", Arc::new(rows.start.finish())),
        ("duration", Arc::new(rows.duration.finish())),
        ("task", Arc::new(rows.task.finish())),
        ("kind", Arc::new(rows.kind.finish())),
        ("abi", Arc::new(rows.abi.finish())),
        ("number", Arc::new(rows.number.finish())),
        ("args", Arc::new(rows.args.finish())),
        ("args_at_entry_bytes", Arc::new(rows.args_at_entry_bytes.finish())),
        ("result", Arc::new(rows.result.finish())),
        ("ret", Arc::new(rows.ret.finish())),
        ("errno", Arc::new(rows.errno.finish())),
        ("fd", Arc::new(rows.fd.finish())),
        ("path", Arc::new(rows.path.finish())),
        ("bytes", Arc::new(rows.bytes.finish())),
        ("child", Arc::new(rows.child.finish())),
    ];
    RecordBatch::try_from_iter(columns)
}

/// The columns of one batch, each of the type that it must have.
struct Columns<'a> {
    start: &'a PrimitiveArray<UInt64Type>,
    duration: &'a PrimitiveArray<UInt64Type>,
    task: &'a PrimitiveArray<UInt32Type>,
    kind: &'a PrimitiveArray<UInt8Type>,
    abi: &'a PrimitiveArray<UInt8Type>,
    number: &'a PrimitiveArray<UInt32Type>,
    args: Texts<'a>,
    args_at_entry_bytes: &'a PrimitiveArray<UInt32Type>,
    result: Texts<'a>,
    ret: &'a PrimitiveArray<Int64Type>,
    errno: &'a PrimitiveArray<UInt16Type>,
    fd: &'a PrimitiveArray<Int32Type>,
    path: Texts<'a>,
    bytes: &'a PrimitiveArray<UInt64Type>,
    child: &'a PrimitiveArray<UInt32Type>,
}

pub(super) fn from_batch(batch: &RecordBatch) -> Result<Vec<Event>, String> {
    let columns = Columns {
        start: numbers(batch, "start")?,
        duration: numbers(batch, "duration")?,
        task: numbers(batch, "task")?,
        kind: numbers(batch, "kind")?,
        abi: numbers(batch, "abi")?,
        number: numbers(batch, "number")?,
        args: Texts::of(batch, "args")?,
        args_at_entry_bytes: numbers(batch, "args_at_entry_bytes")?,
        result: Texts::of(batch, "result")?,
        ret: numbers(batch, "ret")?,
        errno: numbers(batch, "errno")?,
        fd: numbers(batch, "fd")?,
        path: Texts::of(batch, "path")?,
        bytes: numbers(batch, "bytes")?,
        child: numbers(batch, "child")?,
    };
    (0..batch.num_rows()).map(|row| columns.event(row)).collect()
}

impl Columns<'_> {
    fn event(&self, row: usize) -> Result<Event, String> {
        let number = self.number.value(row);
        let kind = match self.kind.value(row) {
            SYSCALL => EventKind::Syscall(self.call(row)?),
            SIGNAL => EventKind::Signal {
                signal: Signal(number as i32),
                info: self.args.get(row).unwrap_or_default().to_owned(),
            },
            STOPPED => EventKind::Stopped(Signal(number as i32)),
            kind => EventKind::Ended(end_from_codes(kind, number as i32)?),
        };
        Ok(Event { task: TaskUid(self.task.value(row)), start: TraceTime(self.start.value(row)), kind })
    }

    fn call(&self, row: usize) -> Result<Syscall, String> {
        let abi = match self.abi.value(row) {
            0 => Abi::X86_64,
            1 => Abi::I386,
            2 => Abi::X32,
            other => return Err(format!("there is no ABI {other}")),
        };
        let args = self.args.get(row).unwrap_or_default();
        let args_at_entry_bytes = self.args_at_entry_bytes.value(row);
        if !args.is_char_boundary(args_at_entry_bytes as usize) {
            return Err(format!("arguments of {} bytes are cut at {args_at_entry_bytes}", args.len()));
        }
        Ok(Syscall {
            id: SyscallId { abi, number: self.number.value(row) },
            duration: at(self.duration, row).map(Nanos),
            args: args.to_owned(),
            args_at_entry_bytes,
            result: self.result.get(row).unwrap_or_default().to_owned(),
            ret: self.ret.value(row),
            errno: at(self.errno, row),
            fd: at(self.fd, row).map(Fd),
            path: self.path.get(row).map(str::to_owned),
            bytes: at(self.bytes, row),
            child: at(self.child, row).map(TaskUid),
        })
    }
}

/// A dictionary-coded text column.
struct Texts<'a> {
    keys: &'a PrimitiveArray<Int32Type>,
    values: &'a StringArray,
}

impl<'a> Texts<'a> {
    fn of(batch: &'a RecordBatch, name: &str) -> Result<Self, String> {
        let another_type = || format!("`{name}` has another type");
        let column = column(batch, name)?.as_dictionary_opt::<Int32Type>().ok_or_else(another_type)?;
        let values = column.values().as_string_opt().ok_or_else(another_type)?;
        Ok(Self { keys: column.keys(), values })
    }

    fn get(&self, row: usize) -> Option<&'a str> {
        let key = usize::try_from(at(self.keys, row)?).ok()?;
        (key < self.values.len()).then(|| self.values.value(key))
    }
}

pub(super) fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, String> {
    batch.column_by_name(name).ok_or_else(|| format!("the column `{name}` is missing"))
}

pub(super) fn numbers<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<T>, String> {
    column(batch, name)?.as_primitive_opt().ok_or_else(|| format!("`{name}` has another type"))
}

/// The value in a row; `None` where it is null.
pub(super) fn at<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    column.is_valid(row).then(|| column.value(row))
}
