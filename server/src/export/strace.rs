//! A trace as `strace -f -o FILE` would have written it: one line a call, broken in two where another task's line came between.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syscope_shared::event::End;
use syscope_shared::ids::EventId;
use syscope_shared::store::{EventView, Store, ViewKind};
use syscope_shared::units::{Nanos, TimeRange, TraceTime};

/// Which times stand in the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StraceFormat {
    pub timestamps: Timestamps,
    /// The time spent in each call, at the end of its line (`-T`).
    pub with_durations: bool,
}

/// When a line began (`-t`, `-tt`, `-ttt`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timestamps {
    #[default]
    None,
    Seconds,
    Micros,
    /// Seconds and microseconds since the Unix epoch.
    Epoch,
}

/// The column that results are aligned to.
const RESULT_COLUMN: usize = 40;

/// Something that strace would have printed at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    time: TraceTime,
    kind: StepKind,
    event: EventId,
}

/// Of two steps at one time a call's return comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum StepKind {
    Return,
    Line,
    Call,
}

/// Writes every event of the trace as text.
///
/// # Errors
/// What `out` fails with.
pub fn write_strace(store: &Store, format: StraceFormat, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer { store, format, out, open: None };
    for step in steps(store) {
        if let Some(event) = store.event(step.event) {
            writer.step(step, &event)?;
        }
    }
    Ok(())
}

fn steps(store: &Store) -> Vec<Step> {
    let mut steps = Vec::with_capacity(store.event_count() * 2);
    for event in store.starting_in(TimeRange::ALL) {
        let mut add = |time, kind| steps.push(Step { time, kind, event: event.id });
        if event.syscall().is_some() {
            add(event.start, StepKind::Call);
            // A call of no measurable duration still begins before it returns.
            add(store.end_of(&event).max(event.start + Nanos(1)), StepKind::Return);
        } else {
            add(event.start, StepKind::Line);
        }
    }
    steps.sort_unstable();
    steps
}

struct Writer<'a> {
    store: &'a Store,
    format: StraceFormat,
    out: &'a mut dyn Write,
    /// The call whose line has no end yet, and how many characters stand in it.
    open: Option<(EventId, usize)>,
}

/// The parts of a call's line.
struct Call<'a> {
    name: String,
    at_entry: &'a str,
    at_exit: &'a str,
    result: &'a str,
}

fn parts<'a>(event: &EventView<'a>) -> Option<Call<'a>> {
    let ViewKind::Syscall { id, args, args_at_entry_bytes, result, .. } = event.kind else { return None };
    let (at_entry, at_exit) = args.split_at_checked(args_at_entry_bytes as usize).unwrap_or((args, ""));
    Some(Call { name: id.name().into_owned(), at_entry, at_exit, result })
}

impl Writer<'_> {
    fn step(&mut self, step: Step, event: &EventView<'_>) -> io::Result<()> {
        match (step.kind, parts(event)) {
            (StepKind::Call, Some(call)) => {
                let start = format!("{}{}({}", self.leader(event, event.start), call.name, call.at_entry);
                self.break_off()?;
                write!(self.out, "{start}")?;
                self.open = Some((event.id, start.chars().count()));
                Ok(())
            }
            (StepKind::Return, Some(call)) => self.close(step.time, event, &call),
            _ => {
                self.break_off()?;
                let leader = self.leader(event, event.start);
                writeln!(self.out, "{leader}{}", event.line().unwrap_or_default())
            }
        }
    }

    /// Ends the open line of another task, if there is one.
    fn break_off(&mut self) -> io::Result<()> {
        match self.open.take() {
            Some(_) => writeln!(self.out, " <unfinished ...>"),
            None => Ok(()),
        }
    }

    fn close(&mut self, time: TraceTime, event: &EventView<'_>, call: &Call<'_>) -> io::Result<()> {
        let end = self.store.task(event.task).and_then(|task| task.ended).map(|(_, end)| end);
        if event.duration.is_none() && end.is_none() {
            // The trace ended in the call: the line stays broken off.
            return if self.is_open(event.id) { self.break_off() } else { Ok(()) };
        }
        let column = match self.open.take() {
            Some((open, column)) if open == event.id => column,
            other => {
                self.open = other;
                self.break_off()?;
                let start = format!("{}<... {} resumed>", self.leader(event, time), call.name);
                write!(self.out, "{start}")?;
                start.chars().count()
            }
        };
        match (event.duration, end) {
            (None, Some(End::Detached)) => writeln!(self.out, " <detached ...>"),
            (None, _) => {
                let owes_arguments = call.at_exit.is_empty() && call.at_entry.ends_with(", ");
                let rest = if owes_arguments { " <unfinished ...>" } else { call.at_exit };
                self.result(column, rest, "?", None)
            }
            (Some(duration), _) => self.result(column, call.at_exit, call.result, Some(duration)),
        }
    }

    fn result(&mut self, column: usize, rest: &str, result: &str, duration: Option<Nanos>) -> io::Result<()> {
        let padding = RESULT_COLUMN.saturating_sub(column + rest.chars().count() + ") ".len());
        write!(self.out, "{rest}) {:padding$}= {result}", "")?;
        match duration {
            Some(duration) if self.format.with_durations => {
                writeln!(self.out, " <{}.{:06}>", duration.0 / 1_000_000_000, duration.0 / 1000 % 1_000_000)
            }
            _ => writeln!(self.out),
        }
    }

    fn is_open(&self, event: EventId) -> bool {
        self.open.is_some_and(|(open, _)| open == event)
    }

    /// What stands before every line: the thread's id, and the time.
    fn leader(&self, event: &EventView<'_>, time: TraceTime) -> String {
        let tid = self.store.task(event.task).map_or(0, |task| task.tid.0);
        format!("{tid:<5} {}", self.timestamp(time))
    }

    fn timestamp(&self, time: TraceTime) -> String {
        let started = self.store.header().map_or(0, |header| header.started_unix_nanos);
        let unix_nanos = started.saturating_add(time.0);
        let (seconds, micros) = (unix_nanos / 1_000_000_000, unix_nanos / 1000 % 1_000_000);
        let local = || {
            let moment = Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or_default();
            moment.to_zoned(TimeZone::system())
        };
        match self.format.timestamps {
            Timestamps::None => String::new(),
            Timestamps::Seconds => local().strftime("%H:%M:%S ").to_string(),
            Timestamps::Micros => local().strftime("%H:%M:%S.%6f ").to_string(),
            Timestamps::Epoch => format!("{seconds}.{micros:06} "),
        }
    }
}

#[cfg(test)]
mod tests;
