//! Tables followed over the life of two processes.

use syscope_shared::event::Creation;

use super::*;
use crate::decode::tests::{Memory, traced};
use crate::decode::{Limits, decode};

const SHELL: TaskUid = TaskUid(0);
const CHILD: TaskUid = TaskUid(1);

/// Decodes, names and applies a call; gives what it worked on.
fn run(fds: &mut FdTables, task: TaskUid, raw: &RawSyscall) -> Option<String> {
    let mut decoded = decode(raw, &Limits::default());
    fds.name(task, raw, &mut decoded);
    fds.apply(task, raw, &decoded);
    decoded.path
}

fn call(name: &str, args: &[u64], ret: i64) -> RawSyscall {
    traced(name, args, Some(ret), Memory::default(), Memory::default())
}

fn open(path: &[u8], flags: i32, fd: i64) -> RawSyscall {
    let memory = Memory::default().with(0x1000, path);
    traced("openat", &[-100i64 as u64, 0x1000, flags as u64], Some(fd), memory, Memory::default())
}

fn with_shell() -> FdTables {
    let mut fds = FdTables::default();
    fds.seed(Pid(10), Fd(1), "/dev/pts/0");
    fds.started(SHELL, Pid(10), Origin::Spawned);
    fds
}

fn fork(fds: &mut FdTables, flags: i32) {
    let origin = Origin::Created { parent: SHELL, by: Creation::Clone, clone_flags: flags as u64 };
    fds.started(CHILD, Pid(11), origin);
}

#[test]
fn reads_and_closes_are_named_by_the_open_before_them() {
    let fds = &mut with_shell();
    assert_eq!(run(fds, SHELL, &call("write", &[1, 0, 0], 0)).as_deref(), Some("/dev/pts/0"));
    run(fds, SHELL, &open(b"/etc/passwd\0", 0, 3));
    assert_eq!(run(fds, SHELL, &call("read", &[3, 0, 0], 0)).as_deref(), Some("/etc/passwd"));
    run(fds, SHELL, &call("dup2", &[3, 7], 7));
    assert_eq!(run(fds, SHELL, &call("close", &[3], 0)).as_deref(), Some("/etc/passwd"));
    assert_eq!(run(fds, SHELL, &call("read", &[3, 0, 0], -9)), None);
    assert_eq!(run(fds, SHELL, &call("fstat", &[7, 0], 0)).as_deref(), Some("/etc/passwd"));
}

#[test]
fn a_forked_table_goes_its_own_way_and_a_shared_one_does_not() {
    for (flags, expected) in [(libc::SIGCHLD, None), (libc::CLONE_FILES, Some("/etc/hosts"))] {
        let fds = &mut with_shell();
        fork(fds, flags);
        run(fds, CHILD, &open(b"/etc/hosts\0", 0, 3));
        assert_eq!(run(fds, SHELL, &call("read", &[3, 0, 0], 0)).as_deref(), expected);
        assert_eq!(run(fds, CHILD, &call("read", &[1, 0, 0], 0)).as_deref(), Some("/dev/pts/0"));
    }
}

#[test]
fn exec_closes_what_is_marked_and_leaves_sharers_alone() {
    let fds = &mut with_shell();
    run(fds, SHELL, &open(b"/kept\0", 0, 3));
    run(fds, SHELL, &open(b"/closed\0", libc::O_CLOEXEC, 4));
    fork(fds, libc::CLONE_FILES);
    fds.executed(CHILD);
    assert_eq!(run(fds, CHILD, &call("read", &[3, 0, 0], 0)).as_deref(), Some("/kept"));
    assert_eq!(run(fds, CHILD, &call("read", &[4, 0, 0], 0)), None);
    assert_eq!(run(fds, SHELL, &call("read", &[4, 0, 0], 0)).as_deref(), Some("/closed"));
}

#[test]
fn a_range_is_closed_or_marked() {
    let fds = &mut with_shell();
    run(fds, SHELL, &open(b"/a\0", 0, 3));
    run(fds, SHELL, &open(b"/b\0", 0, 4));
    run(fds, SHELL, &call("close_range", &[4, u64::from(u32::MAX), 4], 0));
    assert_eq!(run(fds, SHELL, &call("read", &[4, 0, 0], 0)).as_deref(), Some("/b"));
    fds.executed(SHELL);
    assert_eq!(run(fds, SHELL, &call("read", &[4, 0, 0], 0)), None);
    run(fds, SHELL, &call("close_range", &[3, 3, 0], 0));
    assert_eq!(run(fds, SHELL, &call("read", &[3, 0, 0], 0)), None);
}

#[test]
fn paths_are_joined_to_the_directory_that_they_start_from() {
    let fds = &mut with_shell();
    run(fds, SHELL, &open(b"/srv/data\0", libc::O_DIRECTORY, 5));
    let memory = Memory::default().with(0x1000, b"log/a\0");
    let raw = traced("openat", &[5, 0x1000, 0], Some(6), memory, Memory::default());
    assert_eq!(run(fds, SHELL, &raw).as_deref(), Some("/srv/data/log/a"));
}

#[test]
fn sockets_are_known_by_their_peer_and_pairs_by_their_number() {
    let fds = &mut with_shell();
    run(fds, SHELL, &call("socket", &[2, 1, 0], 3));
    let address = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let memory = Memory::default().with(0x1000, &address);
    let raw = traced("connect", &[3, 0x1000, 16], Some(0), memory, Memory::default());
    assert_eq!(run(fds, SHELL, &raw).as_deref(), Some("127.0.0.1:80"));
    assert_eq!(run(fds, SHELL, &call("sendto", &[3, 0, 0, 0, 0, 0], 0)).as_deref(), Some("127.0.0.1:80"));

    let ends = Memory::default().with(0x2000, &[4, 0, 0, 0, 5, 0, 0, 0]);
    run(fds, SHELL, &traced("pipe2", &[0x2000, 0], Some(0), Memory::default(), ends));
    assert_eq!(run(fds, SHELL, &call("read", &[4, 0, 0], 0)).as_deref(), Some("pipe 1"));
    assert_eq!(run(fds, SHELL, &call("write", &[5, 0, 0], 0)).as_deref(), Some("pipe 1"));
}

#[test]
fn nothing_is_kept_of_tasks_that_ended() {
    let fds = &mut with_shell();
    fork(fds, libc::SIGCHLD);
    fds.ended(CHILD);
    fds.ended(SHELL);
    assert!(fds.tables.is_empty() && fds.of_task.is_empty() && fds.of_process.is_empty());
}
