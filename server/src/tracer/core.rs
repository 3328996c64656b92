//! The tracer's decisions: from stops to what happened and what to do with the stopped task. Pure: no ptrace, no clock, no files.
//!
//! Invariants: a task is announced ([`RawKind::Started`]) before anything else about it and ended ([`RawKind::Ended`]) exactly once;
//! a call that was begun is reported exactly once, with or without a return. A new task's first stop and its parent's event come in
//! either order; a task that stops before its parent told of it is held back until then.

use std::collections::HashMap;

use syscope_shared::event::{Creation, End, Origin};
use syscope_shared::ids::{Fd, Pid, Signal, TaskUid, Tid};
use syscope_shared::units::TraceTime;

use super::clone;
use super::raw::{Call, Exit, RawEvent, RawKind, RawSyscall, Snapshot};
use super::stop::{Image, OpenCall, Step, Stop, StopKind, Stranger};

#[derive(Debug)]
struct Task {
    uid: TaskUid,
    process: Pid,
    comm: String,
    open: Option<OpenCall>,
    /// The image of an execve that has not returned yet.
    executed: Option<Image>,
    /// The child that the recorder forked, until it has executed the command: nothing of it is shown.
    is_before_exec: bool,
    is_group_stopped: bool,
    /// When it was about to end. For a leader that other threads outlive, the end is only known when it is reaped.
    exiting: Option<TraceTime>,
    /// Its end has been reported.
    is_over: bool,
}

/// A task that stopped before its parent told of it.
#[derive(Debug)]
struct Newcomer {
    time: TraceTime,
    is_group_stopped: bool,
    stranger: Stranger,
}

/// What is known of all tasks.
#[derive(Debug, Default)]
pub struct Core {
    tasks: HashMap<Tid, Task>,
    newcomers: HashMap<Tid, Newcomer>,
    /// Tasks that died before their parent told of them.
    stillborn: HashMap<Tid, (TraceTime, End)>,
    /// The last task that died in the middle of making another: the parent of a newcomer that nobody tells of.
    last_bereft: Option<(TaskUid, Call)>,
    started: u32,
    is_detaching: bool,
    events: Vec<RawEvent>,
}

impl Core {
    /// Adds the child that the recorder forked.
    pub fn add_spawned(&mut self, tid: Tid, comm: String, time: TraceTime) {
        self.start(tid, Pid(tid.0), comm, Origin::Spawned, time).is_before_exec = true;
    }

    /// Adds a running task that has been seized.
    pub fn add_attached(&mut self, tid: Tid, process: Pid, comm: String, time: TraceTime) {
        self.start(tid, process, comm, Origin::Attached, time);
    }

    /// Tells which descriptors a task had when the trace began.
    pub fn report_open_files(&mut self, tid: Tid, time: TraceTime, open_files: Vec<(Fd, String)>) {
        if let Some(process) =
            self.tasks.get(&tid).map(|task| task.process).filter(|_| !open_files.is_empty())
        {
            self.report(tid, time, RawKind::OpenFiles { process, files: open_files });
        }
    }

    #[must_use]
    pub fn knows(&self, tid: Tid) -> bool {
        self.tasks.contains_key(&tid)
    }

    #[must_use]
    pub fn task_count(&self) -> usize {
        self.tasks.len() + self.newcomers.len()
    }

