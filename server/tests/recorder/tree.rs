//! Processes and threads: forks, execs and ends, in whatever order the kernel tells of them.

use syscope_shared::event::{Change, Creation, End, Origin};

use super::harness::{Trace, compiled, record, record_python};

/// How each task came to be, by tid.
fn creations(trace: &Trace) -> Vec<(i32, Creation)> {
    let created = trace.changes.iter().filter_map(|change| match change.change {
        Change::Started { tid, origin: Origin::Created { by, .. }, .. } => Some((tid.0, by)),
        _ => None,
    });
    created.collect()
}

#[test]
fn threads_and_forks_are_those_that_the_program_made() {
    let recording = record_python(
        "
import os, threading
print(os.getpid(), flush=True)
lock = threading.Lock()
def work():
    pid = os.fork()
    if pid == 0:
        os._exit(5)
    os.waitpid(pid, 0)
    with lock:
        print(threading.get_native_id(), pid, flush=True)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()",
    );
    let trace = recording.trace();
    trace.check();
    let numbers = recording.numbers();
    let (leader, pairs) = numbers.split_first().unwrap();
    let mut expected: Vec<(i32, i32)> = vec![(*leader, *leader)];
    for pair in pairs.chunks(2) {
        expected.extend([(pair[0], *leader), (pair[1], pair[1])]);
    }
    let mut seen: Vec<(i32, i32)> = trace.started().iter().map(|(tid, pid)| (tid.0, pid.0)).collect();
    expected.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, expected);
    for pair in pairs.chunks(2) {
        assert!(creations(&trace).contains(&(pair[0], Creation::Thread)));
        assert!(trace.ends().iter().any(|(tid, end)| tid.0 == pair[1] && *end == End::Exited(5)));
    }
}

#[test]
fn a_thousand_short_lives() {
    let recording = record_python(
        "
import os
for n in range(500):
    pid = os.fork()
    if pid == 0:
        os._exit(n % 256)
    assert os.waitpid(pid, 0)[1] >> 8 == n % 256",
    );
    let trace = recording.trace();
    trace.check();
    let ends: Vec<u8> = trace
        .ends()
        .iter()
        .filter_map(|(_, end)| match end {
            End::Exited(status) => Some(*status),
            _ => None,
        })
        .collect();
    let expected: Vec<u8> = (0..500).map(|n| (n % 256) as u8).chain([0]).collect();
    assert_eq!(ends, expected);
    // The kernel may have given a thread id to two lives; they are two tasks all the same.
    assert_eq!(trace.started().len(), 501);
}

#[test]
fn a_parent_that_ends_first_leaves_its_child_traced() {
    let recording = record(&["--", "sh", "-c", "(sleep 0.2; exec /bin/echo late) & exit 4"]);
    assert_eq!(recording.finished.status.code(), Some(4));
    assert_eq!(recording.stdout(), "late\n");
    let trace = recording.trace();
    trace.check();
    assert!(trace.calls_named("write").iter().any(|call| call.args.contains("late")), "{}", trace.outline());
}

#[test]
fn vfork_children_run_before_their_parent_goes_on() {
    // Python's subprocess uses vfork.
    let recording = record_python(
        "
import subprocess
for _ in range(20):
    assert subprocess.run(['/bin/sh', '-c', 'exit 9']).returncode == 9",
    );
    let trace = recording.trace();
    trace.check();
    let vforks = creations(&trace).iter().filter(|(_, by)| *by == Creation::Vfork).count();
    assert_eq!(vforks, 20);
    assert_eq!(trace.ends().iter().filter(|(_, end)| *end == End::Exited(9)).count(), 20);
}

