//! For each sample: syscope counts what strace counts, and sees the tree that strace sees.

use std::collections::BTreeSet;

use anyhow::Result;
use syscope_e2e::report::{Counts, record, report};
use syscope_e2e::samples::{self, Sample};
use syscope_e2e::{strace, tree};

/// Runs of each tracer; more follow while numbers that vary have not met.
const FIRST_ROUNDS: usize = 2;
const MOST_ROUNDS: usize = 8;

/// What the runs of one tracer counted of one call.
fn values(runs: &[Counts], call: &str) -> BTreeSet<(u64, u64)> {
    runs.iter().map(|run| run.get(call).copied().unwrap_or_default()).collect()
}

/// The calls on which the two tracers have not yet agreed: no run of one counted what a run of the other did, and the calls that vary
/// under strace do not even lie between its fewest and its most.
fn disagreements(theirs: &[Counts], ours: &[Counts]) -> Vec<String> {
    let calls: BTreeSet<&String> = theirs.iter().chain(ours).flat_map(Counts::keys).collect();
    let is_apart = |call: &String| {
        let (theirs, ours) = (values(theirs, call), values(ours, call));
        theirs.is_disjoint(&ours) && (theirs.len() == 1 || !overlap(&theirs, &ours))
    };
    let apart = calls.into_iter().filter(|call| is_apart(call));
    apart
        .map(|call| format!("{call}: strace {:?}, syscope {:?}", values(theirs, call), values(ours, call)))
        .collect()
}

/// Whether the ranges of calls and of errors overlap.
fn overlap(theirs: &BTreeSet<(u64, u64)>, ours: &BTreeSet<(u64, u64)>) -> bool {
    let meet = |number: fn(&(u64, u64)) -> u64| {
        let range = |values: &BTreeSet<(u64, u64)>| {
            (values.iter().map(number).min(), values.iter().map(number).max())
        };
        let ((their_least, their_most), (our_least, our_most)) = (range(theirs), range(ours));
        their_least <= our_most && our_least <= their_most
    };
    meet(|(calls, _)| *calls) && meet(|(_, errors)| *errors)
}

/// What is counted differently from run to run may take more runs; what strace always counts alike has to be counted alike by syscope.
fn assert_same_counts(name: &str, argv: &[String]) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for round in 1..=MOST_ROUNDS {
        theirs.push(strace::counts(argv, dir.path())?);
        let file = dir.path().join("trace.syscope");
        record(argv, &file)?;
        let report = report(&file)?;
        assert!(report.trace.is_complete, "{name}: the trace is not complete");
        ours.push(report.counts());
        if round < FIRST_ROUNDS {
            continue;
        }
        let open = disagreements(&theirs, &ours);
        if open.is_empty() {
            return Ok(());
        }
    }
    panic!("{}: {:#?}", name, disagreements(&theirs, &ours));
}

/// A program whose tree is not the same in every run (a thread may end before a signal ends it, or by it) may take more runs.
fn assert_same_tree(sample: &Sample) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let argv = sample.argv();
    let (mut theirs, mut ours) = (BTreeSet::new(), BTreeSet::new());
    for _ in 1..=MOST_ROUNDS {
        let file = dir.path().join("trace.syscope");
        record(&argv, &file)?;
        ours.insert(tree::of_report(&report(&file)?)?);
        theirs.insert(tree::of_strace(&strace::process_lines(&argv, dir.path())?)?);
        if !ours.is_disjoint(&theirs) {
            return Ok(());
        }
    }
    panic!("{}: strace sees {theirs:#?}, syscope {ours:#?}", sample.id);
}

#[test]
fn every_sample_has_the_calls_that_strace_counts() -> Result<()> {
    assert!(strace::is_installed(), "strace is the oracle of this test: install it");
    samples::all()?.iter().try_for_each(|sample| assert_same_counts(&sample.id, &sample.argv()))
}

/// A few of everyday use: a long listing, a pipeline with a failure in it, threads and forks.
const COMMANDS: [&[&str]; 3] = [
    &["ls", "-la", "/usr/bin"],
    &["sh", "-c", "cat /etc/passwd /no/such/file | sort | head -3; (exit 3); echo $?"],
    &["/usr/bin/python3", "-c", THREADS_AND_FORKS],
];

const THREADS_AND_FORKS: &str = "
import concurrent.futures, os
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda n: os.stat('/'), range(50)))
for _ in range(3):
    if os.fork() == 0: os._exit(0)
    os.wait()
";

#[test]
fn everyday_commands_have_the_calls_that_strace_counts() -> Result<()> {
    assert!(strace::is_installed(), "strace is the oracle of this test: install it");
    COMMANDS.iter().try_for_each(|command| {
        let argv: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        assert_same_counts(command[0], &argv)
    })
}

#[test]
fn every_sample_has_the_process_tree_that_strace_sees() -> Result<()> {
    assert!(strace::is_installed(), "strace is the oracle of this test: install it");
    samples::all()?.iter().try_for_each(assert_same_tree)
}
