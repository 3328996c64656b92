//! When the recorder dies, or cannot write: what was spawned goes with it, what was attached does not notice, and the file opens.

use std::process::Command;

use nix::sys::signal::Signal;
use syscope_shared::file::SealReason;

use super::harness::{
    PYTHON, Recorder, Target, Trace, children, is_running, is_traced, send, state, status_field, threads,
    wait_until,
};

/// Ends when nobody is traced any more by what was killed.
fn kill_recorder(mut recorder: Recorder) -> Trace {
    send(recorder.pid().0, Signal::SIGKILL);
    wait_until("the recorder is dead", || recorder.has_ended());
    Trace::read(&recorder.file)
}

fn wait_for_events(recorder: &Recorder) {
    wait_until("something is written", || Trace::read(&recorder.file).events.len() > 100);
}

#[test]
fn a_spawned_tree_dies_with_its_recorder() {
    let program = "
import os, threading, time
for _ in range(3):
    if os.fork() == 0: break
threading.Thread(target=lambda: [os.getppid() for _ in iter(int, 1)], daemon=True).start()
while True: time.sleep(0.001)";
    let recorder = Recorder::start(&["--", PYTHON, "-c", program]);
    let command = recorder.wait_for_command();
    wait_until("the tree has grown", || children(command).len() == 3);
    wait_for_events(&recorder);
    let tree: Vec<i32> = children(command).into_iter().chain([command]).collect();
    let trace = kill_recorder(recorder);
    for pid in &tree {
        wait_until("the tree is gone", || !is_running(*pid));
    }
    assert!(trace.seal.is_none(), "an unsealed file says that it is incomplete");
    assert!(trace.events.len() > 100);
    assert_eq!(status_field(command, "TracerPid").filter(|tracer| tracer == "1"), None);
}

#[test]
fn an_attached_process_does_not_notice_that_its_recorder_dies() {
    let program = "
import os, sys, threading, time
def count(name):
    n = 0
    while True:
        n += 1
        with open(name + '.new', 'w') as file: file.write(str(n))
        os.rename(name + '.new', name)
for i in range(3): threading.Thread(target=count, args=(sys.argv[1] + str(i),), daemon=True).start()
time.sleep(600)";
    let dir = tempfile::tempdir().unwrap();
    let target = Target::python(program, &[dir.path().join("count").to_str().unwrap()]);
    let pid = target.pid().0;
    let count = |i: usize| -> u64 {
        std::fs::read_to_string(dir.path().join(format!("count{i}")))
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    };
    for _ in 0..5 {
        let recorder = Recorder::start(&["-p", &pid.to_string()]);
        wait_until("it is traced", || threads(pid).iter().all(|tid| is_traced(*tid)));
        wait_for_events(&recorder);
        assert!(kill_recorder(recorder).seal.is_none());
        for tid in threads(pid) {
            wait_until("nobody traces it", || !is_traced(tid));
            assert!(matches!(state(tid), Some('R' | 'S' | 'D')), "{:?}", state(tid));
        }
        let before: Vec<u64> = (0..3).map(count).collect();
        wait_until("all threads go on", || (0..3).all(|i| count(i) > before[i] + 2));
    }
}

#[test]
fn signals_are_not_lost_when_the_recorder_dies() {
    // The target counts the real-time signals that it gets; all are sent while recorders come and are killed.
    let program = "
import os, signal, sys, time
got = 0
def count(*_):
    global got
    got += 1
    with open(sys.argv[1] + '.new', 'w') as file: file.write(str(got))
    os.rename(sys.argv[1] + '.new', sys.argv[1])
signal.signal(40, count)
with open(sys.argv[1], 'w') as file: file.write('0')
while True: signal.pause()";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("got");
    let target = Target::python(program, &[file.to_str().unwrap()]);
    let got = || std::fs::read_to_string(&file).ok().and_then(|n| n.parse::<u32>().ok()).unwrap_or(u32::MAX);
    wait_until("it counts", || got() == 0);
    let mut sent = 0;
    for round in 0..20 {
        let recorder = Recorder::start(&["-p", &target.pid().0.to_string()]);
        wait_until("it is traced", || is_traced(target.pid().0));
        for _ in 0..50 + round {
            // Python merges signals that come before its handler ran, so that each must be seen before the next.
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(target.pid().0), None::<Signal>).unwrap();
            queue_signal(target.pid().0);
            sent += 1;
            if sent % 7 != 0 {
                wait_until("it is counted", || got() == sent);
            } else {
                break;
            }
        }
        kill_recorder(recorder);
        wait_until("it is counted after the recorder's death", || got() == sent);
    }
}

fn queue_signal(pid: i32) {
    let status = Command::new("kill").args(["-40", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_full_disk_ends_the_recording_and_harms_nobody() {
    for limit in [100, 1 << 12, 1 << 15, 1 << 17] {
        let script = "for n in $(seq 300); do /bin/true; done; echo done; exit 3";
        let wrapper = ["prlimit".to_owned(), format!("--fsize={limit}")];
        let recorder = Recorder::start_within(&wrapper, &["--", "sh", "-c", script]);
        let recording = recorder.finish();
        assert_eq!(recording.finished.status.code(), Some(1), "{limit}: {}", recording.stderr());
        let says = recording.stderr();
        assert!(says.contains("File too large"), "{limit}: {says}");
        if limit == 100 {
            // Not even the header found room: nothing was started.
            assert_eq!(recording.stdout(), "");
            continue;
        }
        assert_eq!(recording.stdout(), "done\n", "{limit}: {says}");
        let trace = recording.trace();
        assert_eq!(trace.seal.map(|seal| seal.reason), Some(SealReason::WriteFailed), "{limit}");
        assert_eq!(trace.seal.unwrap().events, trace.events.len() as u64);
    }
}
