//! The tracer thread: waits, reads what would be gone after the stop, and does what [`Core`] decides.
//!
//! There is one wait site, [`Tracer::round`]. It collects every tracee that has stopped before it resumes the first, because the kernel
//! always reports the first of its list: a thread that makes calls without pause would else keep the others waiting for ever.
//! Signal-delivery stops are the exception: they are only peeked at and resumed at once (see [`wait::peek`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal as NixSignal, kill};
use nix::unistd::Pid as NixPid;
use syscope_shared::event::End;
use syscope_shared::ids::{Pid, TaskUid, Tid};
use syscope_shared::units::{Nanos, TraceTime};

use super::attach::attach;
use super::clock::Clock;
use super::core::Core;
use super::orders::{Order, Orders, TICK};
use super::raw::{RawEvent, RawKind};
use super::refusal::UidPolicy;
use super::run::{Job, JobTarget, Outcome, Report, TracerError};
use super::stop::{Step, Stop, StopKind};
use super::{look, procfs};
use crate::decode::Limits;
use crate::sys::memory::Reader;
use crate::sys::ptrace::{self, Follow, OnTracerDeath};
use crate::sys::spawn::{Launch, LaunchError, Released, spawn};
use crate::sys::wait::{self, Patience, Peeked, Status};

/// Events are handed on in batches: a wake-up of the receiver for each would cost more than the event.
const BATCH_EVENTS: usize = 128;

/// Signal stops that one round handles before it looks after every other task.
const MOST_SIGNALS_A_ROUND: usize = 16;

/// How long a call must last to be reported before it returns.
const IN_FLIGHT_AFTER: Nanos = Nanos(TICK.as_nanos() as u64);

/// How long a command that was told to end has for it, and attached tasks to be let go.
const GRACE: Duration = Duration::from_secs(2);

/// A tracer on its thread.
pub(super) struct Tracer {
    core: Core,
    reader: Reader,
    limits: Limits,
    clock: Clock,
    orders: Arc<Orders>,
    pub(super) report: Box<dyn FnMut(Report)>,
    root: Option<Root>,
    /// Something has happened since the calls in flight were last reported.
    is_in_flight_stale: bool,
    reported_in_flight: Vec<(TaskUid, TraceTime)>,
    deadline: Option<Deadline>,
    is_detached: bool,
}

/// The spawned command.
struct Root {
    tid: Tid,
    /// Until it has executed.
    released: Option<Released>,
    end: Option<End>,
    is_watched_to_the_end: bool,
}

#[derive(Clone, Copy)]
enum Deadline {
    Kill(Instant),
    GiveUp(Instant),
}

impl Tracer {
    /// Seizes the job's target.
    pub(super) fn begin(
        job: Job,
        orders: Arc<Orders>,
        report: Box<dyn FnMut(Report)>,
    ) -> Result<Self, TracerError> {
        orders.belong_to_this_thread();
        let mut tracer = Self {
            core: Core::default(),
            reader: Reader::default(),
            limits: job.limits,
            clock: job.clock,
            orders,
            report,
            root: None,
            is_in_flight_stale: true,
            reported_in_flight: Vec::new(),
            deadline: None,
            is_detached: false,
        };
        match job.target {
            JobTarget::Spawn(launch, comm) => tracer.spawn(&launch, comm, job.follow)?,
            JobTarget::Attach(processes, uids) => tracer.attach(&processes, uids, job.follow)?,
        }
        Ok(tracer)
    }

    fn spawn(&mut self, launch: &Launch, comm: String, follow: Follow) -> Result<(), TracerError> {
        let held = spawn(launch).map_err(TracerError::Fork)?;
        let tid = held.tid;
        // A child that cannot be seized sees the gate's end and goes.
        ptrace::seize(tid, follow, OnTracerDeath::Kill).map_err(TracerError::Seize)?;
        // The interrupt is pending before the gate opens, so that the child cannot get past its read unseen.
        let _ = ptrace::interrupt(tid);
        self.core.add_spawned(tid, comm, self.clock.now());
        let released = Some(held.release());
        self.root = Some(Root { tid, released, end: None, is_watched_to_the_end: false });
        Ok(())
    }

