//! What else reaches a recorder while it records: signals to its process, and commands of the server that started it.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::control::{Command, STOP_SIGNAL};
use crate::tracer::orders::{Order, Orders};

/// The signals that end a recording in order.
const ENDING: [Signal; 5] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, STOP_SIGNAL];

/// A line of the server is never longer than this.
const MOST_LINE_BYTES: u64 = 4096;

/// What a signal from the terminal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terminal {
    /// The command runs in the foreground and has got the signal as well: what it does with it is what shall be recorded.
    IsTheCommands,
    /// Nothing else ends the recording.
    IsTheRecorders,
}

/// Blocks the signals that end a recording in this thread and all that it starts, and answers with the mask from before.
///
/// Call it before any thread is started: a signal goes to any thread that lets it.
pub(super) fn block_signals() -> io::Result<SigSet> {
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ending()), Some(&mut before))?;
    Ok(before)
}

/// Turns the signals that [`block_signals`] holds back into orders, on a thread of its own that ends with the process.
pub(super) fn heed_signals(terminal: Terminal, orders: Arc<Orders>) -> io::Result<()> {
    let signals = SignalFd::with_flags(&ending(), SfdFlags::SFD_CLOEXEC)?;
    let listen = move || {
        // `si_code` of a signal that the kernel sends for the terminal (`sigaction(2)`).
        const SI_KERNEL: i32 = 0x80;
        while let Ok(Some(signal)) = signals.read_signal() {
            if orders.is_closed() {
                // The trace is sealed; all that this process still does is to read the output of a command that was let go.
                std::process::exit(0);
            }
            if signal.ssi_signo == STOP_SIGNAL as u32 {
                orders.give(Order::Stop);
            } else if terminal == Terminal::IsTheRecorders || signal.ssi_code != SI_KERNEL {
                orders.give(Order::Detach);
            }
        }
    };
    std::thread::Builder::new().name("syscope-signals".to_owned()).spawn(listen).map(drop)
}

/// Turns the server's commands into orders, on a thread of its own. When the server is gone, the recording goes on.
pub(super) fn heed_server(socket: UnixStream, orders: Arc<Orders>) -> io::Result<()> {
    let listen = move || {
        let mut socket = BufReader::new(socket);
        loop {
            let mut line = String::new();
            match (&mut socket).take(MOST_LINE_BYTES).read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => match serde_json::from_str(&line) {
                    Ok(Command::Stop) => orders.give(Order::Stop),
                    Ok(Command::Detach) => orders.give(Order::Detach),
                    Err(error) => eprintln!("syscope: the server sent a command that is none: {error}"),
                },
            }
        }
    };
    std::thread::Builder::new().name("syscope-control".to_owned()).spawn(listen).map(drop)
}

fn ending() -> SigSet {
    ENDING.into_iter().collect()
}
