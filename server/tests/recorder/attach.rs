//! Attaching to running processes and letting go of them: they notice nothing.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use syscope_shared::event::{Change, End, Origin};
use syscope_shared::file::SealReason;

use super::harness::{
    Recorder, Target, is_running, is_traced, record, send, state, status_field, syscall_of, threads,
    wait_until,
};

/// Six threads: one counts aloud in a file, the others wait for a lock that is never free.
const COUNTING: &str = "
import sys, threading, time
lock = threading.Lock()
lock.acquire()
for _ in range(5): threading.Thread(target=lock.acquire, daemon=True).start()
n = 0
while True:
    n += 1
    with open(sys.argv[1], 'w') as file: file.write(str(n))
    time.sleep(0.005)";

struct Counting {
    target: Target,
    file: tempfile::NamedTempFile,
}

impl Counting {
    fn start() -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let target = Target::python(COUNTING, &[file.path().to_str().unwrap()]);
        let counting = Self { target, file };
        wait_until("all threads run", || threads(counting.pid()).len() == 6 && counting.count() > 0);
        counting
    }

    fn pid(&self) -> i32 {
        self.target.pid().0
    }

    fn count(&self) -> u32 {
        std::fs::read_to_string(self.file.path()).unwrap().parse().unwrap_or(0)
    }

    fn wait_for_progress(&self) {
        // The file may just have been emptied to be written anew.
        let mut from = 0;
        wait_until("it counts", || {
            from = self.count();
            from > 0
        });
        wait_until("it goes on counting", || self.count() > from + 3);
    }
}

fn wait_until_attached(pid: i32) {
    wait_until("all threads are traced", || threads(pid).iter().all(|tid| is_traced(*tid)));
}

fn assert_untouched(pid: i32) {
    for tid in threads(pid) {
        wait_until("the thread is let go", || !is_traced(tid));
        // A thread may have ended meanwhile.
        assert!(matches!(state(tid), None | Some('R' | 'S' | 'D')), "{:?}", state(tid));
    }
}

#[test]
fn all_threads_are_traced_and_let_go() {
    let counting = Counting::start();
    let recorder = Recorder::start(&["-p", &counting.pid().to_string()]);
    wait_until_attached(counting.pid());
    counting.wait_for_progress();
    send(recorder.pid().0, Signal::SIGTERM);
    let start = Instant::now();
    let recording = recorder.finish();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(recording.finished.status.code(), Some(0), "{}", recording.stderr());
    assert_untouched(counting.pid());
    counting.wait_for_progress();

    let trace = recording.trace();
    trace.check();
    let mut seen: Vec<i32> = trace.started().iter().map(|(tid, _)| tid.0).collect();
    let mut expected = threads(counting.pid());
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert!(trace.changes.iter().all(|change| match &change.change {
        Change::Started { origin, .. } => *origin == Origin::Attached,
        Change::Ended(end) => *end == End::Detached,
        _ => true,
    }));
    assert!(trace.calls_named("openat").len() > 2);
    // The waiting threads were in futex all the time: one call each, which did not return to the tracer.
    let waiting = trace.calls_named("futex").iter().filter(|call| call.duration.is_none()).count();
    assert_eq!(waiting, 5, "{}", trace.outline());
    let seal = trace.seal.unwrap();
    assert_eq!((seal.reason, seal.exit_status), (SealReason::Stopped, None));
}

#[test]
fn a_blocked_read_survives_attaching_and_letting_go() {
    let (mut reader, writer) = (std::process::Command::new("cat"), std::process::Stdio::piped());
    let mut child = reader.stdin(writer).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pid = child.id() as i32;
    for _ in 0..5 {
        let recorder = Recorder::start(&["-p", &pid.to_string()]);
        wait_until("it is traced, and waits in read", || is_traced(pid) && syscall_of(pid) == Some(0));
        send(recorder.pid().0, Signal::SIGINT);
        let recording = recorder.finish();
        assert_eq!(recording.finished.status.code(), Some(0));
    }
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"hello").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"hello");
}

