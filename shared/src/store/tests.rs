use super::*;
use crate::event::{Change, End, EventKind, Origin, Syscall, TaskChange};
use crate::ids::{Pid, Tid};
use crate::syscall::SyscallId;
use crate::units::Nanos;

fn started(uid: u32, tid: i32, process: i32) -> TaskChange {
    let comm = "x".to_owned();
    let change = Change::Started { tid: Tid(tid), process: Pid(process), origin: Origin::Spawned, comm };
    TaskChange { task: TaskUid(uid), time: TraceTime(0), change }
}

fn call(task: u32, start: u64, duration: Option<u64>) -> Event {
    let syscall = Syscall {
        id: SyscallId::x86_64(0),
        duration: duration.map(Nanos),
        args: format!("{}, ", start % 3),
        args_at_entry_bytes: 0,
        result: "0".to_owned(),
        ret: 0,
        errno: None,
        fd: None,
        path: None,
        bytes: None,
        child: None,
    };
    Event { task: TaskUid(task), start: TraceTime(start), kind: EventKind::Syscall(syscall) }
}

fn starts<'a>(events: impl Iterator<Item = EventView<'a>>) -> Vec<u64> {
    events.map(|event| event.start.0).collect()
}

#[test]
fn events_come_by_start_although_they_are_written_by_end() {
    let mut store = Store::new();
    store.apply(Chunk::Tasks(vec![started(0, 1, 1), started(1, 2, 2)]));
    store.apply(Chunk::Events(vec![call(0, 10, Some(5)), call(0, 20, Some(5))]));
    store.apply(Chunk::Events(vec![call(1, 5, Some(100)), call(0, 30, Some(5))]));
    assert_eq!(starts(store.starting_in(TimeRange::ALL)), [5, 10, 20, 30]);
    let range = TimeRange { start: TraceTime(12), end: TraceTime(30) };
    assert_eq!(starts(store.starting_in(range)), [20]);
    assert_eq!(starts(store.of_task_in(TaskUid(0), range)), [10, 20]);
    assert_eq!(starts(store.of_task_in(TaskUid(1), range)), [5]);
    assert_eq!(store.end(), TraceTime(105));
}

#[test]
fn calls_in_flight_become_unfinished_events_unless_they_returned() {
    let mut store = Store::new();
    store.apply(Chunk::Tasks(vec![started(0, 1, 1), started(1, 2, 2)]));
    store.apply(Chunk::InFlight(vec![call(0, 10, None), call(1, 11, None)]));
    assert_eq!(store.in_flight().count(), 2);
    store.apply(Chunk::Events(vec![call(0, 10, Some(7))]));
    assert_eq!(store.in_flight().count(), 1);
    store.close_in_flight();
    assert_eq!(store.in_flight().count(), 0);
    let all: Vec<_> = store.starting_in(TimeRange::ALL).map(|event| event.duration).collect();
    assert_eq!(all, [Some(Nanos(7)), None]);
}

#[test]
fn a_reused_pid_is_another_process() {
    let mut store = Store::new();
    let ended = TaskChange { task: TaskUid(0), time: TraceTime(9), change: Change::Ended(End::Exited(0)) };
    store.apply(Chunk::Tasks(vec![started(0, 7, 7), started(1, 8, 7), ended, started(2, 7, 7)]));
    let leaders: Vec<u32> = store.tasks().iter().map(|task| task.leader.0).collect();
    assert_eq!(leaders, [0, 0, 2]);
    assert_eq!(store.tasks()[0].ended, Some((TraceTime(9), End::Exited(0))));
}
