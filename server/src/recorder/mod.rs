//! A recorder: tracer, decoder, file writer and the socket to the server, in one process for each session.
//!
//! ```text
//! tracer thread ──batches of raw events──┐
//! stdout, stderr threads ──output────────┼→ bounded channel → writer (decode, encode, append) → file
//! signal and control threads ──orders──→ tracer
//! ```
//!
//! The channel holds about ten thousand events. When the writer falls behind, whoever fills it waits: the tracees stand still at their
//! next stop, or block on their output, and nothing is lost or piled up. The writer itself never waits for the server.

mod appender;
pub mod command;
pub mod control;
pub mod decoding;
mod interruptions;
mod tracee_output;
mod writer;

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::SigSet;
use syscope_shared::event::{End, Output};
use syscope_shared::file::{Header, SealReason};
use syscope_shared::ids::Pid;
use syscope_shared::options::{Target, TraceOptions};
use syscope_shared::syscall::{TraceSet, TraceSetError};

use crate::sys::process;
use crate::sys::ptrace::Follow;
use crate::sys::spawn::{Launch, OtherFds};
use crate::tracer::clock::Clock;
use crate::tracer::orders::Orders;
use crate::tracer::refusal::UidPolicy;
use crate::tracer::run::{self, Job, JobTarget, Outcome, Report, TracerError};
pub use appender::AppendError;
use appender::Appender;
use command::{Command, CommandError};
use control::{Status, StatusLink};
use decoding::Decoding;
use interruptions::Terminal;
use tracee_output::Pipes;
use writer::Writer;

/// Batches of at most 128 events that may wait for the writer.
const WAITING_BATCHES: usize = 80;

/// What to record.
#[derive(Debug)]
pub struct Session {
    pub what: What,
    pub options: TraceOptions,
    pub file: PathBuf,
    /// The socket to the server that started this recorder.
    pub control: Option<UnixStream>,
}

#[derive(Debug)]
pub enum What {
    Command(Command, CommandOutput),
    /// Running processes, as far as the policy lets them be attached to.
    Attach(Vec<Pid>, UidPolicy),
}

