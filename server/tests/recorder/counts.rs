//! The same program under strace and under the recorder: the same calls, the same number of times, failing as often.

use std::collections::{BTreeMap, BTreeSet};
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

/// More runs follow for as long as a number that varies has not been the same under both.
const MOST_ROUNDS: usize = 6;

/// What the runs under one tracer counted of one call.
fn seen(runs: &[Counts], name: &str) -> BTreeSet<(u64, u64)> {
    runs.iter().map(|run| run.get(name).copied().unwrap_or_default()).collect()
}

fn compare(command: &[&str]) {
    let args: Vec<&str> = ["--"].into_iter().chain(command.iter().copied()).collect();
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let mut apart = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let Some(counts) = straced(command) else { return };
        theirs.push(counts);
        let trace = record(&args).trace();
        trace.check();
        ours.push(recorded(&trace));
        let names: BTreeSet<&String> = theirs.iter().chain(&ours).flat_map(BTreeMap::keys).collect();
        apart = names
            .into_iter()
            .map(|name| (name.clone(), seen(&theirs, name), seen(&ours, name)))
            .filter(|(_, theirs, ours)| theirs.is_disjoint(ours))
            .collect();
        if apart.is_empty() {
            return;
        }
    }
    panic!("{command:?}: (call, under strace, under syscope) {apart:?}");
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
