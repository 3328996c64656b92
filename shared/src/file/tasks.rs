//! The columns of a task chunk.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, ListArray, PrimitiveArray, RecordBatch, StringArray};
use arrow_schema::ArrowError;

use super::events::{at, column, end_codes, end_from_codes, numbers};
use crate::event::{Change, Creation, Origin, TaskChange};
use crate::ids::{Pid, TaskUid, Tid};
use crate::units::TraceTime;

const STARTED: u8 = 0;
const EXECUTED: u8 = 1;
const RENAMED: u8 = 2;

const SPAWNED: u8 = 0;
const ATTACHED: u8 = 1;
const CREATIONS: [Creation; 4] = [Creation::Fork, Creation::Vfork, Creation::Clone, Creation::Thread];
const FIRST_CREATION: u8 = 2;

/// One row, flat: what a kind of change does not have is empty.
#[derive(Default)]
struct Row<'a> {
    kind: u8,
    tid: i32,
    process: i32,
    origin: u8,
    parent: Option<u32>,
    clone_flags: u64,
    name: &'a str,
    argv: &'a [String],
    cwd: &'a str,
    status: i32,
}

impl<'a> Row<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::Started { tid, process, origin, comm } => {
                let (origin, parent, clone_flags) = origin_codes(*origin);
                let (tid, process) = (tid.0, process.0);
                Self {
                    kind: STARTED,
                    tid,
                    process,
                    origin,
                    parent,
                    clone_flags,
                    name: comm,
                    ..Self::default()
                }
            }
            Change::Executed { tid, program, argv, cwd } => {
                Self { kind: EXECUTED, tid: tid.0, name: program, argv, cwd, ..Self::default() }
            }
            Change::Renamed { comm } => Self { kind: RENAMED, name: comm, ..Self::default() },
            Change::Ended(end) => {
                let (kind, status) = end_codes(*end);
                Self { kind, status, ..Self::default() }
            }
        }
    }
}

fn origin_codes(origin: Origin) -> (u8, Option<u32>, u64) {
    match origin {
        Origin::Spawned => (SPAWNED, None, 0),
        Origin::Attached => (ATTACHED, None, 0),
        Origin::Created { parent, by, clone_flags } => {
            let code = CREATIONS.iter().position(|creation| *creation == by).unwrap_or_default() as u8;
            (FIRST_CREATION + code, Some(parent.0), clone_flags)
        }
    }
}

pub(super) fn to_batch(changes: &[TaskChange]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<Row<'_>> = changes.iter().map(|change| Row::of(&change.change)).collect();
    let time: PrimitiveArray<UInt64Type> = changes.iter().map(|change| Some(change.time.0)).collect();
    let task: PrimitiveArray<UInt32Type> = changes.iter().map(|change| Some(change.task.0)).collect();
    let mut parent = PrimitiveBuilder::<UInt32Type>::new();
    let mut argv = ListBuilder::new(StringBuilder::new());
    for row in &rows {
        parent.append_option(row.parent);
        argv.append_value(row.argv.iter().map(Some));
    }
    let texts = |text: fn(&Row<'_>) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(text(row))).collect::<StringArray>())
    };
    let bytes = |number: fn(&Row<'_>) -> u8| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(number(row))).collect::<PrimitiveArray<UInt8Type>>())
    };
    let integers = |number: fn(&Row<'_>) -> i32| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(number(row))).collect::<PrimitiveArray<Int32Type>>())
    };
    let clone_flags: PrimitiveArray<UInt64Type> = rows.iter().map(|row| Some(row.clone_flags)).collect();
    let columns: [(&str, ArrayRef); 12] = [
        ("time", Arc::new(time)),
        ("task", Arc::new(task)),
        ("kind", bytes(|row| row.kind)),
        ("tid", integers(|row| row.tid)),
        ("process", integers(|row| row.process)),
        ("origin", bytes(|row| row.origin)),
        ("parent", Arc::new(parent.finish())),
        ("clone_flags", Arc::new(clone_flags)),
        ("name", texts(|row| row.name.to_owned())),
        ("argv", Arc::new(argv.finish())),
        ("cwd", texts(|row| row.cwd.to_owned())),
        ("status", integers(|row| row.status)),
    ];
    RecordBatch::try_from_iter(columns)
}

struct Columns<'a> {
    time: &'a PrimitiveArray<UInt64Type>,
    task: &'a PrimitiveArray<UInt32Type>,
    kind: &'a PrimitiveArray<UInt8Type>,
    tid: &'a PrimitiveArray<Int32Type>,
    process: &'a PrimitiveArray<Int32Type>,
    origin: &'a PrimitiveArray<UInt8Type>,
    parent: &'a PrimitiveArray<UInt32Type>,
    clone_flags: &'a PrimitiveArray<UInt64Type>,
    name: &'a StringArray,
    argv: &'a ListArray,
    cwd: &'a StringArray,
    status: &'a PrimitiveArray<Int32Type>,
}

pub(super) fn from_batch(batch: &RecordBatch) -> Result<Vec<TaskChange>, String> {
    let columns = Columns {
        time: numbers(batch, "time")?,
        task: numbers(batch, "task")?,
        kind: numbers(batch, "kind")?,
        tid: numbers(batch, "tid")?,
        process: numbers(batch, "process")?,
        origin: numbers(batch, "origin")?,
        parent: numbers(batch, "parent")?,
        clone_flags: numbers(batch, "clone_flags")?,
        name: texts(batch, "name")?,
        argv: column(batch, "argv")?.as_list_opt().ok_or("`argv` has another type")?,
        cwd: texts(batch, "cwd")?,
        status: numbers(batch, "status")?,
    };
    (0..batch.num_rows()).map(|row| columns.change(row)).collect()
}

impl Columns<'_> {
    fn change(&self, row: usize) -> Result<TaskChange, String> {
        let tid = Tid(self.tid.value(row));
        let name = || self.name.value(row).to_owned();
        let change = match self.kind.value(row) {
            STARTED => Change::Started {
                tid,
                process: Pid(self.process.value(row)),
                origin: self.origin(row)?,
                comm: name(),
            },
            EXECUTED => Change::Executed {
                tid,
                program: name(),
                argv: self.argv(row)?,
                cwd: self.cwd.value(row).to_owned(),
            },
            RENAMED => Change::Renamed { comm: name() },
            kind => Change::Ended(end_from_codes(kind, self.status.value(row))?),
        };
        Ok(TaskChange { task: TaskUid(self.task.value(row)), time: TraceTime(self.time.value(row)), change })
    }

    fn origin(&self, row: usize) -> Result<Origin, String> {
        match self.origin.value(row) {
            SPAWNED => Ok(Origin::Spawned),
            ATTACHED => Ok(Origin::Attached),
            code => {
                let by = CREATIONS.get(usize::from(code - FIRST_CREATION));
                let by = *by.ok_or_else(|| format!("there is no origin {code}"))?;
                let parent = TaskUid(at(self.parent, row).ok_or("a created task has no parent")?);
                Ok(Origin::Created { parent, by, clone_flags: self.clone_flags.value(row) })
            }
        }
    }

    fn argv(&self, row: usize) -> Result<Vec<String>, String> {
        let words = self.argv.value(row);
        let words = words.as_string_opt::<i32>().ok_or("`argv` has another type")?;
        Ok(words.iter().map(|word| word.unwrap_or_default().to_owned()).collect())
    }
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, String> {
    column(batch, name)?.as_string_opt().ok_or_else(|| format!("`{name}` has another type"))
}
