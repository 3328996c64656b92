//! The same program under strace and under the recorder: the same calls, the same number of times, failing as often.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use super::harness::{PYTHON, Trace, record};

/// For each call how often it was made and how often it failed.
type Counts = BTreeMap<String, (u64, u64)>;

fn recorded(trace: &Trace) -> Counts {
    let mut counts = Counts::new();
    // strace's table leaves out calls that never returned.
    for (_, call) in trace.calls().filter(|(_, call)| call.duration.is_some()) {
        let (calls, errors) = counts.entry(call.id.name().into_owned()).or_default();
        *calls += 1;
        *errors += u64::from(call.is_error());
    }
    counts
}

/// `strace -f -c`; `None` where strace is not installed.
fn straced(command: &[&str]) -> Option<Counts> {
    let table = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-o"]).arg(table.path()).args(command).stdin(Stdio::null());
    // As the recorder is run: its output goes into pipes.
    if let Err(error) = strace.output() {
        eprintln!("skipped: no strace ({error})");
        return None;
    }
    let table = std::fs::read_to_string(table.path()).unwrap();
    let rows = table.lines().skip(2).take_while(|line| !line.starts_with("---"));
    Some(rows.map(row).collect())
}

/// `% time  seconds  usecs/call  calls  [errors]  syscall`
fn row(line: &str) -> (String, (u64, u64)) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let errors = if words.len() == 6 { words[4].parse().unwrap() } else { 0 };
    ((*words.last().unwrap()).to_owned(), (words[3].parse().unwrap(), errors))
}

fn compare(command: &[&str]) {
    let (Some(first), Some(second), Some(third)) = (straced(command), straced(command), straced(command))
    else {
        return;
    };
    let args: Vec<&str> = ["--"].into_iter().chain(command.iter().copied()).collect();
    let trace = record(&args).trace();
    trace.check();
    let ours = recorded(&trace);
    // Calls whose number varies between two runs of strace say nothing about the recorder.
    let varies = |name: &str| first.get(name) != second.get(name) || first.get(name) != third.get(name);
    let steady: Vec<&String> = first.keys().filter(|name| !varies(name)).collect();
    assert!(steady.len() > first.len() / 2, "{command:?} is of no use here: {first:?} {second:?}");
    for name in steady {
        assert_eq!(ours.get(name), first.get(name), "{name} of {command:?}");
    }
    for (name, counts) in &ours {
        assert!(first.contains_key(name) || varies(name) || second.contains_key(name), "{name} {counts:?}");
    }
}

#[test]
fn a_listing() {
    compare(&["ls", "-la", "/usr/bin"]);
}

#[test]
fn a_pipeline() {
    compare(&["sh", "-c", "cat /etc/passwd /no/such/file | sort | head -3; (exit 3); echo $?"]);
}

#[test]
fn threads_and_a_process_pool() {
    compare(&[
        PYTHON,
        "-c",
        "
import concurrent.futures, os
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda n: os.stat('/'), range(50)))
for _ in range(3):
    if os.fork() == 0: os._exit(0)
    os.wait()
",
    ]);
}
