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

/// The calls on which the two tracers have not yet agreed.
fn disagreements(theirs: &[Counts], ours: &[Counts]) -> Vec<String> {
    let calls: BTreeSet<&String> = theirs.iter().chain(ours).flat_map(Counts::keys).collect();
    let is_open = |call: &&&String| values(theirs, call).is_disjoint(&values(ours, call));
    let describe = |call: &String| {
        format!("{call}: strace {:?}, syscope {:?}", values(theirs, call), values(ours, call))
    };
    calls.iter().filter(is_open).map(|call| describe(call)).collect()
}

/// A call whose number strace itself counts differently from run to run may take more runs until both have seen the same number; one
/// that strace counts alike must be counted alike by syscope at once.
fn assert_same_counts(sample: &Sample) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let argv = sample.argv();
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for round in 1..=MOST_ROUNDS {
        theirs.push(strace::counts(&argv, dir.path())?);
        let file = dir.path().join("trace.syscope");
        record(&argv, &file)?;
        let report = report(&file)?;
        assert!(report.trace.is_complete, "{}: the trace is not complete", sample.id);
        ours.push(report.counts());
        if round < FIRST_ROUNDS {
            continue;
        }
        let open = disagreements(&theirs, &ours);
        if open.is_empty() {
            return Ok(());
        }
        let is_settled = |call: &String| values(&theirs, call).len() == 1 && values(&ours, call).len() == 1;
        let settled: Vec<&String> = theirs[0].keys().filter(|call| is_settled(call)).collect();
        let wrong: Vec<&String> = open
            .iter()
            .filter(|line| settled.iter().any(|call| line.starts_with(&format!("{call}:"))))
            .collect();
        assert!(wrong.is_empty() || round < MOST_ROUNDS / 2, "{}: {wrong:#?}", sample.id);
    }
    panic!("{}: {:#?}", sample.id, disagreements(&theirs, &ours));
}

fn assert_same_tree(sample: &Sample) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let argv = sample.argv();
    let file = dir.path().join("trace.syscope");
    record(&argv, &file)?;
    let ours = tree::of_report(&report(&file)?)?;
    let theirs = tree::of_strace(&strace::process_lines(&argv, dir.path())?)?;
    assert_eq!(ours, theirs, "{}", sample.id);
    Ok(())
}

#[test]
fn every_sample_has_the_calls_that_strace_counts() -> Result<()> {
    assert!(strace::is_installed(), "strace is the oracle of this test: install it");
    samples::all()?.iter().try_for_each(assert_same_counts)
}

#[test]
fn every_sample_has_the_process_tree_that_strace_sees() -> Result<()> {
    assert!(strace::is_installed(), "strace is the oracle of this test: install it");
    samples::all()?.iter().try_for_each(assert_same_tree)
}
