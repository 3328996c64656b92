//! A trace as JSON lines: one object an event, by start time. The names of the fields are part of syscope's command line and do not
//! change.

use std::io::{self, Write};

use serde::Serialize;
use syscope_shared::errno;
use syscope_shared::event::End;
use syscope_shared::store::{EventView, Store, ViewKind};
use syscope_shared::units::{Nanos, TimeRange};

/// What every line has.
#[derive(Serialize)]
struct Line<'a> {
    start_seconds: f64,
    pid: i32,
    tid: i32,
    comm: &'a str,
    #[serde(flatten)]
    event: Event<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    Syscall {
        syscall: String,
        class: &'static str,
        /// strace's text between the parentheses.
        args: &'a str,
        /// strace's text after `= `.
        result: &'a str,
        /// Null for a call that never returned, as `ret`.
        duration_seconds: Option<f64>,
        ret: Option<i64>,
        errno: Option<String>,
        fd: Option<i32>,
        path: Option<&'a str>,
        bytes: Option<u64>,
        child_tid: Option<i32>,
    },
    Signal {
        signal: String,
        info: &'a str,
    },
    Stopped {
        signal: String,
    },
    Exited {
        status: u8,
    },
    Killed {
        signal: String,
        core_dumped: bool,
    },
    Superseded {
        by: i32,
    },
    Detached,
}

/// Writes every event of the trace.
///
/// # Errors
/// What `out` fails with.
pub fn write_json_lines(store: &Store, out: &mut dyn Write) -> io::Result<()> {
    for event in store.starting_in(TimeRange::ALL) {
        serde_json::to_writer(&mut *out, &line(store, &event))?;
        writeln!(out)?;
    }
    Ok(())
}

fn line<'a>(store: &'a Store, event: &EventView<'a>) -> Line<'a> {
    let task = store.task(event.task);
    Line {
        start_seconds: event.start.as_secs_f64(),
        pid: task.map_or(0, |task| task.process.0),
        tid: task.map_or(0, |task| task.tid.0),
        comm: task.map_or("", |task| &task.comm),
        event: fields(store, event),
    }
}

fn fields<'a>(store: &'a Store, event: &EventView<'a>) -> Event<'a> {
    match event.kind {
        ViewKind::Syscall { id, args, result, ret, errno, fd, path, bytes, child, .. } => Event::Syscall {
            syscall: id.name().into_owned(),
            class: id.class().name(),
            args,
            result,
            duration_seconds: event.duration.map(Nanos::as_secs_f64),
            ret: event.duration.map(|_| ret),
            errno: errno.map(errno::name_or_number),
            fd: fd.map(|fd| fd.0),
            path,
            bytes,
            child_tid: child.and_then(|child| store.task(child)).map(|child| child.tid.0),
        },
        ViewKind::Signal { signal, info } => Event::Signal { signal: signal.to_string(), info },
        ViewKind::Stopped(signal) => Event::Stopped { signal: signal.to_string() },
        ViewKind::Ended(End::Exited(status)) => Event::Exited { status },
        ViewKind::Ended(End::Killed { signal, core_dumped }) => {
            Event::Killed { signal: signal.to_string(), core_dumped }
        }
        ViewKind::Ended(End::Superseded { by }) => Event::Superseded { by: by.0 },
        ViewKind::Ended(End::Detached) => Event::Detached,
    }
}
