//! The writer: takes what the recorder's threads send, decodes it, and appends it to the file.
//!
//! What arrives is written at most [`TICK`] later, in chunks of up to [`CHUNK_EVENTS`]. When the file cannot be written any more, the
//! tracees are let go, the file is sealed if that is still possible, and the rest is counted and dropped.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Instant;

use syscope_shared::event::{Event, EventKind, Output};
use syscope_shared::file::{Chunk, Header, Seal, SealReason};

use super::Message;
use super::appender::{AppendError, Appender};
use super::control::{Status, StatusLink, Written};
use super::decoding::Decoding;
use crate::tracer::clock::Clock;
use crate::tracer::orders::{Order, TICK};
use crate::tracer::run::{Report, Running};

/// A chunk is written as soon as this many events wait for it.
const CHUNK_EVENTS: usize = 4096;

/// How long the output of a command is waited for when its last traced process has ended: one that is not traced may hold it open.
const OUTPUT_PATIENCE: std::time::Duration = std::time::Duration::from_millis(200);

#[derive(Debug)]
pub(super) struct Writer {
    file: Appender,
    decoding: Decoding,
    output: Vec<Output>,
    in_flight: Option<Vec<Event>>,
    written: Written,
    failure: Option<AppendError>,
    clock: Clock,
}

impl Writer {
    pub(super) fn begin(
        mut file: Appender,
        header: Header,
        decoding: Decoding,
        clock: Clock,
    ) -> Result<Self, AppendError> {
        file.append(&Chunk::Header(header))?;
        let written = Written { written_bytes: file.written_bytes(), ..Written::default() };
        Ok(Self { file, decoding, output: Vec::new(), in_flight: None, written, failure: None, clock })
    }

    /// Takes the file away: nothing was recorded.
    pub(super) fn discard(self) {
        self.file.discard();
    }

    /// Tells the server how far the file has got.
    pub(super) fn announce(&self, link: &mut Option<StatusLink>) {
        if let Some(link) = link {
            link.send(&Status::Recording(self.written));
        }
    }

    /// Writes what arrives until the tracing is over, and keeps time for the tracer.
    pub(super) fn write_all(
        &mut self,
        messages: &Receiver<Message>,
        running: &Running,
        output_readers: &[JoinHandle<()>],
        link: &mut Option<StatusLink>,
    ) {
        let mut next_tick = Instant::now() + TICK;
        let mut over_since = None;
        loop {
            let now = Instant::now();
            if now >= next_tick {
                running.orders.tick();
                next_tick = now + TICK;
                self.flush(running, link);
            }
            match messages.recv_timeout(next_tick.saturating_duration_since(now)) {
                Ok(Message::Report(Report::Over)) => over_since = Some(Instant::now()),
                Ok(message) => self.take(message, running, link),
                Err(RecvTimeoutError::Timeout) if running.is_over() => {
                    over_since = over_since.or(Some(Instant::now()));
                }
                Err(RecvTimeoutError::Timeout) => {}
                // All senders are gone, and with them everyone who had something to say.
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let is_output_done = output_readers.iter().all(JoinHandle::is_finished);
            if over_since.is_some_and(|since| is_output_done || since.elapsed() > OUTPUT_PATIENCE) {
                for message in messages.try_iter() {
                    self.take(message, running, link);
                }
                break;
            }
        }
        self.flush(running, link);
    }

    /// Ends the file in order.
    pub(super) fn seal(&mut self, reason: SealReason, exit_status: Option<i32>) {
        if self.failure.is_none()
            && let Err(error) = self.append_seal(reason, exit_status)
        {
            self.failure = Some(error);
        }
    }

    /// Lets go of the file, and answers how much is in it and why that is not all.
    pub(super) fn close(self) -> (Written, Option<AppendError>) {
        (self.written, self.failure)
    }

    fn take(&mut self, message: Message, running: &Running, link: &mut Option<StatusLink>) {
        if self.failure.is_some() {
            return;
        }
        match message {
            Message::Report(Report::Events(events)) => {
                for event in events {
                    self.decoding.add(event);
                }
            }
            Message::Report(Report::InFlight(calls)) => {
                self.in_flight = Some(self.decoding.in_flight(calls));
            }
            Message::Report(Report::Over) => {}
            Message::Output(output) => self.output.push(output),
        }
        if self.decoding.events.len() >= CHUNK_EVENTS {
            self.flush(running, link);
        }
    }

    fn flush(&mut self, running: &Running, link: &mut Option<StatusLink>) {
        if self.failure.is_some() {
            return;
        }
        let before = self.written.written_bytes;
        if let Err(error) = self.append_pending() {
            // What is traced goes on without the recorder, which only waits for the command's exit status.
            running.orders.give(Order::WatchOnly);
            self.failure = Some(error);
            // The seal is small, and the room of the chunk that failed is free again.
            if let Err(error) = self.append_seal(SealReason::WriteFailed, None) {
                eprintln!("syscope: the trace could not be sealed: {error}");
            }
        }
        if self.written.written_bytes > before {
            self.announce(link);
        }
    }

    fn append_pending(&mut self) -> Result<(), AppendError> {
        // Tasks come first: events name them.
        if !self.decoding.changes.is_empty() {
            let changes = std::mem::take(&mut self.decoding.changes);
            self.append(&Chunk::Tasks(changes))?;
        }
        if !self.decoding.events.is_empty() {
            let events = std::mem::take(&mut self.decoding.events);
            let errors = events.iter().filter(|event| is_failed_call(event)).count();
            let count = events.len();
            self.append(&Chunk::Events(events))?;
            self.written.events += count as u64;
            self.written.errors += errors as u64;
        }
        if !self.output.is_empty() {
            let output = std::mem::take(&mut self.output);
            self.append(&Chunk::Output(output))?;
        }
        if let Some(calls) = self.in_flight.take() {
            self.append(&Chunk::InFlight(calls))?;
        }
        Ok(())
    }

    fn append_seal(&mut self, reason: SealReason, exit_status: Option<i32>) -> Result<(), AppendError> {
        let seal = Seal { end: self.clock.now(), events: self.written.events, reason, exit_status };
        self.append(&Chunk::Seal(seal))
    }

    fn append(&mut self, chunk: &Chunk) -> Result<(), AppendError> {
        self.file.append(chunk)?;
        self.written.written_bytes = self.file.written_bytes();
        Ok(())
    }
}

fn is_failed_call(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Syscall(call) if call.is_error())
}
