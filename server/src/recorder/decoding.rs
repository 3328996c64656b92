//! From what the tracer captured to what the file holds, filtered by the session's options.
//!
//! Calls that were not asked for are dropped; what makes up the tree of tasks never is.

use syscope_shared::event::{Change, Event, EventKind, Syscall, TaskChange};
use syscope_shared::options::{StatusFilter, TraceOptions};
use syscope_shared::syscall::TraceSet;

use crate::decode::{Decoded, FdTables, Limits, decode, signal_info};
use crate::tracer::raw::{RawEvent, RawKind, RawSyscall};

#[derive(Debug)]
pub struct Decoding {
    limits: Limits,
    calls: Option<TraceSet>,
    status: StatusFilter,
    fds: FdTables,
    pub events: Vec<Event>,
    pub changes: Vec<TaskChange>,
}

impl Decoding {
    /// `calls` is the parsed form of `options.trace`.
    #[must_use]
    pub fn new(options: &TraceOptions, calls: Option<TraceSet>) -> Self {
        Self {
            limits: limits_of(options),
            calls,
            status: options.status,
            fds: FdTables::default(),
            events: Vec::new(),
            changes: Vec::new(),
        }
    }

    pub fn add(&mut self, raw: RawEvent) {
        let RawEvent { task, time, kind } = raw;
        let change = |change| TaskChange { task, time, change };
        let event = |kind| Event { task, start: time, kind };
        match kind {
            RawKind::Started { tid, process, origin, comm } => {
                self.fds.started(task, process, origin);
                self.changes.push(change(Change::Started { tid, process, origin, comm }));
            }
            RawKind::Executed { tid, program, argv, cwd } => {
                self.fds.executed(task);
                self.changes.push(change(Change::Executed { tid, program, argv, cwd }));
            }
            RawKind::OpenFiles { process, files } => {
                for (fd, name) in files {
                    self.fds.seed(process, fd, &name);
                }
            }
            RawKind::Renamed { comm } => self.changes.push(change(Change::Renamed { comm })),
            RawKind::Ended(end) => {
                self.fds.ended(task);
                self.changes.push(change(Change::Ended(end)));
                self.events.push(event(EventKind::Ended(end)));
            }
            RawKind::Stopped(signal) => self.events.push(event(EventKind::Stopped(signal))),
            RawKind::Signal { signal, siginfo } => {
                let info = signal_info(signal, &siginfo);
                self.events.push(event(EventKind::Signal { signal, info }));
            }
            RawKind::Syscall(call) => {
                // A call that is not asked for may still have opened or closed what others are named by.
                let mut decoded = decode(&call, &self.limits);
                self.fds.name(task, &call, &mut decoded);
                self.fds.apply(task, &call, &decoded);
                if let Some(call) = self.selected(&call, decoded) {
                    self.events.push(event(EventKind::Syscall(call)));
                }
            }
        }
    }

    /// The calls of `raw` that were asked for.
    #[must_use]
    pub fn in_flight(&self, raw: Vec<RawEvent>) -> Vec<Event> {
        let event = |RawEvent { task, time, kind }| match kind {
            RawKind::Syscall(call) => {
                let mut decoded = decode(&call, &self.limits);
                self.fds.name(task, &call, &mut decoded);
                let kind = EventKind::Syscall(self.selected(&call, decoded)?);
                Some(Event { task, start: time, kind })
            }
            _ => None,
        };
        raw.into_iter().filter_map(event).collect()
    }

    fn selected(&self, raw: &RawSyscall, decoded: Decoded) -> Option<Syscall> {
        if self.calls.as_ref().is_some_and(|calls| !calls.contains(raw.call.id)) {
            return None;
        }
        let call = syscall_of(raw, decoded);
        let is_wanted = match self.status {
            StatusFilter::Any => true,
            StatusFilter::Successful => call.duration.is_some() && !call.is_error(),
            StatusFilter::Failed => call.is_error(),
        };
        is_wanted.then_some(call)
    }
}

/// What the options say about how much of the arguments to keep.
#[must_use]
pub fn limits_of(options: &TraceOptions) -> Limits {
    Limits { string_bytes: options.string_limit as usize }
}

fn syscall_of(raw: &RawSyscall, decoded: Decoded) -> Syscall {
    Syscall {
        id: raw.call.id,
        duration: raw.exit.map(|exit| exit.duration),
        args: decoded.args,
        args_at_entry_bytes: decoded.args_at_entry_bytes,
        result: decoded.result,
        ret: decoded.ret,
        errno: decoded.errno,
        fd: decoded.fd,
        path: decoded.path,
        bytes: decoded.bytes,
        child: raw.child,
    }
}
