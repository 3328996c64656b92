//! `syscope record`: one recording into one file, with no server. What the server starts for each of its sessions is this as well.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ArgGroup;
use syscope_shared::event::End;
use syscope_shared::ids::Pid;

use super::tracing::TracingArgs;
use crate::recorder::command::Command;
use crate::recorder::{self, CommandOutput, Session, What};
use crate::sys::process;
use crate::tracer::refusal::UidPolicy;

/// Record the system calls of a command, or of running processes, into a file
///
/// The options are strace's, spelled the same. The exit status is the command's.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("target").required(true).multiple(false).args(["attach", "command"])))]
pub(super) struct RecordArgs {
    /// The trace file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Attach to running processes, each with all its threads
    #[arg(short = 'p', long, value_name = "PID[,PID...]", value_parser = pids)]
    attach: Vec<PidList>,

    #[command(flatten)]
    tracing: TracingArgs,

    /// Set a variable in the command's environment, or remove it
    #[arg(short = 'E', long = "env", value_name = "VAR[=VALUE]", requires = "command")]
    env: Vec<OsString>,

    /// Run the command as this user, with the user's groups
    #[arg(short, long, value_name = "USER", requires = "command")]
    user: Option<String>,

    /// Keep the command's output in the trace, and give it an empty input
    #[arg(long, hide = true, requires = "command")]
    capture_output: bool,

    /// Attach only to processes of this very user, even as root
    #[arg(long, hide = true, requires = "attach")]
    same_user: bool,

    /// An inherited socket to the server that started this
    #[arg(long, hide = true, value_name = "FD")]
    control_fd: Option<i32>,

    /// The command to start, with its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// One `-p`, as strace takes it: numbers separated by commas or white space, so that `-p "$(pidof x)"` works.
#[derive(Clone, Debug)]
struct PidList(Vec<Pid>);

pub(super) fn run(args: RecordArgs) -> Result<ExitCode> {
    let file = args.output.clone();
    let control = args.control_fd.map(process::adopt_fd).transpose().context("--control-fd")?;
    let options = args.tracing.into_options();
    let pids: Vec<Pid> = args.attach.into_iter().flat_map(|list| list.0).collect();
    let what = if pids.is_empty() {
        let output = if args.capture_output { CommandOutput::Captured } else { CommandOutput::Inherited };
        let env = args.env.iter().map(variable).collect();
        What::Command(Command { argv: args.command, env, user: args.user }, output)
    } else {
        What::Attach(pids, if args.same_user { UidPolicy::SameUser } else { UidPolicy::Any })
    };
    let session = Session { what, options, file, control: control.map(UnixStream::from) };
    let recorded = recorder::record(session)?;
    Ok(match recorded.command {
        Some(End::Exited(status)) => ExitCode::from(status),
        // As strace does: whoever started the recorder sees the end that the command had.
        Some(End::Killed { signal, .. }) => process::die_by(signal.0),
        Some(End::Superseded { .. } | End::Detached) | None => ExitCode::SUCCESS,
    })
}

fn pids(text: &str) -> Result<PidList, String> {
    let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    let pid = |word: &str| match word.parse::<i32>() {
        Ok(pid) if pid > 0 => Ok(Pid(pid)),
        _ => Err(format!("`{word}` is not a process id")),
    };
    let pids: Vec<Pid> = words.map(pid).collect::<Result<_, _>>()?;
    if pids.is_empty() {
        Err("no process id given: is the process running?".to_owned())
    } else {
        Ok(PidList(pids))
    }
}

fn variable(text: &OsString) -> (OsString, Option<OsString>) {
    let bytes = text.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(at) => {
            let part = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            (part(&bytes[..at]), Some(part(&bytes[at + 1..])))
        }
        None => (text.clone(), None),
    }
}
