//! What a recorder and the server that started it say to each other over their socket: JSON, one object a line.
//!
//! The server never waits for a recorder and a recorder never waits for the server: a status that does not fit into the socket's
//! buffer now is replaced by the next one, and a server that is gone changes nothing about the recording.

use std::io;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::socket::{MsgFlags, send};
use serde::{Deserialize, Serialize};

/// To a recorder it means what [`Command::Stop`] does: for a server that did not start it and has no socket to it.
pub const STOP_SIGNAL: Signal = Signal::SIGUSR1;

/// From the recorder to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Tracing has begun, or more has been written to the file. Sent after every flush.
    Recording(Written),
    /// Nothing was recorded, and the recorder ends: one sentence says why and what to do.
    Failed { reason: String },
    /// The trace is sealed (or could not be: then the warning says why), and the recorder ends.
    Finished {
        #[serde(flatten)]
        written: Written,
        /// The command's exit status, or 128 + the signal that ended it. `None` after an attach or a detach.
        exit_status: Option<i32>,
        /// A sentence about what went wrong on the way: the disk was full.
        warning: Option<String>,
    },
}

/// How much of the trace is in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The file's size: all chunks up to here are whole.
    pub written_bytes: u64,
    /// Events in them.
    pub events: u64,
    /// Calls among the events that returned an error.
    pub errors: u64,
}

/// From the server to the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// End the session: a spawned command and all that it started is told to end (SIGTERM, after two seconds SIGKILL); attached
    /// processes are let go and run on.
    Stop,
    /// Let go of every traced process and seal the file; they all run on.
    Detach,
}

impl Status {
    /// The message as it is sent, newline included.
    #[must_use]
    pub fn to_line(&self) -> String {
        line_of(self)
    }
}

impl Command {
    /// The message as it is sent, newline included.
    #[must_use]
    pub fn to_line(self) -> String {
        line_of(&self)
    }
}

fn line_of(message: &impl Serialize) -> String {
    // These types hold strings and integers only, which always have a JSON form.
    let mut line = serde_json::to_string(message).unwrap_or_default();
    line.push('\n');
    line
}

/// The recorder's sending end.
#[derive(Debug)]
pub struct StatusLink {
    stream: UnixStream,
    /// What of a line that has been begun did not fit.
    rest: Vec<u8>,
    /// Set once the server is gone.
    is_closed: bool,
}

impl StatusLink {
    #[must_use]
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, rest: Vec::new(), is_closed: false }
    }

    /// Sends `status` if there is room for it now, and drops it otherwise.
    pub fn send(&mut self, status: &Status) {
        self.send_rest();
        if self.rest.is_empty() && !self.is_closed {
            self.rest = status.to_line().into_bytes();
            self.send_rest();
        }
    }

    /// Sends the last status, for which a slow server is given a second.
    pub fn send_last(&mut self, status: &Status) {
        if self.is_closed {
            return;
        }
        self.rest.extend_from_slice(status.to_line().as_bytes());
        // A socket that takes no timeout is only ever slower, and the recording is over.
        let _ = self.stream.set_write_timeout(Some(std::time::Duration::from_secs(1)));
        let _ = io::Write::write_all(&mut self.stream, &self.rest);
        self.rest.clear();
        // Whoever reads commands from a clone of the socket shall not keep it open.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.is_closed = true;
    }

    fn send_rest(&mut self) {
        while !self.rest.is_empty() && !self.is_closed {
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match send(self.stream.as_raw_fd(), &self.rest, flags) {
                Ok(sent) => drop(self.rest.drain(..sent)),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return,
                Err(_) => {
                    self.is_closed = true;
                    self.rest.clear();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[test]
    fn messages_read_as_the_contract_says() {
        let written = Written { written_bytes: 10, events: 3, errors: 1 };
        assert_eq!(
            Status::Recording(written).to_line(),
            "{\"status\":\"recording\",\"written_bytes\":10,\"events\":3,\"errors\":1}\n"
        );
        let finished = Status::Finished { written, exit_status: Some(2), warning: None };
        let line = finished.to_line();
        assert!(line.starts_with("{\"status\":\"finished\",\"written_bytes\":10"), "{line}");
        assert_eq!(serde_json::from_str::<Status>(&line).unwrap(), finished);
        assert_eq!(Command::Stop.to_line(), "{\"command\":\"stop\"}\n");
        assert_eq!(serde_json::from_str::<Command>("{\"command\":\"detach\"}").unwrap(), Command::Detach);
    }

    #[test]
    fn a_server_that_does_not_read_never_blocks_and_gets_whole_lines() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut link = StatusLink::new(ours);
        for events in 0..100_000 {
            link.send(&Status::Recording(Written { events, ..Written::default() }));
        }
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(theirs).lines();
            let statuses = lines.map(|line| serde_json::from_str::<Status>(&line.unwrap()).unwrap());
            statuses.last().unwrap()
        });
        let last = Status::Failed { reason: "over".to_owned() };
        link.send_last(&last);
        drop(link);
        assert_eq!(reader.join().unwrap(), last);
    }

    #[test]
    fn a_vanished_server_is_no_error() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let mut link = StatusLink::new(ours);
        link.send(&Status::Recording(Written::default()));
        link.send_last(&Status::Failed { reason: String::new() });
    }
}