    /// Every task that is being traced.
    pub fn tids(&self) -> impl Iterator<Item = Tid> + '_ {
        self.tasks.keys().copied()
    }

    /// Every process that has a task.
    #[must_use]
    pub fn processes(&self) -> Vec<Pid> {
        let mut processes: Vec<Pid> = self.tasks.values().map(|task| task.process).collect();
        processes.sort_unstable();
        processes.dedup();
        processes
    }

    /// The call that `tid` is in.
    #[must_use]
    pub fn open_call(&self, tid: Tid) -> Option<&OpenCall> {
        self.tasks.get(&tid)?.open.as_ref()
    }

    /// Whether `tid` is the recorder's own child before it has become the command.
    #[must_use]
    pub fn is_before_exec(&self, tid: Tid) -> bool {
        self.tasks.get(&tid).is_some_and(|task| task.is_before_exec)
    }

    /// The calls that tasks are in, each with its task and start.
    pub fn calls_in_flight(&self) -> impl Iterator<Item = (TaskUid, TraceTime, &OpenCall)> {
        self.tasks.values().filter_map(|task| {
            let open = task.open.as_ref().filter(|open| !open.is_held && !task.is_before_exec)?;
            Some((task.uid, open.start, open))
        })
    }

    /// What happened since the last time that this was asked.
    pub fn take_events(&mut self) -> Vec<RawEvent> {
        std::mem::take(&mut self.events)
    }

    #[must_use]
    pub fn pending_events(&self) -> usize {
        self.events.len()
    }

    #[must_use]
    pub fn is_detaching(&self) -> bool {
        self.is_detaching
    }

    /// From now on every task that stops is let go. The caller must interrupt those that run.
    pub fn begin_detach(&mut self, time: TraceTime) {
        self.is_detaching = true;
        // What is already dying never stops again.
        let dying: Vec<Tid> =
            self.tasks.iter().filter(|(_, task)| task.exiting.is_some()).map(|(tid, _)| *tid).collect();
        for tid in dying {
            self.forget(tid, time);
        }
    }

    /// The task was let run at `time`: if it is at the entry of a call, the call starts then.
    pub fn note_resumed(&mut self, tid: Tid, time: TraceTime) {
        if let Some(open) = self.tasks.get_mut(&tid).and_then(|task| task.open.as_mut())
            && open.is_held
        {
            open.start = time;
            open.is_held = false;
        }
    }

    /// A task that [`knows`](Self::knows) does not know stopped for the first time: it is held until its parent tells of it, or until
    /// no task is left that could.
    pub fn on_stranger(&mut self, stop: &Stop, stranger: Stranger) -> Vec<Step> {
        match stop.kind {
            StopKind::Trap | StopKind::GroupStop(_) => {
                let is_group_stopped = matches!(stop.kind, StopKind::GroupStop(_));
                self.stillborn.remove(&stop.tid);
                self.newcomers.insert(stop.tid, Newcomer { time: stop.time, is_group_stopped, stranger });
                self.settle_newcomers()
            }
            StopKind::Signal { signal, .. } => vec![Step::Resume(stop.tid, Some(signal))],
            _ => vec![Step::Resume(stop.tid, None)],
        }
    }

    /// A known task stopped.
    pub fn on_stop(&mut self, stop: Stop) -> Vec<Step> {
        let Stop { tid, time, kind } = stop;
        if !matches!(kind, StopKind::GroupStop(_))
            && let Some(task) = self.tasks.get_mut(&tid)
        {
            task.is_group_stopped = false;
        }
        let mut signal_to_deliver = None;
        let mut others = Vec::new();
        match kind {
            StopKind::Entry { call, at_entry } => self.on_entry(tid, time, call, at_entry),
            StopKind::Exit { ret, is_error, at_exit, comm } => {
                self.on_exit(tid, time, ret, is_error, at_exit);
                if let Some(comm) = comm {
                    self.rename(tid, time, comm);
                }
            }
            StopKind::Signal { signal, siginfo } => {
                signal_to_deliver = Some(signal);
                if !self.is_before_exec(tid) {
                    self.report(tid, time, RawKind::Signal { signal, siginfo });
                }
            }
            StopKind::GroupStop(signal) => return self.on_group_stop(tid, time, signal),
            StopKind::Created { child, by, clone_flags } => {
                others.extend(self.on_created(tid, time, child, by, clone_flags));
            }
            StopKind::Executed { former, image } => self.on_executed(tid, time, former, image),
            StopKind::Exiting(end) => self.on_exiting(tid, time, end),
            StopKind::Trap | StopKind::Other => {}
        }
        others.push(self.go_on(tid, time, signal_to_deliver));
        others
    }

    /// A task is dead and has been reaped.
    pub fn on_end(&mut self, tid: Tid, time: TraceTime, end: End) -> Vec<Step> {
        self.newcomers.remove(&tid);
        if !self.tasks.contains_key(&tid) {
            self.stillborn.insert(tid, (time, end));
            return Vec::new();
        }
        self.close_call(tid, time);
        if let Some(task) = self.tasks.remove(&tid)
            && !task.is_over
        {
            let time = task.exiting.unwrap_or(time);
            self.events.push(RawEvent { task: task.uid, time, kind: RawKind::Ended(end) });
        }
        self.settle_newcomers()
    }

    fn on_entry(&mut self, tid: Tid, time: TraceTime, call: Call, at_entry: Snapshot) {
        self.close_call(tid, time);
        if let Some(task) = self.tasks.get_mut(&tid)
            && (!task.is_before_exec || is_exec(&call))
        {
            task.open = Some(OpenCall { call, at_entry, start: time, is_held: true, child: None });
        }
    }

    fn on_exit(&mut self, tid: Tid, time: TraceTime, ret: i64, is_error: bool, at_exit: Snapshot) {
        let Some(task) = self.tasks.get_mut(&tid) else { return };
        let Some(open) = task.open.take() else { return };
        if task.is_before_exec {
            return;
        }
        // Letting go interrupts the call; the kernel restarts it behind the tracer's back, so that it did not end here.
        let is_cut = self.is_detaching && is_error && is_restart(ret);
        let exit = (!is_cut).then(|| Exit { duration: time.since(open.start), ret, is_error });
        let at_exit = if is_cut { Snapshot::default() } else { at_exit };
        let (uid, start) = (task.uid, open.start);
        let call = RawSyscall { call: open.call, at_entry: open.at_entry, exit, at_exit, child: open.child };
        self.events.push(RawEvent { task: uid, time: start, kind: RawKind::Syscall(Box::new(call)) });
        self.report_executed(tid, time);
    }

    fn on_group_stop(&mut self, tid: Tid, time: TraceTime, signal: Signal) -> Vec<Step> {
        let Some(task) = self.tasks.get_mut(&tid) else { return vec![Step::Listen(tid)] };
        let was_stopped = std::mem::replace(&mut task.is_group_stopped, true);
        if !was_stopped && !task.is_before_exec {
            self.report(tid, time, RawKind::Stopped(signal));
        }
        if self.is_detaching { vec![self.go_on(tid, time, None)] } else { vec![Step::Listen(tid)] }
    }

    fn on_created(
        &mut self,
        tid: Tid,
        time: TraceTime,
        child: Tid,
        by: Creation,
        clone_flags: u64,
    ) -> Vec<Step> {
        let Some(parent) = self.tasks.get(&tid) else { return Vec::new() };
        let (uid, comm) = (parent.uid, parent.comm.clone());
        let process = if by == Creation::Thread { parent.process } else { Pid(child.0) };
        let newcomer = self.newcomers.remove(&child);
        let child_uid = match self.tasks.get(&child) {
            // It was found before its parent's event: while attaching, or when nobody seemed to be its parent.
            Some(task) => task.uid,
            None => {
                let started = newcomer.as_ref().map_or(time, |newcomer| newcomer.time.min(time));
                let origin = Origin::Created { parent: uid, by, clone_flags };
                self.start(child, process, comm, origin, started).uid
            }
        };
        if let Some(open) = self.tasks.get_mut(&tid).and_then(|task| task.open.as_mut()) {
            open.child = Some(child_uid);
        }
        if let Some((time, end)) = self.stillborn.remove(&child) {
            return self.on_end(child, time, end);
        }
        newcomer.map(|newcomer| self.let_in(child, &newcomer)).into_iter().collect()
    }

    fn on_executed(&mut self, tid: Tid, time: TraceTime, former: Tid, mut image: Image) {
        if former != tid
            && let Some(task) = self.tasks.remove(&former)
        {
            // The task takes over the id of its process's leader, which has vanished without a word.
            self.close_call(tid, time);
            if let Some(leader) = self.tasks.remove(&tid)
                && !leader.is_over
            {
                let time = leader.exiting.unwrap_or(time);
                let end = End::Superseded { by: former };
                self.events.push(RawEvent { task: leader.uid, time, kind: RawKind::Ended(end) });
            }
            self.tasks.insert(tid, task);
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.is_before_exec = false;
            let open_files = std::mem::take(&mut image.open_files);
            task.executed = Some(image);
            self.report_open_files(tid, time, open_files);
        }
    }

    fn on_exiting(&mut self, tid: Tid, time: TraceTime, end: End) {
        self.close_call(tid, time);
        let Some(task) = self.tasks.get(&tid) else { return };
        let is_leader = task.process.0 == tid.0;
        let has_survivors =
            || self.tasks.iter().any(|(other, t)| *other != tid && t.process == task.process && !t.is_over);
        // A leader that other threads outlive either is superseded by one that executes, or ends with the status of the whole process.
        let is_final = !(is_leader && has_survivors());
        if is_final {
            self.report(tid, time, RawKind::Ended(end));
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.exiting = Some(time);
            task.is_over = is_final;
        }
    }

    /// Lets a stopped task run on, or go.
    fn go_on(&mut self, tid: Tid, time: TraceTime, signal: Option<Signal>) -> Step {
        if !self.is_detaching {
            return Step::Resume(tid, signal);
        }
        self.forget(tid, time);
        Step::Detach(tid, signal)
    }

    /// Lets go of all tasks that have not been let go in order.
    pub fn abandon(&mut self, time: TraceTime) {
        let tids: Vec<Tid> = self.tids().collect();
        for tid in tids {
            self.forget(tid, time);
        }
        self.newcomers.clear();
    }

    fn forget(&mut self, tid: Tid, time: TraceTime) {
        self.close_call(tid, time);
        if let Some(task) = self.tasks.remove(&tid)
            && !task.is_over
        {
            self.events.push(RawEvent { task: task.uid, time, kind: RawKind::Ended(End::Detached) });
        }
    }

    /// The first step of a task that was held back.
    fn let_in(&mut self, tid: Tid, newcomer: &Newcomer) -> Step {
        if newcomer.is_group_stopped && !self.is_detaching {
            if let Some(task) = self.tasks.get_mut(&tid) {
                task.is_group_stopped = true;
            }
            return Step::Listen(tid);
        }
        self.go_on(tid, newcomer.time, None)
    }

    /// Takes in the newcomers whose parent will not tell of them any more, because it was killed in the middle of its call.
    fn settle_newcomers(&mut self) -> Vec<Step> {
        if self.newcomers.is_empty() {
            return Vec::new();
        }
        let is_parent = |task: &Task| {
            task.open.as_ref().is_some_and(|open| open.child.is_none() && clone::is_creating(&open.call))
        };
        if self.tasks.values().any(is_parent) {
            return Vec::new();
        }
        let newcomers: Vec<(Tid, Newcomer)> = self.newcomers.drain().collect();
        let mut steps = Vec::new();
        for (tid, newcomer) in newcomers {
            let Stranger { process, comm } = newcomer.stranger.clone();
            let origin = match self.last_bereft {
                Some((parent, call)) => {
                    let by = if process.0 == tid.0 { Creation::Clone } else { Creation::Thread };
                    Origin::Created { parent, by, clone_flags: clone::flags_of(&call, None) }
                }
                None => Origin::Attached,
            };
            self.start(tid, process, comm, origin, newcomer.time);
            steps.push(self.let_in(tid, &newcomer));
        }
        steps
    }

    fn start(&mut self, tid: Tid, process: Pid, comm: String, origin: Origin, time: TraceTime) -> &mut Task {
        let uid = TaskUid(self.started);
        self.started += 1;
        let kind = RawKind::Started { tid, process, origin, comm: comm.clone() };
        self.events.push(RawEvent { task: uid, time, kind });
        let task = Task {
            uid,
            process,
            comm,
            open: None,
            executed: None,
            is_before_exec: false,
            is_group_stopped: false,
            exiting: None,
            is_over: false,
        };
        self.tasks.entry(tid).insert_entry(task).into_mut()
    }

    /// Reports the call that the task is in as one that does not return.
    fn close_call(&mut self, tid: Tid, time: TraceTime) {
        let Some(task) = self.tasks.get_mut(&tid) else { return };
        let Some(open) = task.open.take() else { return };
        if task.is_before_exec {
            return;
        }
        if open.child.is_none() && clone::is_creating(&open.call) {
            self.last_bereft = Some((task.uid, open.call));
        }
        let (uid, start) = (task.uid, open.start);
        let call = RawSyscall {
            call: open.call,
            at_entry: open.at_entry,
            exit: None,
            at_exit: Snapshot::default(),
            child: open.child,
        };
        self.events.push(RawEvent { task: uid, time: start, kind: RawKind::Syscall(Box::new(call)) });
        self.report_executed(tid, time);
    }

    fn report_executed(&mut self, tid: Tid, time: TraceTime) {
        let Some(image) = self.tasks.get_mut(&tid).and_then(|task| task.executed.take()) else { return };
        let Image { program, argv, cwd, comm, .. } = image;
        self.report(tid, time, RawKind::Executed { tid, program, argv, cwd });
        self.rename(tid, time, comm);
    }

    fn rename(&mut self, tid: Tid, time: TraceTime, comm: String) {
        let Some(task) = self.tasks.get_mut(&tid) else { return };
        if task.comm != comm {
            task.comm.clone_from(&comm);
            self.report(tid, time, RawKind::Renamed { comm });
        }
    }

    fn report(&mut self, tid: Tid, time: TraceTime, kind: RawKind) {
        if let Some(task) = self.tasks.get(&tid) {
            self.events.push(RawEvent { task: task.uid, time, kind });
        }
    }
}

fn is_exec(call: &Call) -> bool {
    const EXECVE: u32 = 59;
    call.id.number == EXECVE
}

/// The restart codes of the kernel's `linux/errno.h`: the call goes on after the stop.
fn is_restart(ret: i64) -> bool {
    const ERESTARTSYS: i64 = 512;
    const ERESTART_RESTARTBLOCK: i64 = 516;
    (ERESTARTSYS..=ERESTART_RESTARTBLOCK).contains(&-ret)
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