#[test]
fn what_was_stopped_stays_stopped() {
    let counting = Counting::start();
    let pid = counting.pid();
    send(pid, Signal::SIGSTOP);
    wait_until("it is stopped", || threads(pid).iter().all(|tid| state(*tid) == Some('T')));
    let recorder = Recorder::start(&["-p", &pid.to_string()]);
    wait_until_attached(pid);
    send(recorder.pid().0, Signal::SIGTERM);
    let recording = recorder.finish();
    assert_eq!(recording.finished.status.code(), Some(0), "{}", recording.stderr());
    for tid in threads(pid) {
        assert_eq!(state(tid), Some('T'));
    }
    send(pid, Signal::SIGCONT);
    counting.wait_for_progress();
}

#[test]
fn an_attached_process_that_ends_ends_the_recording() {
    let target = Target::python("import sys, time; time.sleep(0.3); sys.exit(8)", &[]);
    let recording = record(&["-p", &target.pid().0.to_string()]);
    assert_eq!(recording.finished.status.code(), Some(0));
    let trace = recording.trace();
    trace.check();
    assert_eq!(trace.ends().last().unwrap().1, End::Exited(8));
    assert_eq!(trace.seal.unwrap().reason, SealReason::Finished);
}

#[test]
fn several_processes_at_once_and_their_children() {
    let program = "
import os, sys, time
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
os.waitpid(os.spawnv(os.P_NOWAIT, '/bin/true', ['true']), 0)";
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let targets: Vec<Target> = (0..2).map(|_| Target::python(program, &[go.to_str().unwrap()])).collect();
    let pids: Vec<String> = targets.iter().map(|target| target.pid().0.to_string()).collect();
    let recorder = Recorder::start(&["-p", &pids.join(", ")]);
    for target in &targets {
        wait_until("it is traced", || is_traced(target.pid().0));
    }
    std::fs::write(go, "").unwrap();
    let recording = recorder.finish();
    let trace = recording.trace();
    trace.check();
    assert_eq!(trace.started().len(), 4, "{}", trace.outline());
    let executed = trace.changes.iter().filter(
        |change| matches!(&change.change, Change::Executed { program, .. } if program == "/bin/true"),
    );
    assert_eq!(executed.count(), 2);
}

#[test]
fn threads_that_come_while_attaching_are_not_missed() {
    let program = "
import threading, time
def work(depth):
    time.sleep(0.001)
while True:
    threads = [threading.Thread(target=work, args=(0,)) for _ in range(10)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()";
    let target = Target::python(program, &[]);
    for _ in 0..5 {
        let recorder = Recorder::start(&["-p", &target.pid().0.to_string()]);
        wait_until("all threads are traced", || {
            let tids = threads(target.pid().0);
            // A thread may end while it is looked at.
            tids.len() > 1 && tids.iter().all(|tid| status_field(*tid, "TracerPid").is_none_or(|t| t != "0"))
        });
        send(recorder.pid().0, Signal::SIGTERM);
        let recording = recorder.finish();
        assert_eq!(recording.finished.status.code(), Some(0), "{}", recording.stderr());
        recording.trace().check_ends();
    }
    assert_untouched(target.pid().0);
}

#[test]
fn refusals_name_cause_and_remedy() {
    let refused = |pid: i32| {
        let recording = record(&["-p", &pid.to_string()]);
        assert_eq!(recording.finished.status.code(), Some(1));
        assert!(!recording.file.exists());
        recording.stderr()
    };
    assert!(refused(i32::MAX).contains("there is no process"));
    assert!(refused(1).contains("process 1"));
    assert!(refused(std::process::id() as i32).contains("is syscope itself or has started it"));

    let counting = Counting::start();
    let thread = threads(counting.pid()).into_iter().find(|tid| *tid != counting.pid()).unwrap();
    assert!(refused(thread).contains(&format!("is a thread of process {}", counting.pid())));
    let recorder = Recorder::start(&["-p", &counting.pid().to_string()]);
    wait_until_attached(counting.pid());
    let says = refused(counting.pid());
    assert!(says.contains(&format!("already traced by process {}", recorder.pid().0)), "{says}");
    counting.wait_for_progress();

    let mut zombie = std::process::Command::new("true").spawn().unwrap();
    wait_until("it is a zombie", || state(zombie.id() as i32) == Some('Z'));
    assert!(refused(zombie.id() as i32).contains("has ended already"));
    zombie.wait().unwrap();
    assert!(is_running(counting.pid()));
}
