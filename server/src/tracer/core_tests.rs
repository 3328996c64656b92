//! Scripted stops: what the core reports, and what it does with the stopped tasks.

use std::fmt::Write;

use expect_test::{Expect, expect};

use syscope_shared::syscall::SyscallId;

use super::*;

/// Drives a core with one stop after the other, a microsecond apart, and writes down what comes of it.
struct Script {
    core: Core,
    time: u64,
    log: String,
}

const READ: u32 = 0;
const CLONE: u32 = 56;
const FORK: u32 = 57;
const EXECVE: u32 = 59;

fn call(number: u32) -> StopKind {
    let call = Call { id: SyscallId::x86_64(number), args: [0; 6], stack_pointer: 0 };
    StopKind::Entry { call, at_entry: Snapshot::default() }
}

fn returned(ret: i64) -> StopKind {
    StopKind::Exit { ret, is_error: ret < 0, at_exit: Snapshot::default(), comm: None }
}

fn thread(child: i32) -> StopKind {
    StopKind::Created { child: Tid(child), by: Creation::Thread, clone_flags: 0x10000 }
}

fn forked(child: i32) -> StopKind {
    StopKind::Created { child: Tid(child), by: Creation::Fork, clone_flags: 17 }
}

fn executed(former: i32, comm: &str) -> StopKind {
    let image = Image { comm: comm.to_owned(), ..Image::default() };
    StopKind::Executed { former: Tid(former), image }
}

fn signal(number: i32) -> StopKind {
    StopKind::Signal { signal: Signal(number), siginfo: Vec::new() }
}

impl Script {
    /// A process that was attached to.
    fn attached(tid: i32) -> Self {
        let mut script = Self { core: Core::default(), time: 0, log: String::new() };
        script.core.add_attached(Tid(tid), Pid(tid), "prog".to_owned(), TraceTime(0));
        script
    }

    /// A command that has not been executed yet.
    fn spawned(tid: i32) -> Self {
        let mut script = Self { core: Core::default(), time: 0, log: String::new() };
        script.core.add_spawned(Tid(tid), "cmd".to_owned(), TraceTime(0));
        script
    }

    fn tick(&mut self) -> TraceTime {
        self.time += 1000;
        TraceTime(self.time)
    }

    fn stop(&mut self, tid: i32, kind: StopKind) -> &mut Self {
        let time = self.tick();
        let former = match kind {
            StopKind::Executed { former, .. } => former,
            _ => Tid(tid),
        };
        let stop = Stop { tid: Tid(tid), time, kind };
        let steps = if self.core.knows(former) {
            self.core.on_stop(stop)
        } else {
            let process = Pid(tid - tid % 10);
            self.core.on_stranger(&stop, Stranger { process, comm: "new".to_owned() })
        };
        self.note(steps)
    }

    fn end(&mut self, tid: i32, end: End) -> &mut Self {
        let time = self.tick();
        let steps = self.core.on_end(Tid(tid), time, end);
        self.note(steps)
    }

    fn detach(&mut self) -> &mut Self {
        let time = self.tick();
        self.core.begin_detach(time);
        self.note(Vec::new())
    }

    fn note(&mut self, steps: Vec<Step>) -> &mut Self {
        for event in self.core.take_events() {
            let (task, time) = (event.task.0, event.time.0 / 1000);
            let text = match event.kind {
                RawKind::Started { tid, process, origin, comm } => {
                    let origin = match origin {
                        Origin::Created { parent, by, .. } => format!("{by:?} of #{}", parent.0),
                        other => format!("{other:?}"),
                    };
                    format!("starts: tid {} of process {}, {origin}, {comm}", tid.0, process.0)
                }
                RawKind::Syscall(call) => {
                    let child = call.child.map_or(String::new(), |child| format!(", made #{}", child.0));
                    let name = call.call.id.name();
                    match call.exit {
                        Some(exit) => format!("{name} = {} in {}{child}", exit.ret, exit.duration.0 / 1000),
                        None => format!("{name} unfinished{child}"),
                    }
                }
                RawKind::Executed { tid, .. } => format!("executes as tid {}", tid.0),
                RawKind::OpenFiles { files, .. } => format!("has {} descriptors", files.len()),
                RawKind::Renamed { comm } => format!("is called {comm}"),
                RawKind::Signal { signal, .. } => format!("gets {signal}"),
                RawKind::Stopped(signal) => format!("stopped by {signal}"),
                RawKind::Ended(end) => format!("{end:?}"),
            };
            writeln!(self.log, "{time:02} #{task} {text}").unwrap();
        }
        for step in steps {
            if let Step::Resume(tid, _) = step {
                self.core.note_resumed(tid, TraceTime(self.time));
            }
            let text = match step {
                Step::Resume(tid, None) => format!("resume {}", tid.0),
                Step::Resume(tid, Some(signal)) => format!("resume {} with {signal}", tid.0),
                Step::Listen(tid) => format!("listen {}", tid.0),
                Step::Detach(tid, signal) => {
                    format!("detach {} {}", tid.0, signal.map_or(0, |signal| signal.0))
                }
            };
            writeln!(self.log, "-> {text}").unwrap();
        }
        self
    }

