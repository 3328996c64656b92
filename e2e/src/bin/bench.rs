//! `cargo xtask bench`: what tracing costs, side by side in one run.
//!
//! Every program runs untraced, under `strace -f -o FILE` and under `syscope record -o FILE`, in turns, so that a change of the machine's
//! load meets all three alike. Medians of wall-clock seconds; the ratios are what travels to another machine.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use syscope_e2e::report::syscope;
use syscope_e2e::samples::{self, quiet};

const ROUNDS: usize = 5;

/// 20,000 times the cheapest call, as a program that does nothing else.
const LOOP: &str = "import os\nf = os.getppid\nfor _ in range(20000): f()";

struct Program {
    name: String,
    argv: Vec<String>,
}

fn programs() -> Result<Vec<Program>> {
    let python = |script: &str| vec!["/usr/bin/python3".to_owned(), "-c".to_owned(), script.to_owned()];
    let mut programs = vec![Program { name: "20,000 × getppid".to_owned(), argv: python(LOOP) }];
    for sample in samples::all()? {
        programs.push(Program { name: sample.id.clone(), argv: sample.argv() });
    }
    Ok(programs)
}

/// The ways to run a program: what stands before it.
fn tracers(output: &str) -> Result<[Vec<String>; 3]> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let syscope = syscope()?.display().to_string();
    Ok([Vec::new(), words(&["strace", "-f", "-o", output]), words(&[&syscope, "record", "-o", output, "--"])])
}

fn seconds(argv: &[String]) -> Result<f64> {
    let start = Instant::now();
    quiet(argv).status().with_context(|| format!("starting {}", argv[0]))?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let output = dir.path().join("trace").display().to_string();
    let tracers = tracers(&output)?;
    ensure!(syscope_e2e::strace::is_installed(), "strace is what syscope is measured against: install it");
    println!("Seconds of wall clock, medians of {ROUNDS} rounds in turns.\n");
    println!(
        "{:<20} {:>9} {:>9} {:>9} {:>16} {:>18}",
        "program", "untraced", "strace", "syscope", "syscope/strace", "syscope/untraced"
    );
    for program in programs()? {
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            for (tracer, times) in tracers.iter().zip(&mut times) {
                times.push(seconds(&[&tracer[..], &program.argv].concat())?);
            }
        }
        let [untraced, strace, syscope] = times.map(median);
        println!(
            "{:<20} {untraced:>9.3} {strace:>9.3} {syscope:>9.3} {:>16.2} {:>18.2}",
            program.name,
            syscope / strace,
            syscope / untraced
        );
    }
    Ok(())
}
