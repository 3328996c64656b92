//! `syscope export FILE --format F`: a trace in another form.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;

use crate::export::{StraceFormat, Timestamps, write_json_lines, write_strace};
use crate::trace_file;

/// Write a trace in another form
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The trace file
    file: PathBuf,
    /// strace: lines as `strace -f -o` writes them; json: one object a line
    #[arg(long, value_enum)]
    format: Format,
    /// Where to write [default: standard output]
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// With strace: the time of day on every line; twice: with microseconds; three times: as seconds since the epoch
    #[arg(short = 't', action = clap::ArgAction::Count)]
    timestamps: u8,
    /// With strace: the time spent in each call
    #[arg(short = 'T', long)]
    syscall_times: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Strace,
    Json,
}

/// Writes the trace. What is wrong with it goes to standard error.
///
/// # Errors
/// When the file cannot be read or is no trace, or the output cannot be written.
pub(super) fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let loaded = trace_file::load(&args.file)?;
    if let Some(warning) = &loaded.warning {
        eprintln!("syscope: {}: {warning}", args.file.display());
    }
    let mut out: BufWriter<Box<dyn Write>> = BufWriter::new(match &args.output {
        None => Box::new(io::stdout().lock()),
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(file)
        }
    });
    match args.format {
        Format::Strace => write_strace(&loaded.store, strace_format(args), &mut out)?,
        Format::Json => write_json_lines(&loaded.store, &mut out)?,
    }
    out.flush().context("cannot write the export")
}

fn strace_format(args: &ExportArgs) -> StraceFormat {
    let timestamps = match args.timestamps {
        0 => Timestamps::None,
        1 => Timestamps::Seconds,
        2 => Timestamps::Micros,
        _ => Timestamps::Epoch,
    };
    StraceFormat { timestamps, with_durations: args.syscall_times }
}