    fn attach(&mut self, processes: &[Pid], uids: UidPolicy, follow: Follow) -> Result<(), TracerError> {
        // A refusal ends this thread, and with it the kernel lets go of those that were seized before.
        for &process in processes {
            for thread in attach(process, follow, uids)? {
                if !self.core.knows(thread.tid) {
                    self.core.add_attached(thread.tid, thread.process, thread.comm, self.clock.now());
                }
            }
            let leader = Tid(process.0);
            self.core.report_open_files(leader, self.clock.now(), procfs::open_files(leader));
        }
        Ok(())
    }

    /// Traces until nothing is left to trace.
    pub(super) fn run(&mut self) -> Result<Outcome, TracerError> {
        loop {
            self.take_orders();
            if self.is_detached && self.core.task_count() == 0 {
                break;
            }
            let is_quiet =
                !self.is_in_flight_stale && self.core.pending_events() == 0 && self.deadline.is_none();
            self.orders.set_quiet(is_quiet);
            if !self.round()? {
                break;
            }
            if let Some(error) = self.launch_failure() {
                return Err(error.into());
            }
        }
        self.core.abandon(self.clock.now());
        self.hand_on();
        self.is_in_flight_stale = true;
        self.report_in_flight();
        self.watch_to_the_end();
        let command = self.root.as_ref().and_then(|root| root.end);
        Ok(Outcome { command, is_detached: self.is_detached })
    }

    /// Waits until something stops, and handles everything that has. Answers whether there is anything left to trace.
    fn round(&mut self) -> Result<bool, TracerError> {
        let (tid, status) = match wait::peek(Patience::Block).map_err(TracerError::Wait)? {
            Peeked::Found(tid, status) => (tid, status),
            Peeked::NoTracees => return Ok(false),
            Peeked::Interrupted | Peeked::Nothing => return Ok(true),
        };
        self.is_in_flight_stale = true;
        if status == Status::SyscallStop && self.core.task_count() == 1 && self.core.knows(tid) {
            self.handle(tid, status, self.clock.now());
        } else {
            self.handle_all(tid, status)?;
        }
        if self.core.pending_events() >= BATCH_EVENTS {
            self.hand_on();
        }
        Ok(true)
    }

    fn handle_all(&mut self, tid: Tid, status: Status) -> Result<(), TracerError> {
        let mut stops = Vec::new();
        let mut signals = 0;
        let mut found = Peeked::Found(tid, status);
        while let Peeked::Found(tid, status) = found {
            signals += usize::from(self.collect(tid, status, &mut stops));
            if signals > MOST_SIGNALS_A_ROUND {
                let others: Vec<Tid> = self.core.tids().collect();
                for tid in others {
                    if let Some(status) = wait::peek_at(tid) {
                        self.collect(tid, status, &mut stops);
                    }
                }
                break;
            }
            found = wait::peek(Patience::Poll).map_err(TracerError::Wait)?;
        }
        for (tid, status, time) in stops {
            self.handle(tid, status, time);
        }
        Ok(())
    }

    /// Handles a signal stop at once, and sets everything else aside. Answers whether it was a signal stop.
    fn collect(&mut self, tid: Tid, status: Status, stops: &mut Vec<(Tid, Status, TraceTime)>) -> bool {
        let time = self.clock.now();
        if matches!(status, Status::SignalStop(_)) {
            self.handle(tid, status, time);
            return true;
        }
        stops.extend(wait::consume(tid).map(|status| (tid, status, time)));
        false
    }

    fn handle(&mut self, tid: Tid, status: Status, time: TraceTime) {
        let steps = if let Status::Ended(end) = status {
            self.note_end(tid, end);
            self.core.on_end(tid, time, end)
        } else {
            // A task that is gone has nothing more to tell; its end is waited for.
            let Ok(kind) = look::look_at(tid, status, time, &self.core, &mut self.reader, &self.limits)
            else {
                return;
            };
            let is_known = match kind {
                StopKind::Executed { former, .. } => self.core.knows(former),
                _ => self.core.knows(tid),
            };
            let stop = Stop { tid, time, kind };
            if is_known { self.core.on_stop(stop) } else { self.core.on_stranger(&stop, look::stranger(tid)) }
        };
        for step in steps {
            self.carry_out(step);
        }
    }

