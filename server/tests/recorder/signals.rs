//! Signals, group-stops, and what becomes of calls that they interrupt.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use syscope_shared::event::{End, EventKind};

use super::harness::{Recorder, record_python, send, state, syscall_of, wait_until};

fn signals_in(trace: &super::harness::Trace) -> Vec<i32> {
    let signals = trace.events.iter().filter_map(|event| match &event.kind {
        EventKind::Signal { signal, .. } => Some(signal.0),
        _ => None,
    });
    signals.collect()
}

#[test]
fn real_time_signals_arrive_all_and_in_order() {
    let recording = record_python(
        "
import os, signal
got = []
numbers = list(range(34, 65))
for n in numbers: signal.signal(n, lambda n, _: got.append(n))
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
for n in reversed(numbers): os.kill(os.getpid(), n)
signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
print(len(got))",
    );
    assert_eq!(recording.numbers().len(), 1, "{}", recording.stdout());
    let trace = recording.trace();
    trace.check();
    // The kernel delivers the lowest first.
    assert_eq!(signals_in(&trace), (34..=64).collect::<Vec<i32>>());
}

#[test]
fn a_storm_of_signals_loses_none() {
    let recording = record_python(
        "
import os, signal
got = 0
def count(*_):
    global got
    got += 1
signal.signal(40, count)
if (child := os.fork()) == 0:
    for _ in range(2000): os.kill(os.getppid(), 40)
    os._exit(0)
while True:
    try:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid: break
    except InterruptedError: pass
print(len(open('/proc/self/status').read()) > 0 and got)",
    );
    let trace = recording.trace();
    trace.check();
    assert_eq!(signals_in(&trace).iter().filter(|signal| **signal == 40).count(), 2000);
}

#[test]
fn a_group_stop_stops_until_sigcont() {
    let recording = record_python(
        "
import os, signal, time
parent = os.getpid()
if os.fork() == 0:
    while ') T' not in open(f'/proc/{parent}/stat').read() and ') t' not in open(f'/proc/{parent}/stat').read():
        time.sleep(0.005)
    time.sleep(0.3)
    os.kill(parent, signal.SIGCONT)
    os._exit(0)
start = time.monotonic()
os.kill(parent, signal.SIGSTOP)
print(int((time.monotonic() - start) * 1000))
os.wait()",
    );
    let [millis] = recording.numbers()[..] else { panic!("{}", recording.stdout()) };
    assert!(millis >= 300, "it ran on after {millis} ms");
    let trace = recording.trace();
    trace.check();
    let stops =
        trace.events.iter().filter(|event| matches!(event.kind, EventKind::Stopped(by) if by.0 == 19));
    assert_eq!(stops.count(), 1);
    assert!(signals_in(&trace).contains(&18), "SIGCONT");
}

#[test]
fn a_sigtrap_of_the_programs_own_is_delivered() {
    let recording = record_python(
        "
import os, signal
got = []
signal.signal(signal.SIGTRAP, lambda n, _: got.append(n))
for _ in range(10): os.kill(os.getpid(), signal.SIGTRAP)
print(len(got))",
    );
    assert_eq!(recording.numbers(), [10]);
    assert_eq!(signals_in(&recording.trace()), [5; 10]);
}

#[test]
fn a_call_that_a_signal_interrupts_is_shown_as_restarted() {
    let recording = record_python(
        "
import os, signal
r, w = os.pipe()
signal.signal(signal.SIGALRM, lambda *_: os.write(w, b'x'))
signal.setitimer(signal.ITIMER_REAL, 0.05)
os.read(r, 1)",
    );
    let trace = recording.trace();
    trace.check();
    let reads: Vec<_> = trace.calls_named("read").into_iter().rev().take(2).collect();
    // Python restarts by itself: its handlers are installed without SA_RESTART.
    assert_eq!(reads[1].errno, Some(512), "{reads:?}");
    assert!(reads[1].result.starts_with("? ERESTARTSYS"), "{reads:?}");
    assert_eq!(reads[0].ret, 1);
}

#[test]
fn sigkill_in_the_middle_of_a_call_ends_it_without_a_return() {
    let recorder = Recorder::start(&["--", "sleep", "60"]);
    let sleeper = recorder.wait_for_command();
    wait_until("the command sleeps", || syscall_of(sleeper) == Some(230));
    let start = Instant::now();
    send(sleeper, Signal::SIGKILL);
    let recording = recorder.finish();
    assert!(start.elapsed() < Duration::from_secs(5));
    let trace = recording.trace();
    trace.check();
    let (_, last) = trace.calls().last().unwrap();
    assert_eq!((last.id.name().as_ref(), last.duration), ("clock_nanosleep", None));
    assert!(matches!(trace.ends()[..], [(_, End::Killed { signal, .. })] if signal.0 == 9));
    assert_eq!(state(sleeper), None);
}
