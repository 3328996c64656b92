//! The tracer thread: waits, reads what would be gone after the stop, and does what [`Core`] decides.
//!
//! There is one wait site, [`Tracer::round`]. It collects every tracee that has stopped before it resumes the first, because the kernel
//! always reports the first of its list: a thread that makes calls without pause would else keep the others waiting for ever.
//! Signal-delivery stops are the exception: they are only peeked at and resumed at once (see [`wait::peek`]).

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal as NixSignal, kill};
use nix::unistd::Pid as NixPid;
use syscope_shared::event::{Creation, End};
use syscope_shared::ids::{Pid, TaskUid, Tid};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::{Nanos, TraceTime};

use super::attach::attach;
use super::clock::Clock;
use super::core::{Core, OpenCall, Step, Stop, StopKind, Stranger};
use super::orders::{Order, Orders, TICK};
use super::raw::{Exit, RawEvent, RawKind};
use super::refusal::{Refusal, UidPolicy};
use super::{clone, procfs};
use crate::decode::{Limits, capture_entry, capture_exit};
use crate::sys::Gone;
use crate::sys::memory::Reader;
use crate::sys::ptrace::{self, Follow, OnTracerDeath, SyscallStop};
use crate::sys::spawn::{Launch, LaunchError, Released, spawn};
use crate::sys::wait::{self, Event, Patience, Peeked, Status};

/// Events are handed on in batches: a wake-up of the receiver for each would cost more than the event.
const BATCH_EVENTS: usize = 128;

/// Signal stops that one round handles before it looks after every other task.
const MOST_SIGNALS_A_ROUND: usize = 16;

/// How long a call must last to be reported before it returns.
const IN_FLIGHT_AFTER: Nanos = Nanos(TICK.as_nanos() as u64);

/// How long a command that was told to end has for it, and attached tasks to be let go.
const GRACE: Duration = Duration::from_secs(2);

/// What to trace, and how.
#[derive(Debug)]
pub struct Job {
    pub target: JobTarget,
    pub follow: Follow,
    pub limits: Limits,
    pub clock: Clock,
}

#[derive(Debug)]
pub enum JobTarget {
    /// A command, and the name that its task has until it executes.
    Spawn(Box<Launch>, String),
    Attach(Vec<Pid>, UidPolicy),
}

/// What the tracer hands on.
#[derive(Debug)]
pub enum Report {
    Events(Vec<RawEvent>),
    /// Every call that has been running for a while; replaces the report before it.
    InFlight(Vec<RawEvent>),
    /// Nothing more comes; [`Running::join`] tells how it ended.
    Over,
}

/// How the tracing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How the spawned command ended; `None` after an attach or when it was let go before.
    pub command: Option<End>,
    /// The tracer was told to let go.
    pub is_detached: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum TracerError {
    #[error("cannot start a process: {0}")]
    Fork(io::Error),
    #[error("cannot trace the command: {0}; `syscope check` tells what forbids it")]
    Seize(io::Error),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("cannot wait for the traced processes: {0}")]
    Wait(io::Error),
    #[error("the tracer thread failed")]
    Panicked,
}

/// A tracer at work.
#[derive(Debug)]
pub struct Running {
    pub orders: Arc<Orders>,
    thread: JoinHandle<Result<Outcome, TracerError>>,
}

impl Running {
    /// Whether the thread is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end of the tracing.
    pub fn join(self) -> Result<Outcome, TracerError> {
        self.thread.join().unwrap_or(Err(TracerError::Panicked))
    }
}