    fn gives(&self, expected: Expect) {
        expected.assert_eq(&self.log);
    }
}

#[test]
fn a_command_begins_with_its_execve_and_nothing_before_it_shows() {
    Script::spawned(10)
        .stop(10, StopKind::Trap)
        .stop(10, call(READ))
        .stop(10, returned(1))
        .stop(10, signal(28))
        .stop(10, call(EXECVE))
        .stop(10, executed(10, "ls"))
        .stop(10, returned(0))
        .stop(10, call(READ))
        .stop(10, returned(-9))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Spawned, cmd
            -> resume 10
            -> resume 10
            -> resume 10
            -> resume 10 with SIGWINCH
            -> resume 10
            -> resume 10
            05 #0 execve = 0 in 2
            07 #0 executes as tid 10
            07 #0 is called ls
            -> resume 10
            -> resume 10
            08 #0 read = -9 in 1
            -> resume 10
        "#]]);
}

#[test]
fn a_child_may_stop_before_its_parent_tells_of_it() {
    Script::attached(10)
        .stop(10, call(FORK))
        .stop(20, StopKind::Trap)
        .stop(10, forked(20))
        .stop(20, call(READ))
        .stop(10, returned(20))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            -> resume 10
            02 #1 starts: tid 20 of process 20, Fork of #0, prog
            -> resume 20
            -> resume 10
            -> resume 20
            01 #0 fork = 20 in 4, made #1
            -> resume 10
        "#]]);
}

