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

#[cfg(test)]
mod tests {
    use syscope_shared::event::Origin;
    use syscope_shared::ids::{Pid, Tid};
    use syscope_shared::units::{Nanos, TraceTime};

    use super::*;
    use crate::decode::{capture_entry, capture_exit};
    use crate::sys::memory::MOST_RANGE_BYTES;
    use crate::tracer::raw::{Call, Exit, Snapshot, TraceeMemory};

    /// A tracee that means harm: whatever is read of its memory, and however much of it, is arbitrary.
    struct Arbitrary(u64);

    impl Arbitrary {
        /// xorshift64*
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
        }

        /// A number of the kind that calls take: often small, sometimes an address, now and then at the end of the address space.
        fn number(&mut self) -> u64 {
            let any = self.next();
            match self.next() % 6 {
                0 => 0,
                1 => any % 8,
                2 => any % 4096,
                3 => u64::MAX - any % 16,
                4 => any,
                _ => 0x7000_0000_0000 + any % 0x1_0000,
            }
        }
    }

    impl TraceeMemory for Arbitrary {
        fn read_all(&mut self, ranges: &[(u64, usize)], into: &mut Snapshot) {
            for &(address, length) in ranges {
                let length = length.min(MOST_RANGE_BYTES);
                let readable =
                    if self.next().is_multiple_of(3) { self.next() as usize % (length + 1) } else { length };
                let bytes: Vec<u8> = (0..readable).map(|_| self.number() as u8).collect();
                into.push(address, &bytes);
            }
        }
    }

    #[test]
    fn no_call_however_odd_brings_the_recorder_down() {
        const ROUNDS: usize = 8;
        let mut tracee = Arbitrary(0x9e37_79b9_7f4a_7c15);
        let options = TraceOptions::default();
        let limits = limits_of(&options);
        let mut decoding = Decoding::new(&options, None);
        let at = |kind| RawEvent { task: TaskUid(0), time: TraceTime(0), kind };
        let (tid, process, comm) = (Tid(1), Pid(1), String::new());
        decoding.add(at(RawKind::Started { tid, process, origin: Origin::Spawned, comm }));
        for number in 0..512 {
            for _ in 0..ROUNDS {
                let args = std::array::from_fn(|_| tracee.number());
                let call = Call { id: SyscallId::x86_64(number), args, stack_pointer: tracee.number() };
                let ret = tracee.number() as i64;
                let exit = Exit { duration: Nanos(1), ret, is_error: (-4095..0).contains(&ret) };
                let at_entry = capture_entry(&call, &limits, &mut tracee);
                let at_exit = capture_exit(&call, &exit, &at_entry, &limits, &mut tracee);
                let raw = RawSyscall { call, at_entry, exit: Some(exit), at_exit, child: None };
                let unfinished = RawSyscall { exit: None, at_exit: Snapshot::default(), ..raw.clone() };
                for raw in [raw, unfinished] {
                    decoding.add(at(RawKind::Syscall(Box::new(raw))));
                }
            }
        }
        assert_eq!(decoding.events.len(), 512 * ROUNDS * 2);
    }
}
