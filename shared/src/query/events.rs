//! The list of events as strace text, and everything about one of them.

use serde::{Deserialize, Serialize};

use super::Filter;
use crate::errno;
use crate::ids::{EventId, Fd, Pid, TaskUid, Tid};
use crate::store::{EventView, Store, ViewKind};
use crate::syscall::{Class, SyscallId};
use crate::units::{Nanos, TimeRange, TraceTime};
use crate::value::{self, Value};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsAnswer {
    /// Events in the range that the filter admits.
    pub total: u64,
    /// The row number of the first of `rows`.
    pub offset: u64,
    /// By start time.
    pub rows: Vec<EventRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: EventId,
    pub task: TaskUid,
    pub tid: Tid,
    pub start: TraceTime,
    /// `None` for what is no call, and for a call that never returned.
    pub duration: Option<Nanos>,
    pub kind: RowKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowKind {
    Syscall {
        syscall: SyscallId,
        name: String,
        class: Class,
        /// What stands between the parentheses.
        args: String,
        /// What stands after `= `.
        result: String,
        is_error: bool,
    },
    /// Any other line, whole: `--- SIGCHLD {…} ---`, `+++ exited with 0 +++`.
    Line(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetail {
    pub row: EventRow,
    pub process: Pid,
    pub comm: String,
    pub fd: Option<Fd>,
    /// The path or peer that the call names or its fd stands for.
    pub path: Option<String>,
    pub bytes: Option<u64>,
    pub child: Option<TaskUid>,
    /// The error's name and meaning: `ENOENT`, `No such file or directory`.
    pub errno: Option<(String, String)>,
    /// The arguments as trees; empty when the text could not be parsed back, which `args` still shows whole.
    pub args: Vec<Value>,
}

pub(super) fn events(
    store: &Store,
    range: TimeRange,
    filter: &Filter,
    offset: u64,
    limit: u32,
) -> EventsAnswer {
    let all = store.starting_in(range);
    let (skip, take) = (usize::try_from(offset).unwrap_or(usize::MAX), limit as usize);
    if filter.is_empty() {
        let total = all.len() as u64;
        let rows = all.skip(skip).take(take).map(|event| row(store, &event)).collect();
        return EventsAnswer { total, offset, rows };
    }
    let mut total = 0;
    let mut rows = Vec::new();
    for event in all.filter(|event| filter.admits(store, event)) {
        if total >= skip && rows.len() < take {
            rows.push(row(store, &event));
        }
        total += 1;
    }
    EventsAnswer { total: total as u64, offset, rows }
}

pub(super) fn detail(store: &Store, id: EventId) -> Option<EventDetail> {
    let event = store.event(id)?;
    let task = store.task(event.task);
    let mut detail = EventDetail {
        row: row(store, &event),
        process: task.map_or(Pid(0), |task| task.process),
        comm: task.map_or_else(String::new, |task| task.comm.clone()),
        fd: None,
        path: None,
        bytes: None,
        child: None,
        errno: None,
        args: Vec::new(),
    };
    if let ViewKind::Syscall { fd, path, bytes, child, errno, args, .. } = event.kind {
        detail.errno = errno.map(errno_words);
        detail.args = value::parse_args(args).unwrap_or_default();
        detail.fd = fd;
        detail.path = path.map(str::to_owned);
        detail.bytes = bytes;
        detail.child = child;
    }
    Some(detail)
}

/// An error's name and meaning; its number where it has no name.
fn errno_words(number: u16) -> (String, String) {
    (errno::name_or_number(number), errno::message(number).unwrap_or("unknown error").to_owned())
}

fn row(store: &Store, event: &EventView<'_>) -> EventRow {
    let kind = match event.kind {
        ViewKind::Syscall { id, args, result, .. } => RowKind::Syscall {
            syscall: id,
            name: id.name().into_owned(),
            class: id.class(),
            args: args.to_owned(),
            result: result.to_owned(),
            is_error: event.is_error(),
        },
        _ => RowKind::Line(event.line().unwrap_or_default()),
    };
    EventRow {
        id: event.id,
        task: event.task,
        tid: store.task(event.task).map_or(Tid(0), |task| task.tid),
        start: event.start,
        duration: event.duration,
        kind,
    }
}
