//! The command's standard output and error, read from pipes for the trace.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

use nix::fcntl::OFlag;
use syscope_shared::event::{Output, Stream};

use crate::tracer::clock::Clock;

/// The most that is read at a time: the size of a pipe.
const PIECE_BYTES: usize = 64 * 1024;

/// The reading ends of the command's output.
#[derive(Debug)]
pub(super) struct Pipes {
    stdout: File,
    stderr: File,
}

impl Pipes {
    /// Makes the pipes, and answers with what the command gets as its standard input, output and error. Its input is empty.
    pub(super) fn make() -> io::Result<(Self, [OwnedFd; 3])> {
        let nothing = OpenOptions::new().read(true).open("/dev/null")?;
        let (stdout, stdout_in) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
        let (stderr, stderr_in) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
        let pipes = Self { stdout: stdout.into(), stderr: stderr.into() };
        Ok((pipes, [nothing.into(), stdout_in, stderr_in]))
    }

    /// Reads both until the last process that could write has gone. `hand_on` may block, and the command with it; when it answers
    /// `false`, the output is read and forgotten from then on, so that the command can go on writing.
    pub(super) fn read(
        self,
        clock: Clock,
        hand_on: impl Fn(Output) -> bool + Clone + Send + 'static,
    ) -> io::Result<Vec<JoinHandle<()>>> {
        [(self.stdout, Stream::Stdout), (self.stderr, Stream::Stderr)]
            .into_iter()
            .map(|(pipe, stream)| {
                let hand_on = hand_on.clone();
                std::thread::Builder::new()
                    .name(format!("syscope-{stream:?}").to_lowercase())
                    .spawn(move || read_stream(pipe, stream, clock, &hand_on))
            })
            .collect()
    }
}

fn read_stream(mut pipe: File, stream: Stream, clock: Clock, hand_on: &impl Fn(Output) -> bool) {
    let mut buffer = vec![0; PIECE_BYTES];
    let mut is_wanted = true;
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                let output = || Output { time: clock.now(), stream, bytes: buffer[..length].to_vec() };
                is_wanted = is_wanted && hand_on(output());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
