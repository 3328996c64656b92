use expect_test::expect;
use syscope_shared::event::{Change, Event, EventKind, Origin, Syscall, TaskChange};
use syscope_shared::file::Chunk;
use syscope_shared::ids::{Pid, TaskUid, Tid};
use syscope_shared::syscall::SyscallId;

use super::*;

fn started(uid: u32, tid: i32) -> TaskChange {
    let change =
        Change::Started { tid: Tid(tid), process: Pid(tid), origin: Origin::Spawned, comm: String::new() };
    TaskChange { task: TaskUid(uid), time: TraceTime(0), change }
}

fn ended(uid: u32, time: u64, end: End) -> [Chunk; 2] {
    let (task, time) = (TaskUid(uid), TraceTime(time));
    [
        Chunk::Events(vec![Event { task, start: time, kind: EventKind::Ended(end) }]),
        Chunk::Tasks(vec![TaskChange { task, time, change: Change::Ended(end) }]),
    ]
}

fn call(task: u32, span: (u64, Option<u64>), name: &str, at_entry: &str, rest: &str, result: &str) -> Event {
    let syscall = Syscall {
        id: SyscallId::from_name(name).expect("a known call"),
        duration: span.1.map(Nanos),
        args: format!("{at_entry}{rest}"),
        args_at_entry_bytes: at_entry.len() as u32,
        result: result.to_owned(),
        ret: 0,
        errno: None,
        fd: None,
        path: None,
        bytes: None,
        child: None,
    };
    Event { task: TaskUid(task), start: TraceTime(span.0), kind: EventKind::Syscall(syscall) }
}

#[test]
fn lines_break_where_another_task_comes_between() {
    let mut store = Store::new();
    store.apply(Chunk::Tasks(vec![started(0, 100), started(1, 101)]));
    store.apply(Chunk::Events(vec![
        call(0, (0, Some(10_000)), "close", "3", "", "0"),
        call(1, (30_000, Some(5_000)), "getppid", "", "", "100"),
        call(0, (20_000, Some(40_000)), "read", "0, ", "\"hi\\n\", 4096", "3"),
        call(1, (65_000, None), "wait4", "-1, ", "", "?"),
        call(0, (70_000, None), "exit_group", "0", "", "?"),
    ]));
    ended(1, 80_000, End::Killed { signal: syscope_shared::ids::Signal(9), core_dumped: false })
        .into_iter()
        .chain(ended(0, 90_000, End::Exited(0)))
        .for_each(|chunk| store.apply(chunk));
    let mut out = Vec::new();
    let format = StraceFormat { timestamps: Timestamps::None, with_durations: true };
    write_strace(&store, format, &mut out).expect("a vector takes everything");
    expect![[r#"
        100   close(3)                          = 0 <0.000010>
        100   read(0,  <unfinished ...>
        101   getppid()                         = 100 <0.000005>
        100   <... read resumed>"hi\n", 4096)   = 3 <0.000040>
        101   wait4(-1,  <unfinished ...>
        100   exit_group(0 <unfinished ...>
        101   <... wait4 resumed> <unfinished ...>) = ?
        101   +++ killed by SIGKILL +++
        100   <... exit_group resumed>)         = ?
        100   +++ exited with 0 +++
    "#]]
    .assert_eq(&String::from_utf8_lossy(&out));
}