#[test]
fn a_thread_that_executes_becomes_its_process() {
    let recording = record_python(
        "
import os, threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
def sleeps(tid):
    # 230 is clock_nanosleep.
    with open(f'/proc/self/task/{tid}/syscall') as call: return call.read().startswith('230 ')
def work():
    others = [tid for tid in os.listdir('/proc/self/task') if int(tid) != threading.get_native_id()]
    while not all(map(sleeps, others)): os.sched_yield()
    print(os.getpid(), threading.get_native_id(), flush=True)
    os.execv('/bin/echo', ['/bin/echo', '-n', ''])
threading.Thread(target=work).start()
time.sleep(60)",
    );
    let trace = recording.trace();
    trace.check();
    let [pid, thread] = recording.numbers()[..] else { panic!("{}", recording.stdout()) };
    let executed = trace.changes.iter().filter_map(|change| match &change.change {
        Change::Executed { tid, program, .. } => Some((trace.tid(change.task).0, tid.0, program.as_str())),
        _ => None,
    });
    assert_eq!(executed.collect::<Vec<_>>().last(), Some(&(thread, pid, "/bin/echo")));
    let ends = trace.ends();
    assert_eq!(ends.len(), 3);
    let end_of = |tid: i32| ends.iter().find(|(t, _)| t.0 == tid).unwrap().1;
    assert!(matches!(end_of(pid), End::Superseded { by } if by.0 == thread), "{ends:?}");
    // The exec'ing task's own end is that of the program that it became.
    assert_eq!(end_of(thread), End::Exited(0));
    // The leader and the other thread slept; their calls did not return.
    let unfinished: Vec<_> = trace.calls().filter(|(_, call)| call.duration.is_none()).collect();
    let sleeps = unfinished.iter().filter(|(_, call)| call.id.name() == "clock_nanosleep").count();
    assert_eq!(sleeps, 2, "{unfinished:?}");
}

#[test]
fn a_leader_that_exits_first_keeps_its_process_alive() {
    let recording = record(&[
        "--",
        super::harness::PYTHON,
        "-c",
        "
import ctypes, os, threading, time
leader_state = lambda: open(f'/proc/self/task/{os.getpid()}/stat').read().split(') ')[1][0]
def work():
    while leader_state() != 'Z':
        time.sleep(0.01)
    print(os.getpid(), threading.get_native_id(), flush=True)
    os._exit(6)
threading.Thread(target=work).start()
SYS_exit = 60
ctypes.CDLL(None).syscall(SYS_exit, 0)",
    ]);
    assert_eq!(recording.finished.status.code(), Some(6), "{}", recording.stderr());
    let trace = recording.trace();
    trace.check();
    let [pid, thread] = recording.numbers()[..] else { panic!("{}", recording.stdout()) };
    let mut ends: Vec<_> = trace.ends().iter().map(|(tid, end)| (tid.0, *end)).collect();
    ends.sort_unstable_by_key(|(tid, _)| *tid);
    let mut expected = [(pid, End::Exited(6)), (thread, End::Exited(6))];
    expected.sort_unstable_by_key(|(tid, _)| *tid);
    assert_eq!(ends, expected);
    // The leader was gone before the thread printed.
    let end_time = |tid: i32| {
        let ended = |change: &&syscope_shared::event::TaskChange| {
            trace.tid(change.task).0 == tid && matches!(change.change, Change::Ended(_))
        };
        trace.changes.iter().find(ended).unwrap().time
    };
    assert!(end_time(pid) < end_time(thread));
}

#[test]
fn a_spinning_thread_starves_nobody() {
    let Some(program) = compiled(
        "spinners",
        r#"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
static volatile int done;
static void *spin(void *arg) { while (!done) syscall(SYS_getppid); return arg; }
int main(void) {
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, spin, NULL);
    for (int i = 0; i < 300; i++) syscall(SYS_getuid);
    done = 1;
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
    return 0;
}"#,
    ) else {
        return;
    };
    let start = std::time::Instant::now();
    let recording = record(&["--", program.to_str().unwrap()]);
    assert!(recording.finished.status.success());
    let trace = recording.trace();
    trace.check();
    assert_eq!(trace.calls_named("getuid").len(), 300);
    // Six threads that spin get at most a small multiple of what the one that counts gets.
    let spins = trace.calls_named("getppid").len();
    assert!(spins < 6 * 300 * 20, "{spins} in {:?}", start.elapsed());
}
