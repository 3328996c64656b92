//! Events as columns.

use super::texts::{TextId, Texts};
use crate::event::{End, Event, EventKind, Syscall};
use crate::ids::{EventId, Fd, Signal, TaskUid};
use crate::syscall::{Class, SyscallId};
use crate::units::{Nanos, TraceTime};

/// One event of the store.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    pub id: EventId,
    pub task: TaskUid,
    pub start: TraceTime,
    /// Of a call that returned.
    pub duration: Option<Nanos>,
    pub kind: ViewKind<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum ViewKind<'a> {
    Syscall {
        id: SyscallId,
        args: &'a str,
        args_at_entry_bytes: u32,
        result: &'a str,
        ret: i64,
        errno: Option<u16>,
        fd: Option<Fd>,
        path: Option<&'a str>,
        bytes: Option<u64>,
        child: Option<TaskUid>,
    },
    Signal {
        signal: Signal,
        info: &'a str,
    },
    Stopped(Signal),
    Ended(End),
}

impl EventView<'_> {
    #[must_use]
    pub fn syscall(&self) -> Option<SyscallId> {
        match self.kind {
            ViewKind::Syscall { id, .. } => Some(id),
            _ => None,
        }
    }

    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.syscall().map(SyscallId::class)
    }

    /// Whether it is a call that returned an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.kind, ViewKind::Syscall { errno: Some(_), .. })
    }

    /// Whether the event's strace text contains `text`, ASCII letter case ignored.
    #[must_use]
    pub fn contains_text(&self, text: &str) -> bool {
        match self.kind {
            ViewKind::Syscall { id, args, result, .. } => {
                contains(args, text) || contains(result, text) || contains(&id.name(), text)
            }
            _ => contains(&self.line().unwrap_or_default(), text),
        }
    }

    /// The strace line of what is no call: `--- SIGCHLD {…} ---`, `+++ exited with 0 +++`.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        Some(match self.kind {
            ViewKind::Syscall { .. } => return None,
            ViewKind::Signal { signal, info } => format!("--- {signal} {info} ---"),
            ViewKind::Stopped(signal) => format!("--- stopped by {signal} ---"),
            ViewKind::Ended(End::Exited(status)) => format!("+++ exited with {status} +++"),
            ViewKind::Ended(End::Killed { signal, core_dumped }) => {
                format!("+++ killed by {signal}{} +++", if core_dumped { " (core dumped)" } else { "" })
            }
            ViewKind::Ended(End::Superseded { by }) => {
                format!("+++ superseded by execve in pid {} +++", by.0)
            }
            ViewKind::Ended(End::Detached) => "+++ detached +++".to_owned(),
        })
    }
}

fn contains(haystack: &str, needle: &str) -> bool {
    let (haystack, needle) = (haystack.as_bytes(), needle.as_bytes());
    needle.is_empty() || haystack.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

/// In `duration`: no duration, for a call that never returned and what is no call.
const NO_DURATION: u64 = u64::MAX;

/// The columns that every event has, and an index into those that only calls have.
#[derive(Debug, Default)]
pub(super) struct Columns {
    start: Vec<TraceTime>,
    duration: Vec<u64>,
    task: Vec<TaskUid>,
    kind: Vec<Kind>,
    calls: Vec<Call>,
    texts: Texts,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Index into `calls`.
    Call(u32),
    Signal(Signal, TextId),
    Stopped(Signal),
    Ended(End),
}

/// A call's own columns, packed.
#[derive(Clone, Copy, Debug)]
struct Call {
    ret: i64,
    bytes: Option<u64>,
    id: SyscallId,
    args: TextId,
    args_at_entry_bytes: u32,
    result: TextId,
    errno: Option<u16>,
    fd: Option<Fd>,
    path: Option<TextId>,
    child: Option<TaskUid>,
}

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.start.len()
    }

    pub(super) fn start(&self, id: EventId) -> TraceTime {
        self.start[id.index()]
    }

    pub(super) fn is_call(&self, id: EventId) -> bool {
        matches!(self.kind[id.index()], Kind::Call(_))
    }

    pub(super) fn push(&mut self, event: &Event) -> EventId {
        let id = EventId(self.len() as u32);
        let (kind, duration) = match &event.kind {
            EventKind::Syscall(call) => (self.push_call(call), call.duration),
            EventKind::Signal { signal, info } => (Kind::Signal(*signal, self.texts.intern(info)), None),
            EventKind::Stopped(signal) => (Kind::Stopped(*signal), None),
            EventKind::Ended(end) => (Kind::Ended(*end), None),
        };
        self.start.push(event.start);
        self.duration.push(duration.map_or(NO_DURATION, |duration| duration.0));
        self.task.push(event.task);
        self.kind.push(kind);
        id
    }

    fn push_call(&mut self, call: &Syscall) -> Kind {
        let index = self.calls.len() as u32;
        self.calls.push(Call {
            ret: call.ret,
            bytes: call.bytes,
            id: call.id,
            args: self.texts.intern(&call.args),
            args_at_entry_bytes: call.args_at_entry_bytes,
            result: self.texts.intern(&call.result),
            errno: call.errno,
            fd: call.fd,
            path: call.path.as_deref().map(|path| self.texts.intern(path)),
            child: call.child,
        });
        Kind::Call(index)
    }

    pub(super) fn view(&self, id: EventId) -> EventView<'_> {
        let index = id.index();
        let duration = self.duration[index];
        EventView {
            id,
            task: self.task[index],
            start: self.start[index],
            duration: (duration != NO_DURATION).then_some(Nanos(duration)),
            kind: match self.kind[index] {
                Kind::Call(call) => self.view_call(&self.calls[call as usize]),
                Kind::Signal(signal, info) => ViewKind::Signal { signal, info: self.texts.get(info) },
                Kind::Stopped(signal) => ViewKind::Stopped(signal),
                Kind::Ended(end) => ViewKind::Ended(end),
            },
        }
    }

    fn view_call(&self, call: &Call) -> ViewKind<'_> {
        ViewKind::Syscall {
            id: call.id,
            args: self.texts.get(call.args),
            args_at_entry_bytes: call.args_at_entry_bytes,
            result: self.texts.get(call.result),
            ret: call.ret,
            errno: call.errno,
            fd: call.fd,
            path: call.path.map(|path| self.texts.get(path)),
            bytes: call.bytes,
            child: call.child,
        }
    }
}