/// Starts the tracer thread, and returns when the target is seized. `report` is called on that thread; while it blocks, the tracees
/// wait at their next stop.
pub fn start(
    job: Job,
    orders: Arc<Orders>,
    report: impl FnMut(Report) + Send + 'static,
) -> Result<Running, TracerError> {
    let (seized_in, seized) = mpsc::channel();
    let shared = Arc::clone(&orders);
    let body = move || {
        let begun = Tracer::begin(job, shared, Box::new(report));
        match begun {
            Ok(mut tracer) => {
                // The receiver waits for this message.
                let _ = seized_in.send(Ok(()));
                let outcome = tracer.run();
                (tracer.report)(Report::Over);
                outcome
            }
            Err(error) => {
                let _ = seized_in.send(Err(error));
                Ok(Outcome { command: None, is_detached: false })
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("syscope-tracer".to_owned())
        .spawn(body)
        .map_err(TracerError::Fork)?;
    seized.recv().unwrap_or(Err(TracerError::Panicked))?;
    Ok(Running { orders, thread })
}

struct Tracer {
    core: Core,
    reader: Reader,
    limits: Limits,
    clock: Clock,
    orders: Arc<Orders>,
    report: Box<dyn FnMut(Report)>,
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
    fn begin(job: Job, orders: Arc<Orders>, report: Box<dyn FnMut(Report)>) -> Result<Self, TracerError> {
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
        }
        Ok(())
    }

    fn run(&mut self) -> Result<Outcome, TracerError> {
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
            let Ok(kind) = self.look_at(tid, status, time) else { return };
            let is_known = match kind {
                StopKind::Executed { former, .. } => self.core.knows(former),
                _ => self.core.knows(tid),
            };
            let stop = Stop { tid, time, kind };
            if is_known { self.core.on_stop(stop) } else { self.core.on_stranger(&stop, stranger(tid)) }
        };
        for step in steps {
            self.carry_out(step);
        }
    }

    /// Reads what will be gone once the task runs again.
    fn look_at(&mut self, tid: Tid, status: Status, time: TraceTime) -> Result<StopKind, Gone> {
        Ok(match status {
            Status::SyscallStop => self.look_at_call(tid, time)?,
            Status::SignalStop(signal) => {
                StopKind::Signal { signal, siginfo: ptrace::signal_info(tid).unwrap_or_default() }
            }
            Status::GroupStop(signal) => StopKind::GroupStop(signal),
            Status::Trap => StopKind::Trap,
            Status::Event(event @ (Event::Fork | Event::Vfork | Event::Clone)) => {
                self.look_at_creation(tid, event)?
            }
            Status::Event(Event::Exec) => {
                let former = Tid(ptrace::event_message(tid)? as i32);
                let mut image = procfs::image(tid);
                if let Some(path) = self.core.open_call(former).and_then(executed_path) {
                    image.program = path;
                }
                StopKind::Executed { former, image }
            }
            Status::Event(Event::Exit) => StopKind::Exiting(wait::end_of(ptrace::event_message(tid)?)),
            Status::Event(Event::Other(_)) | Status::Ended(_) => StopKind::Other,
        })
    }

    fn look_at_call(&mut self, tid: Tid, time: TraceTime) -> Result<StopKind, Gone> {
        Ok(match ptrace::syscall_info(tid)? {
            SyscallStop::Entry(call) => {
                let at_entry = capture_entry(&call, &self.limits, &mut self.reader.of(tid));
                StopKind::Entry { call, at_entry }
            }
            SyscallStop::Exit { ret, is_error } => {
                let Some(open) = self.core.open_call(tid) else { return Ok(StopKind::Other) };
                let exit = Exit { duration: time.since(open.start()), ret, is_error };
                let memory = &mut self.reader.of(tid);
                let at_exit = capture_exit(&open.call, &exit, &open.at_entry, &self.limits, memory);
                let comm = if open.is_renaming() { procfs::comm(tid) } else { None };
                StopKind::Exit { ret, is_error, at_exit, comm }
            }
            SyscallStop::None => StopKind::Other,
        })
    }

    fn look_at_creation(&mut self, tid: Tid, event: Event) -> Result<StopKind, Gone> {
        let child = Tid(ptrace::event_message(tid)? as i32);
        let Some(call) = self.core.open_call(tid).map(|open| open.call) else {
            // The task was attached to in the middle of its call.
            let is_thread = procfs::status(child).is_some_and(|status| status.process.0 != child.0);
            let by = match event {
                Event::Fork => Creation::Fork,
                Event::Vfork => Creation::Vfork,
                _ if is_thread => Creation::Thread,
                _ => Creation::Clone,
            };
            return Ok(StopKind::Created { child, by, clone_flags: 0 });
        };
        let in_memory =
            clone::flags_address(&call).and_then(|address| self.reader.of(tid).read_word(address));
        let clone_flags = clone::flags_of(&call, in_memory);
        Ok(StopKind::Created { child, by: clone::creation_of(&call, clone_flags), clone_flags })
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

/// The path that an execve names, which tells more than the file that runs in the end: a script's is its interpreter.
fn executed_path(open: &OpenCall) -> Option<String> {
    const EXECVE: SyscallId = SyscallId::x86_64(59);
    if open.call.id != EXECVE {
        return None;
    }
    let bytes = open.at_entry.from(open.call.args[0]);
    let path = &bytes[..bytes.iter().position(|byte| *byte == 0)?];
    Some(String::from_utf8_lossy(path).into_owned())
}

/// Who an unknown task is.
fn stranger(tid: Tid) -> Stranger {
    match procfs::status(tid) {
        Some(status) => Stranger { process: status.process, comm: status.name },
        None => Stranger { process: Pid(tid.0), comm: String::new() },
    }
}
