//! `syscope report FILE`: what a trace says, in the terminal.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;

use crate::{report, trace_file};

/// Print a trace's summary table and process tree
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// The trace file
    file: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Prints the report. What is wrong with the trace goes to standard error, and for `--json` into the object, too.
///
/// # Errors
/// When the file cannot be read or is no trace.
pub(super) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    let loaded = trace_file::load(&args.file)?;
    if let Some(warning) = &loaded.warning {
        eprintln!("syscope: {}: {warning}", args.file.display());
    }
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        report::write_json(&loaded.store, loaded.warning.as_deref(), &mut out)?;
    } else {
        report::write_text(&loaded.store, &mut out)?;
    }
    out.flush().context("cannot write the report")
}