/// Where the command's output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandOutput {
    /// It keeps the recorder's standard input, output and error.
    Inherited,
    /// Into the trace; its input is empty.
    Captured,
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How the command ended; `None` after an attach or a detach.
    pub command: Option<End>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error(transparent)]
    Options(#[from] TraceSetError),
    #[error(transparent)]
    File(#[from] AppendError),
    #[error("{program}: {error}")]
    Launch { program: String, error: TracerError },
    #[error(transparent)]
    Tracer(#[from] TracerError),
    #[error("{0}; what was traced goes on untraced, and the trace up to then can be opened")]
    WriteFailed(String),
    #[error("cannot set up recording: {0}")]
    System(io::Error),
}

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// What the threads of a recorder send to its writer.
#[derive(Debug)]
enum Message {
    Report(Report),
    Output(Output),
}

/// Records until the target has ended, or this process is told to stop. Changes this process's signal mask and dispositions: it is
/// meant to be all that the process does, and must run before other threads are started.
pub fn record(session: Session) -> Result<Recorded, RecordError> {
    let mut link = match &session.control {
        Some(socket) => {
            // A recorder outlives its server, and no Ctrl-C of the server's terminal is meant for it.
            let _ = nix::unistd::setsid();
            Some(StatusLink::new(socket.try_clone()?))
        }
        None => None,
    };
    let result = Recording::begin(session, &mut link);
    let recording = match result {
        Ok(recording) => recording,
        Err(error) => {
            if let Some(link) = &mut link {
                link.send_last(&Status::Failed { reason: error.to_string() });
            }
            return Err(error);
        }
    };
    recording.run(link)
}

struct Recording {
    running: run::Running,
    writer: Writer,
    messages: std::sync::mpsc::Receiver<Message>,
    output_readers: Vec<JoinHandle<()>>,
    program: Option<String>,
}

impl Recording {
    fn begin(session: Session, link: &mut Option<StatusLink>) -> Result<Self, RecordError> {
        let signal_mask = interruptions::block_signals()?;
        process::set_up_signals()?;
        let calls = session.options.trace.as_deref().map(TraceSet::parse).transpose()?;
        let header = header_of(&session);
        let other_fds = if session.control.is_some() { OtherFds::Close } else { OtherFds::Inherit };
        let (target, pipes, terminal, program) = match session.what {
            What::Command(command, output) => {
                let program = command.argv.first().map(|word| word.to_string_lossy().into_owned());
                let (launch, pipes) = launch_of(&command, output, other_fds, signal_mask)?;
                let comm = comm_of(&launch);
                (JobTarget::Spawn(Box::new(launch), comm), pipes, Terminal::IsTheCommands, program)
            }
            What::Attach(pids, uids) => (JobTarget::Attach(pids, uids), None, Terminal::IsTheRecorders, None),
        };
        let file = Appender::create(&session.file)?;
        let clock = Clock::start();
        let decoding = Decoding::new(&session.options, calls);
        let writer = Writer::begin(file, header, decoding, clock)?;
        let follow = if session.options.follow { Follow::Children } else { Follow::Nothing };
        let job = Job { target, follow, limits: decoding::limits_of(&session.options), clock };
        let (sender, messages) = sync_channel(WAITING_BATCHES);
        let orders = Arc::new(Orders::default());
        let running = match run::start(job, Arc::clone(&orders), reporting_to(sender.clone())) {
            Ok(running) => running,
            Err(error) => {
                writer.discard();
                return Err(error.into());
            }
        };
        let hand_on = move |output| sender.send(Message::Output(output)).is_ok();
        let output_readers = pipes.map(|pipes| pipes.read(clock, hand_on)).transpose()?.unwrap_or_default();
        interruptions::heed_signals(terminal, Arc::clone(&orders))?;
        if let Some(socket) = session.control {
            interruptions::heed_server(socket, orders)?;
        }
        writer.announce(link);
        Ok(Self { running, writer, messages, output_readers, program })
    }

    fn run(mut self, mut link: Option<StatusLink>) -> Result<Recorded, RecordError> {
        self.writer.write_all(&self.messages, &self.running, &self.output_readers, &mut link);
        let orders = Arc::clone(&self.running.orders);
        let outcome = self.running.join();
        let result = match outcome {
            Err(TracerError::Launch(error)) => {
                self.writer.discard();
                let program = self.program.unwrap_or_default();
                Err(RecordError::Launch { program, error: error.into() })
            }
            outcome => finish(self.writer, outcome, &mut link),
        };
        if let (Err(error), Some(link)) = (&result, &mut link) {
            link.send_last(&Status::Failed { reason: error.to_string() });
        }
        orders.close();
        // The server is not kept waiting, but a command that was let go must not lose the reader of its output.
        drop((link, self.messages));
        for reader in self.output_readers {
            // A reader that failed has nothing to read any more.
            let _ = reader.join();
        }
        result
    }
}

/// Seals the trace, and tells the server.
fn finish(
    mut writer: Writer,
    outcome: Result<Outcome, TracerError>,
    link: &mut Option<StatusLink>,
) -> Result<Recorded, RecordError> {
    let outcome = outcome?;
    let exit_status = outcome.command.and_then(exit_status_of);
    let reason = if outcome.is_detached { SealReason::Stopped } else { SealReason::Finished };
    writer.seal(reason, exit_status);
    let (written, failure) = writer.close();
    let warning = failure.map(|failure| failure.to_string());
    if let Some(link) = link.take().as_mut() {
        link.send_last(&Status::Finished { written, exit_status, warning: warning.clone() });
    }
    match warning {
        Some(warning) => Err(RecordError::WriteFailed(warning)),
        None => Ok(Recorded { command: outcome.command }),
    }
}

fn reporting_to(sender: SyncSender<Message>) -> impl FnMut(Report) {
    // Without a receiver the recording is over, and the tracer about to be.
    move |report| drop(sender.send(Message::Report(report)))
}

fn launch_of(
    command: &Command,
    output: CommandOutput,
    other_fds: OtherFds,
    signal_mask: SigSet,
) -> Result<(Launch, Option<Pipes>), RecordError> {
    let (pipes, stdio) = match output {
        CommandOutput::Inherited => (None, None),
        CommandOutput::Captured => {
            let (pipes, stdio) = Pipes::make()?;
            (Some(pipes), Some(stdio))
        }
    };
    let launch = Launch {
        program: command::path_string(&command.program()?)?,
        argv: command.argv_strings()?,
        env: command.environment_strings()?,
        user: command.ids()?,
        stdio,
        other_fds,
        signal_mask,
    };
    Ok((launch, pipes))
}

/// The name that the kernel will give the task when it executes the program.
fn comm_of(launch: &Launch) -> String {
    const MOST_BYTES: usize = 15;
    let path = launch.program.to_bytes();
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    String::from_utf8_lossy(&name[..name.len().min(MOST_BYTES)]).into_owned()
}

fn header_of(session: &Session) -> Header {
    let target = match &session.what {
        What::Command(command, _) => {
            Target::Command(command.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect())
        }
        What::Attach(pids, _) => Target::Attach(pids.iter().map(|pid| pid.0).collect()),
    };
    let cwd = std::env::current_dir().unwrap_or_default();
    let kernel_says = |name: &str| {
        std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default().trim().to_owned()
    };
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Header {
        target,
        options: session.options.clone(),
        started_unix_nanos: u64::try_from(started.as_nanos()).unwrap_or(u64::MAX),
        cwd: cwd.to_string_lossy().into_owned(),
        host: kernel_says("hostname"),
        kernel: kernel_says("osrelease"),
        recorder: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The exit status as a shell gives it.
fn exit_status_of(end: End) -> Option<i32> {
    match end {
        End::Exited(status) => Some(i32::from(status)),
        End::Killed { signal, .. } => Some(128 + signal.0),
        End::Superseded { .. } | End::Detached => None,
    }
}
