//! From what the tracer captured to what the file holds, filtered by the session's options.
//!
//! Calls that were not asked for are dropped; what makes up the tree of tasks never is.

use std::collections::HashMap;

use syscope_shared::event::{Change, Event, EventKind, Syscall, TaskChange};
use syscope_shared::ids::TaskUid;
use syscope_shared::options::{StatusFilter, TraceOptions};
use syscope_shared::syscall::{SyscallId, TraceSet};

use crate::decode::{Decoded, FdTables, Limits, decode, signal_info};
use crate::tracer::raw::{RawEvent, RawKind, RawSyscall};

const RESTART_SYSCALL: SyscallId = SyscallId::x86_64(219);
/// The kernel's code for a call that goes on with a `restart_syscall` (`linux/errno.h`).
const ERESTART_RESTARTBLOCK: u16 = 516;

#[derive(Debug)]
pub struct Decoding {
    limits: Limits,
    calls: Option<TraceSet>,
    status: StatusFilter,
    fds: FdTables,
    /// The calls that were interrupted and go on as `restart_syscall`.
    to_be_resumed: HashMap<TaskUid, SyscallId>,
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
            to_be_resumed: HashMap::new(),
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
                self.to_be_resumed.remove(&task);
                self.changes.push(change(Change::Ended(end)));
                self.events.push(event(EventKind::Ended(end)));
            }
            RawKind::Stopped(signal) => self.events.push(event(EventKind::Stopped(signal))),
            RawKind::Signal { signal, siginfo } => {
                let info = signal_info(signal, &siginfo);
                self.events.push(event(EventKind::Signal { signal, info }));
            }
            RawKind::Syscall(call) => {
                if let Some(call) = self.follow(task, &call) {
                    self.events.push(event(EventKind::Syscall(call)));
                }
            }
        }
    }

    /// The calls of `raw` that were asked for.
    #[must_use]
    pub fn in_flight(&self, raw: Vec<RawEvent>) -> Vec<Event> {
        let event = |RawEvent { task, time, kind }| match kind {
            RawKind::Syscall(call) if self.is_asked_for(&call) => {
                let kind = EventKind::Syscall(self.selected(&call, self.decoded(task, &call))?);
                Some(Event { task, start: time, kind })
            }
            _ => None,
        };
        raw.into_iter().filter_map(event).collect()
    }

    /// A call that ended: what it did to descriptors is kept even if the call is not.
    fn follow(&mut self, task: TaskUid, raw: &RawSyscall) -> Option<Syscall> {
        let is_asked_for = self.is_asked_for(raw);
        if !is_asked_for && !FdTables::is_changed_by(raw.call.id) {
            return None;
        }
        let decoded = self.decoded(task, raw);
        if decoded.errno == Some(ERESTART_RESTARTBLOCK) {
            self.to_be_resumed.insert(task, raw.call.id);
        }
        self.fds.apply(task, raw, &decoded);
        if is_asked_for { self.selected(raw, decoded) } else { None }
    }

    /// `restart_syscall` has no arguments; strace shows what it goes on with.
    fn resumed_args(&self, task: TaskUid) -> String {
        match self.to_be_resumed.get(&task) {
            Some(call) => format!("<... resuming interrupted {} ...>", call.name()),
            // It was interrupted before the trace began.
            None => "<... resuming interrupted system call ...>".to_owned(),
        }
    }

    fn decoded(&self, task: TaskUid, raw: &RawSyscall) -> Decoded {
        let mut decoded = decode(raw, &self.limits);
        self.fds.name(task, raw, &mut decoded);
        if raw.call.id == RESTART_SYSCALL {
            decoded.args = self.resumed_args(task);
            decoded.args_at_entry_bytes = decoded.args.len() as u32;
        }
        decoded
    }

    fn is_asked_for(&self, raw: &RawSyscall) -> bool {
        self.calls.as_ref().is_none_or(|calls| calls.contains(raw.call.id))
    }

    fn selected(&self, raw: &RawSyscall, decoded: Decoded) -> Option<Syscall> {
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
