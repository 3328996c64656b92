//! The report for a terminal: the summary as `strace -c -w` lays it out, then the process tree.

use std::io::{self, Write};

use syscope_shared::event::{Creation, End, Origin};
use syscope_shared::options::shell_quoted;
use syscope_shared::query::{Execution, Filter, SummaryRow, TaskRow, summary, tasks};
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
    let roots = rows.iter().filter(|row| parent_process(&rows, row).is_none());
    for root in roots.filter(|row| row.leader == row.uid) {
        write_process(&rows, root, 0, out)?;
    }
    Ok(())
}

/// The process (by its first task) that made the process of `row`.
fn parent_process<'a>(rows: &'a [TaskRow], row: &TaskRow) -> Option<&'a TaskRow> {
    let leader = rows.get(row.leader.index())?;
    let Origin::Created { parent, .. } = leader.origin else { return None };
    let parent = rows.get(parent.index())?;
    rows.get(parent.leader.index()).filter(|parent| parent.uid != row.leader)
}

fn write_process(rows: &[TaskRow], process: &TaskRow, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let origin = match process.origin {
        Origin::Spawned => "",
        Origin::Attached => " (attached)",
        Origin::Created { by, .. } => match by {
            Creation::Fork => " (fork)",
            Creation::Vfork => " (vfork)",
            Creation::Clone | Creation::Thread => " (clone)",
        },
    };
    let members: Vec<&TaskRow> = rows.iter().filter(|row| row.leader == process.uid).collect();
    let threads = match members.len() {
        1 => String::new(),
        count => format!(", {count} threads"),
    };
    let calls: u64 = members.iter().map(|row| row.calls).sum();
    let errors: u64 = members.iter().map(|row| row.errors).sum();
    let end = members.iter().find(|row| !is_superseded(row)).map_or("?".to_owned(), |row| end_text(row));
    writeln!(
        out,
        "{indent}{} {}{origin}: {calls} calls, {errors} errors{threads}; {end}",
        process.process.0, process.comm
    )?;
    let mut executions: Vec<&Execution> = members.iter().flat_map(|row| &row.executions).collect();
    executions.sort_by_key(|execution| execution.time);
    for execution in executions {
        let argv: Vec<String> = execution.argv.iter().map(|word| shell_quoted(word)).collect();
        writeln!(out, "{indent}    exec {}", argv.join(" "))?;
    }
    let children = rows.iter().filter(|row| row.leader == row.uid);
    for child in
        children.filter(|row| parent_process(rows, row).is_some_and(|parent| parent.uid == process.uid))
    {
        write_process(rows, child, depth + 1, out)?;
    }
    Ok(())
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