    fn carry_out(&mut self, step: Step) {
        // A task that is gone by now is waited for like any other.
        let _ = match step {
            Step::Resume(tid, signal) => {
                let now = self.clock.now();
                self.core.note_resumed(tid, now);
                ptrace::resume(tid, signal)
            }
            Step::Listen(tid) => ptrace::listen(tid),
            Step::Detach(tid, signal) => ptrace::detach(tid, signal),
        };
    }

    fn note_end(&mut self, tid: Tid, end: End) {
        if let Some(root) = self.root.as_mut().filter(|root| root.tid == tid) {
            root.end = Some(end);
        }
    }

    /// Why the command could not be run, if its child ended before it had executed.
    fn launch_failure(&mut self) -> Option<LaunchError> {
        let root = self.root.as_mut()?;
        if root.end.is_some() || (root.released.is_some() && !self.core.is_before_exec(root.tid)) {
            // After an exec, the report's other end is closed and there is no failure in it.
            return root.released.take()?.failure();
        }
        None
    }

    fn take_orders(&mut self) {
        for order in self.orders.take() {
            match order {
                Order::Stop if self.root.is_some() && !self.is_detached => {
                    self.signal_all(NixSignal::SIGTERM);
                    self.deadline = Some(Deadline::Kill(Instant::now() + GRACE));
                }
                Order::Stop | Order::Detach => self.let_go(false),
                Order::WatchOnly => self.let_go(true),
            }
        }
        if self.orders.take_tick() {
            self.hand_on();
            self.report_in_flight();
            self.keep_deadline();
        }
    }

    fn let_go(&mut self, is_watched_to_the_end: bool) {
        if let Some(root) = &mut self.root {
            root.is_watched_to_the_end = is_watched_to_the_end;
        }
        if !self.is_detached {
            self.is_detached = true;
            self.core.begin_detach(self.clock.now());
            for tid in self.core.tids() {
                let _ = ptrace::interrupt(tid);
            }
            self.deadline = Some(Deadline::GiveUp(Instant::now() + GRACE));
        }
    }

    fn keep_deadline(&mut self) {
        let now = Instant::now();
        match self.deadline {
            Some(Deadline::Kill(at)) if now >= at => self.signal_all(NixSignal::SIGKILL),
            // Spawned tasks would be killed with this thread, so that they are waited for.
            Some(Deadline::GiveUp(at)) if now >= at && self.root.is_none() => {
                self.core.abandon(self.clock.now());
            }
            _ => {}
        }
    }

    fn signal_all(&self, signal: NixSignal) {
        for process in self.core.processes() {
            // One that has ended since needs no signal.
            let _ = kill(NixPid::from_raw(process.0), signal);
        }
    }

    fn hand_on(&mut self) {
        let events = self.core.take_events();
        if !events.is_empty() {
            (self.report)(Report::Events(events));
        }
    }

    fn report_in_flight(&mut self) {
        if !self.is_in_flight_stale {
            return;
        }
        let now = self.clock.now();
        let is_old = |start: TraceTime| now.since(start) >= IN_FLIGHT_AFTER;
        let mut old: Vec<(TaskUid, TraceTime)> = self
            .core
            .calls_in_flight()
            .filter(|(_, start, _)| is_old(*start))
            .map(|(task, start, _)| (task, start))
            .collect();
        old.sort_unstable();
        self.is_in_flight_stale = self.core.calls_in_flight().any(|(_, start, _)| !is_old(start));
        if old != self.reported_in_flight {
            self.reported_in_flight = old;
            let events = self.core.calls_in_flight().filter(|(_, start, _)| is_old(*start)).map(
                |(task, time, open)| RawEvent {
                    task,
                    time,
                    kind: RawKind::Syscall(Box::new(open.unfinished())),
                },
            );
            let events = events.collect();
            (self.report)(Report::InFlight(events));
        }
    }

    /// Waits for a command that is not traced any more.
    fn watch_to_the_end(&mut self) {
        let Some(root) = self.root.as_mut().filter(|root| root.is_watched_to_the_end) else { return };
        while root.end.is_none() {
            match wait::peek(Patience::Block) {
                Ok(Peeked::Found(tid, status)) => {
                    let status = wait::consume(tid).unwrap_or(status);
                    if let (Status::Ended(end), true) = (status, tid == root.tid) {
                        root.end = Some(end);
                    }
                }
                Ok(Peeked::Interrupted) if self.orders.take().is_empty() => {}
                _ => return,
            }
        }
    }
}