#[test]
fn a_parent_may_tell_of_its_child_before_it_stops() {
    Script::attached(10).stop(10, call(CLONE)).stop(10, thread(11)).stop(11, StopKind::Trap).gives(expect![
        [r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            -> resume 10
            02 #1 starts: tid 11 of process 10, Thread of #0, prog
            -> resume 10
            -> resume 11
    "#]
    ]);
}

#[test]
fn a_child_whose_parent_is_killed_in_fork_is_taken_in() {
    Script::attached(10)
        .stop(10, call(FORK))
        .stop(20, StopKind::Trap)
        .end(10, End::Killed { signal: Signal(9), core_dumped: false })
        .stop(20, call(READ))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            -> resume 10
            01 #0 fork unfinished
            03 #0 Killed { signal: Signal(9), core_dumped: false }
            02 #1 starts: tid 20 of process 20, Clone of #0, new
            -> resume 20
            -> resume 20
        "#]]);
}

#[test]
fn a_child_may_die_before_its_parent_tells_of_it() {
    Script::attached(10)
        .stop(10, call(FORK))
        .stop(20, StopKind::Trap)
        .end(20, End::Killed { signal: Signal(9), core_dumped: false })
        .stop(10, forked(20))
        .stop(10, returned(20))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            -> resume 10
            04 #1 starts: tid 20 of process 20, Fork of #0, prog
            03 #1 Killed { signal: Signal(9), core_dumped: false }
            -> resume 10
            01 #0 fork = 20 in 4, made #1
            -> resume 10
        "#]]);
}

#[test]
fn a_thread_that_executes_takes_over_its_process() {
    Script::attached(10)
        .stop(10, call(CLONE))
        .stop(10, thread(11))
        .stop(11, StopKind::Trap)
        .stop(10, thread(12))
        .stop(12, StopKind::Trap)
        .stop(10, returned(12))
        .stop(10, call(READ))
        .stop(11, call(EXECVE))
        .stop(10, StopKind::Exiting(End::Exited(0)))
        .stop(12, StopKind::Exiting(End::Exited(0)))
        .end(12, End::Exited(0))
        .stop(10, executed(11, "true"))
        .stop(10, returned(0))
        .stop(10, StopKind::Exiting(End::Exited(5)))
        .end(10, End::Exited(5))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            -> resume 10
            02 #1 starts: tid 11 of process 10, Thread of #0, prog
            -> resume 10
            -> resume 11
            04 #2 starts: tid 12 of process 10, Thread of #0, prog
            -> resume 10
            -> resume 12
            01 #0 clone = 12 in 5, made #2
            -> resume 10
            -> resume 10
            -> resume 11
            07 #0 read unfinished
            -> resume 10
            10 #2 Exited(0)
            -> resume 12
            09 #0 Superseded { by: Tid(11) }
            -> resume 10
            08 #1 execve = 0 in 5
            13 #1 executes as tid 10
            13 #1 is called true
            -> resume 10
            14 #1 Exited(5)
            -> resume 10
        "#]]);
}

#[test]
fn a_leader_that_exits_first_ends_with_the_status_of_its_process() {
    Script::attached(10)
        .stop(10, thread(11))
        .stop(10, StopKind::Exiting(End::Exited(0)))
        .stop(11, call(READ))
        .stop(11, StopKind::Exiting(End::Exited(7)))
        .end(11, End::Exited(7))
        .end(10, End::Exited(7))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            01 #1 starts: tid 11 of process 10, Thread of #0, prog
            -> resume 10
            -> resume 10
            -> resume 11
            03 #1 read unfinished
            04 #1 Exited(7)
            -> resume 11
            02 #0 Exited(7)
        "#]]);
}

#[test]
fn a_group_stop_stays_one_and_signals_are_delivered() {
    Script::attached(10)
        .stop(10, signal(19))
        .stop(10, StopKind::GroupStop(Signal(19)))
        .stop(10, StopKind::Trap)
        .stop(10, signal(18))
        .stop(10, signal(34))
        .end(10, End::Killed { signal: Signal(9), core_dumped: false })
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            01 #0 gets SIGSTOP
            -> resume 10 with SIGSTOP
            02 #0 stopped by SIGSTOP
            -> listen 10
            -> resume 10
            04 #0 gets SIGCONT
            -> resume 10 with SIGCONT
            05 #0 gets SIGRT_2
            -> resume 10 with SIGRT_2
            06 #0 Killed { signal: Signal(9), core_dumped: false }
        "#]]);
}

#[test]
fn letting_go_disturbs_nothing() {
    let mut script = Script::attached(10);
    script
        .stop(10, call(FORK))
        .stop(10, forked(20))
        .stop(10, returned(20))
        .stop(20, StopKind::Trap)
        .stop(20, StopKind::GroupStop(Signal(19)))
        .stop(10, call(READ))
        .detach()
        .stop(20, StopKind::GroupStop(Signal(19)))
        .stop(10, returned(-512))
        .gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            -> resume 10
            02 #1 starts: tid 20 of process 20, Fork of #0, prog
            -> resume 10
            01 #0 fork = 20 in 2, made #1
            -> resume 10
            -> resume 20
            05 #1 stopped by SIGSTOP
            -> listen 20
            -> resume 10
            08 #1 Detached
            -> detach 20 0
            06 #0 read unfinished
            09 #0 Detached
            -> detach 10 0
        "#]]);
    assert_eq!(script.core.task_count(), 0);
}

#[test]
fn a_signal_that_arrives_while_letting_go_is_delivered() {
    Script::attached(10).detach().stop(10, signal(10)).gives(expect![[r#"
            00 #0 starts: tid 10 of process 10, Attached, prog
            02 #0 gets SIGUSR1
            02 #0 Detached
            -> detach 10 10
    "#]]);
}

#[test]
fn calls_in_flight_are_those_that_have_been_let_into_the_kernel() {
    let mut script = Script::attached(10);
    script.stop(10, call(READ));
    let starts: Vec<u64> = script.core.calls_in_flight().map(|(_, start, _)| start.0).collect();
    assert_eq!(starts, [1000]);
    script.stop(10, returned(0));
    assert_eq!(script.core.calls_in_flight().count(), 0);
}
