//! The recorder under a server: the control socket, the captured output, the calls in flight.

use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use syscope::recorder::control::{Command, Status};
use syscope_shared::event::{EventKind, Stream};
use syscope_shared::file::SealReason;

use super::harness::{PYTHON, Recorder, Target, Trace, is_running, is_traced, numbers, wait_until};

/// A recorder with the server's end of its socket.
struct Served {
    recorder: Recorder,
    socket: UnixStream,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        fcntl(&theirs, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
        let fd = theirs.as_raw_fd().to_string();
        let args: Vec<&str> = ["--control-fd", fd.as_str()].into_iter().chain(args.iter().copied()).collect();
        let recorder = Recorder::start(&args);
        fcntl(&theirs, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        Self { recorder, socket: ours }
    }

    fn capturing(program: &str) -> Self {
        Self::start(&["--capture-output", "--", PYTHON, "-c", program])
    }

    fn send(&mut self, command: Command) {
        self.socket.write_all(command.to_line().as_bytes()).unwrap();
    }

    fn statuses(&self) -> Vec<Status> {
        let lines = BufReader::new(&self.socket).lines();
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
    }

    fn wait_for_output(&self, wanted: &str) {
        wait_until("the output is in the file", || {
            output(&Trace::read(&self.recorder.file)).contains(wanted)
        });
    }
}

fn output(trace: &Trace) -> String {
    let bytes: Vec<u8> = trace.output.iter().flat_map(|output| output.bytes.clone()).collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn output_goes_into_the_trace_and_nothing_of_the_recorder_into_the_command() {
    let program = "
import os, sys
print('out', sys.stdin.read(), sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:-1], flush=True)
print('err', file=sys.stderr)";
    let served = Served::capturing(program);
    let statuses = served.statuses();
    let recording = served.recorder.finish();
    assert_eq!((recording.stdout().as_str(), recording.stderr().as_str()), ("", ""));
    let trace = recording.trace();
    trace.check();
    let stream = |wanted: Stream| {
        let pieces = trace.output.iter().filter(|output| output.stream == wanted);
        String::from_utf8(pieces.flat_map(|output| output.bytes.clone()).collect()).unwrap()
    };
    assert_eq!(stream(Stream::Stdout), "out  [0, 1, 2]\n");
    assert_eq!(stream(Stream::Stderr), "err\n");
    assert!(matches!(statuses.first(), Some(Status::Recording(_))), "{statuses:?}");
    let Some(Status::Finished { written, exit_status: Some(0), warning: None }) = statuses.last() else {
        panic!("{statuses:?}")
    };
    assert_eq!(written.events, trace.events.len() as u64);
    assert_eq!(written.errors, trace.calls().filter(|(_, call)| call.is_error()).count() as u64);
}

#[test]
fn much_output_blocks_nobody_and_is_whole() {
    let served = Served::capturing("for n in range(200000): print(n)");
    let statuses = served.statuses();
    assert!(matches!(statuses.last(), Some(Status::Finished { exit_status: Some(0), .. })), "{statuses:?}");
    let recording = served.recorder.finish();
    assert_eq!(numbers(&output(&recording.trace())), (0..200_000).collect::<Vec<i32>>());
}

#[test]
fn stop_ends_the_command_and_all_that_it_started() {
    let program = "
import os, signal, time
if os.fork() == 0: signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
while True: time.sleep(1)";
    let mut served = Served::capturing(program);
    wait_until("both run", || numbers(&output(&Trace::read(&served.recorder.file))).len() == 2);
    let pids = numbers(&output(&Trace::read(&served.recorder.file)));
    let start = Instant::now();
    served.send(Command::Stop);
    let statuses = served.statuses();
    assert!(matches!(statuses.last(), Some(Status::Finished { exit_status: Some(143), .. })), "{statuses:?}");
    // The child that does not listen to SIGTERM is given two seconds.
    assert!(
        (Duration::from_secs(2)..Duration::from_secs(5)).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
    assert!(pids.iter().all(|pid| !is_running(*pid)));
    served.recorder.finish().trace().check();
}

#[test]
fn detach_lets_a_command_and_its_output_go_on() {
    let program = "
import sys, time
print('first', flush=True)
while True:
    time.sleep(0.02)
    print('x' * 1000, flush=True)";
    let mut served = Served::capturing(program);
    served.wait_for_output("first");
    let command = served.recorder.wait_for_command();
    served.send(Command::Detach);
    let statuses = served.statuses();
    assert!(matches!(statuses.last(), Some(Status::Finished { exit_status: None, .. })), "{statuses:?}");
    assert!(!is_traced(command));
    // More than a pipe holds: somebody must still be reading it.
    let written = || -> u64 {
        let io = std::fs::read_to_string(format!("/proc/{command}/io")).unwrap();
        io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().parse().unwrap()
    };
    let before = written();
    wait_until("the command goes on writing", || written() > before + 100_000);
    assert!(is_running(command));
    let trace = Trace::read(&served.recorder.file);
    trace.check();
    assert_eq!(trace.seal.unwrap().reason, SealReason::Stopped);
    super::harness::send(command, nix::sys::signal::Signal::SIGKILL);
    served.recorder.finish();
}

#[test]
fn stop_lets_go_of_attached_processes() {
    let target = Target::python("import time\nwhile True: time.sleep(0.01)", &[]);
    let pid = target.pid().0;
    let mut served = Served::start(&["-p", &pid.to_string()]);
    wait_until("it is traced", || is_traced(pid));
    served.send(Command::Stop);
    let statuses = served.statuses();
    assert!(matches!(statuses.last(), Some(Status::Finished { exit_status: None, .. })), "{statuses:?}");
    assert!(is_running(pid) && !is_traced(pid));
}

#[test]
fn the_recording_goes_on_when_the_server_is_gone_or_does_not_read() {
    let script = "i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done; exit 5";
    let Served { recorder, socket } = Served::start(&["--", "sh", "-c", script]);
    drop(socket);
    let recording = recorder.finish();
    assert_eq!(recording.finished.status.code(), Some(5));
    recording.trace().check();
    let served = Served::start(&["--", "sh", "-c", script]);
    let Served { recorder, socket: _unread } = served;
    let recording = recorder.finish();
    assert_eq!(recording.finished.status.code(), Some(5));
    recording.trace().check();
}

#[test]
fn a_failure_is_told_to_the_server() {
    let served = Served::start(&["--", "no-such-program"]);
    let statuses = served.statuses();
    let [Status::Failed { reason }] = &statuses[..] else { panic!("{statuses:?}") };
    assert!(reason.contains("no program `no-such-program`"), "{reason}");
    served.recorder.finish();
}

#[test]
fn a_call_that_lasts_is_seen_before_it_returns() {
    let recorder = Recorder::start(&["--", "sleep", "1.5"]);
    let mut trace = Trace::default();
    wait_until("the call is in the file", || {
        trace = Trace::read(&recorder.file);
        !trace.in_flight.is_empty()
    });
    let [event] = &trace.in_flight[..] else { panic!("{:?}", trace.in_flight) };
    let EventKind::Syscall(call) = &event.kind else { panic!("{event:?}") };
    assert_eq!((call.id.name().as_ref(), call.duration), ("clock_nanosleep", None));
    assert!(trace.seal.is_none());
    // What came before is there as well, within a moment.
    assert!(trace.calls().count() > 10);
    let trace = recorder.finish().trace();
    trace.check();
    assert!(trace.in_flight.is_empty(), "it has returned");
    let call = *trace.calls_named("clock_nanosleep").last().unwrap();
    assert!(call.duration.unwrap().0 >= 1_500_000_000);
}
