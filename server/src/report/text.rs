//! The report for a terminal: the summary as `strace -c -w` lays it out, then the process tree.

use std::io::{self, Write};

use syscope_shared::event::{Creation, End, Origin};
use syscope_shared::options::shell_command;
use syscope_shared::query::{Execution, Filter, Process, SummaryRow, TaskRow, processes, summary, tasks};
use syscope_shared::store::Store;
use syscope_shared::units::{Nanos, TimeRange};

/// Writes the report on the whole trace.
///
/// # Errors
/// What `out` fails with.
pub fn write_text(store: &Store, out: &mut dyn Write) -> io::Result<()> {
    write_summary(store, out)?;
    writeln!(out)?;
    write_tree(store, out)
}

/// strace's table; nothing, as strace does, when no call returned.
fn write_summary(store: &Store, out: &mut dyn Write) -> io::Result<()> {
    let answer = summary(store, TimeRange::ALL, &Filter::default());
    if answer.rows.is_empty() {
        return writeln!(out, "No system call returned in this trace.");
    }
    let rule = format!("{:-<6} {:-<11} {:-<11} {:-<9} {:-<9} {:-<16}", "", "", "", "", "", "");
    writeln!(
        out,
        "{:>6} {:>11} {:>11} {:>9} {:>9} syscall",
        "% time", "seconds", "usecs/call", "calls", "errors"
    )?;
    writeln!(out, "{rule}")?;
    for row in &answer.rows {
        write_row(out, row, answer.total.total)?;
    }
    writeln!(out, "{rule}")?;
    write_row(out, &answer.total, answer.total.total)
}

fn write_row(out: &mut dyn Write, row: &SummaryRow, all: Nanos) -> io::Result<()> {
    let percent = if all == Nanos::ZERO { 0.0 } else { 100.0 * row.total.0 as f64 / all.0 as f64 };
    let micros_per_call = row.total.0 / 1000 / row.calls.max(1);
    let errors = if row.errors == 0 { String::new() } else { row.errors.to_string() };
    let seconds = row.total.as_secs_f64();
    writeln!(
        out,
        "{percent:>6.2} {seconds:>11.6} {micros_per_call:>11} {:>9} {errors:>9} {}",
        row.calls, row.name
    )
}

fn write_tree(store: &Store, out: &mut dyn Write) -> io::Result<()> {
    let rows = tasks(store, TimeRange::ALL).rows;
    processes(&rows).iter().try_for_each(|process| write_process(&rows, process, out))
}

fn write_process(rows: &[TaskRow], process: &Process, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(process.depth);
    let members: Vec<&TaskRow> = process.threads.iter().filter_map(|task| rows.get(task.index())).collect();
    let Some(leader) = members.first() else { return Ok(()) };
    let threads = match members.len() {
        1 => String::new(),
        count => format!(", {count} threads"),
    };
    let calls: u64 = members.iter().map(|row| row.calls).sum();
    let errors: u64 = members.iter().map(|row| row.errors).sum();
    let end = members.iter().find(|row| !is_superseded(row)).map_or("?".to_owned(), |row| end_text(row));
    writeln!(
        out,
        "{indent}{} {}{}: {calls} calls, {errors} errors{threads}; {end}",
        leader.process.0,
        leader.comm,
        origin_text(leader.origin)
    )?;
    let mut executions: Vec<&Execution> = members.iter().flat_map(|row| &row.executions).collect();
    executions.sort_by_key(|execution| execution.time);
    executions
        .iter()
        .try_for_each(|execution| writeln!(out, "{indent}    exec {}", shell_command(&execution.argv)))
}

fn origin_text(origin: Origin) -> &'static str {
    match origin {
        Origin::Spawned => "",
        Origin::Attached => " (attached)",
        Origin::Created { by: Creation::Fork, .. } => " (fork)",
        Origin::Created { by: Creation::Vfork, .. } => " (vfork)",
        Origin::Created { by: Creation::Clone | Creation::Thread, .. } => " (clone)",
    }
}

fn is_superseded(row: &TaskRow) -> bool {
    matches!(row.ended, Some((_, End::Superseded { .. })))
}

fn end_text(row: &TaskRow) -> String {
    match row.ended {
        None => "still running when the trace ended".to_owned(),
        Some((_, End::Exited(status))) => format!("exited with {status}"),
        Some((_, End::Killed { signal, core_dumped: false })) => format!("killed by {signal}"),
        Some((_, End::Killed { signal, core_dumped: true })) => format!("killed by {signal} (core dumped)"),
        Some((_, End::Superseded { by })) => format!("superseded by an exec in {}", by.0),
        Some((_, End::Detached)) => "let go, still running".to_owned(),
    }
}
