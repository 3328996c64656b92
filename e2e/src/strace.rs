//! The installed strace, as the oracle.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::report::Counts;
use crate::samples::quiet;

/// `strace -f -c`: how often each call was made, and how often it failed.
///
/// # Errors
/// When strace cannot be started or prints something else.
pub fn counts(argv: &[String], dir: &Path) -> Result<Counts> {
    let table = dir.join("strace-table");
    run(&["-f", "-c", "-o"], &table, argv)?;
    parse_table(&std::fs::read_to_string(table)?)
}

/// The lines of `strace -f -e trace=%process`, those that were broken off joined again.
///
/// # Errors
/// When strace cannot be started.
pub fn process_lines(argv: &[String], dir: &Path) -> Result<Vec<(i32, String)>> {
    let log = dir.join("strace-log");
    run(&["-f", "-s", "4096", "-e", "trace=%process", "-o"], &log, argv)?;
    // What a program writes into its arguments need not be UTF-8.
    let text = String::from_utf8_lossy(&std::fs::read(log)?).into_owned();
    Ok(joined(&text))
}

/// Whether strace is there.
#[must_use]
pub fn is_installed() -> bool {
    Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success())
}

fn run(options: &[&str], output: &Path, argv: &[String]) -> Result<()> {
    let mut words = vec!["strace".to_owned()];
    words.extend(options.iter().map(|option| (*option).to_owned()));
    words.push(output.display().to_string());
    words.extend_from_slice(argv);
    quiet(&words).status().context("starting strace: is it installed?")?;
    Ok(())
}

fn parse_table(table: &str) -> Result<Counts> {
    let rows = table.lines().skip(2).take_while(|line| !line.starts_with('-'));
    let counts: Counts = rows.filter_map(parse_row).collect();
    ensure!(!counts.is_empty(), "strace -c printed no table:\n{table}");
    Ok(counts)
}

/// `  0.12    0.000001           1         3         2 openat`: the errors are blank when there are none.
fn parse_row(line: &str) -> Option<(String, (u64, u64))> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (name, numbers) = words.split_last()?;
    let calls = numbers.get(3)?.parse().ok()?;
    let errors = numbers.get(4).map_or(Some(0), |errors| errors.parse().ok())?;
    Some(((*name).to_owned(), (calls, errors)))
}

fn joined(log: &str) -> Vec<(i32, String)> {
    let mut lines: Vec<(i32, String)> = Vec::new();
    for line in log.lines() {
        let Some((pid, text)) = line.split_once(' ') else { continue };
        let (Ok(pid), text) = (pid.parse::<i32>(), text.trim_start()) else { continue };
        let resumed = text.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>"));
        let begun = lines.iter_mut().rev().find(|(other, text)| *other == pid && text.ends_with(UNFINISHED));
        match (resumed, begun) {
            (Some((_, rest)), Some((_, begun))) => {
                begun.truncate(begun.len() - UNFINISHED.len());
                begun.push_str(rest);
            }
            _ => lines.push((pid, text.to_owned())),
        }
    }
    lines
}

const UNFINISHED: &str = " <unfinished ...>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_and_without_errors() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n \
                     62.00    0.000062           2        31         5 openat\n \
                     38.00    0.000038           1        20           read\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000100           1        51         5 total\n";
        let expected = [("openat".to_owned(), (31, 5)), ("read".to_owned(), (20, 0))];
        assert_eq!(parse_table(table).unwrap(), expected.into_iter().collect());
        assert!(parse_table("").is_err());
    }

    #[test]
    fn broken_lines_are_joined() {
        let log = "10    wait4(-1,  <unfinished ...>\n11    exit_group(0) = ?\n10    <... wait4 resumed>NULL, 0, NULL) = 11\n";
        let lines = joined(log);
        assert_eq!(lines[0], (10, "wait4(-1, NULL, 0, NULL) = 11".to_owned()));
        assert_eq!(lines[1], (11, "exit_group(0) = ?".to_owned()));
    }
}
