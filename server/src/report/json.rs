//! The report as one JSON object, for scripts. The names of its fields are part of syscope's command line and do not change.

use std::io::{self, Write};

use serde::Serialize;
use syscope_shared::event::{Creation, End, Origin};
use syscope_shared::query::{self, Execution, Filter, SummaryRow, TaskRow, summary, tasks};
use syscope_shared::store::Store;
use syscope_shared::units::TimeRange;

#[derive(Serialize)]
struct Report {
    trace: Trace,
    summary: Vec<Row>,
    processes: Vec<Process>,
}

#[derive(Serialize)]
struct Trace {
    target: String,
    host: String,
    kernel: String,
    started_unix_nanos: u64,
    duration_seconds: f64,
    events: usize,
    calls: u64,
    errors: u64,
    /// Calls that never returned; in no row of the summary.
    unfinished: u64,
    exit_status: Option<i32>,
    is_complete: bool,
    warning: Option<String>,
}

#[derive(Serialize)]
struct Row {
    syscall: String,
    calls: u64,
    errors: u64,
    total_seconds: f64,
    min_seconds: f64,
    p50_seconds: f64,
    p90_seconds: f64,
    p99_seconds: f64,
    max_seconds: f64,
}

#[derive(Serialize)]
struct Process {
    pid: i32,
    /// The pid of the process that made it.
    parent: Option<i32>,
    origin: &'static str,
    comm: String,
    executions: Vec<Program>,
    started_seconds: f64,
    threads: Vec<Thread>,
}

#[derive(Serialize)]
struct Program {
    at_seconds: f64,
    program: String,
    argv: Vec<String>,
    cwd: String,
}

#[derive(Serialize)]
struct Thread {
    tid: i32,
    origin: &'static str,
    /// The thread (its tid) that made it.
    parent: Option<i32>,
    clone_flags: u64,
    comm: String,
    calls: u64,
    errors: u64,
    seconds_in_calls: f64,
    ended_seconds: Option<f64>,
    exit_status: Option<u8>,
    /// The signal that killed it.
    signal: Option<String>,
}

/// Writes the report on the whole trace.
///
/// # Errors
/// What `out` fails with.
pub fn write_json(store: &Store, warning: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let answer = summary(store, TimeRange::ALL, &Filter::default());
    let header = store.header();
    let report = Report {
        trace: Trace {
            target: header.map(|header| header.target.label()).unwrap_or_default(),
            host: header.map(|header| header.host.clone()).unwrap_or_default(),
            kernel: header.map(|header| header.kernel.clone()).unwrap_or_default(),
            started_unix_nanos: header.map_or(0, |header| header.started_unix_nanos),
            duration_seconds: store.end().as_secs_f64(),
            events: store.event_count(),
            calls: answer.total.calls,
            errors: answer.total.errors,
            unfinished: answer.unfinished,
            exit_status: store.seal().and_then(|seal| seal.exit_status),
            is_complete: store.seal().is_some() && warning.is_none(),
            warning: warning.map(str::to_owned),
        },
        summary: answer.rows.iter().map(row).collect(),
        processes: process_list(&tasks(store, TimeRange::ALL).rows),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn row(row: &SummaryRow) -> Row {
    Row {
        syscall: row.name.clone(),
        calls: row.calls,
        errors: row.errors,
        total_seconds: row.total.as_secs_f64(),
        min_seconds: row.min.as_secs_f64(),
        p50_seconds: row.p50.as_secs_f64(),
        p90_seconds: row.p90.as_secs_f64(),
        p99_seconds: row.p99.as_secs_f64(),
        max_seconds: row.max.as_secs_f64(),
    }
}

fn process_list(rows: &[TaskRow]) -> Vec<Process> {
    query::processes(rows).iter().filter_map(|process| process_object(rows, process)).collect()
}

fn process_object(rows: &[TaskRow], process: &query::Process) -> Option<Process> {
    let leader = rows.get(process.leader.index())?;
    let members = process.threads.iter().filter_map(|task| rows.get(task.index()));
    let mut executions: Vec<Program> = members.clone().flat_map(|row| &row.executions).map(program).collect();
    executions.sort_by(|a, b| a.at_seconds.total_cmp(&b.at_seconds));
    Some(Process {
        pid: leader.process.0,
        parent: parent(rows, leader).map(|parent| parent.process.0),
        origin: origin(leader),
        comm: leader.comm.clone(),
        executions,
        started_seconds: leader.started.as_secs_f64(),
        threads: members.map(|member| thread(rows, member)).collect(),
    })
}

fn program(execution: &Execution) -> Program {
    Program {
        at_seconds: execution.time.as_secs_f64(),
        program: execution.program.clone(),
        argv: execution.argv.clone(),
        cwd: execution.cwd.clone(),
    }
}

fn thread(rows: &[TaskRow], task: &TaskRow) -> Thread {
    let clone_flags = match task.origin {
        Origin::Created { clone_flags, .. } => clone_flags,
        Origin::Spawned | Origin::Attached => 0,
    };
    let end = task.ended.map(|(_, end)| end);
    Thread {
        tid: task.tid.0,
        origin: origin(task),
        parent: parent(rows, task).map(|parent| parent.tid.0),
        clone_flags,
        comm: task.comm.clone(),
        calls: task.calls,
        errors: task.errors,
        seconds_in_calls: task.time.as_secs_f64(),
        ended_seconds: task.ended.map(|(time, _)| time.as_secs_f64()),
        exit_status: match end {
            Some(End::Exited(status)) => Some(status),
            _ => None,
        },
        signal: match end {
            Some(End::Killed { signal, .. }) => Some(signal.to_string()),
            _ => None,
        },
    }
}

/// The task that made this one.
fn parent<'a>(rows: &'a [TaskRow], task: &TaskRow) -> Option<&'a TaskRow> {
    match task.origin {
        Origin::Created { parent, .. } => rows.get(parent.index()),
        Origin::Spawned | Origin::Attached => None,
    }
}

fn origin(task: &TaskRow) -> &'static str {
    match task.origin {
        Origin::Spawned => "spawned",
        Origin::Attached => "attached",
        Origin::Created { by: Creation::Fork, .. } => "fork",
        Origin::Created { by: Creation::Vfork, .. } => "vfork",
        Origin::Created { by: Creation::Clone, .. } => "clone",
        Origin::Created { by: Creation::Thread, .. } => "thread",
    }
}
