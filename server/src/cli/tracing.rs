//! The tracing options of every subcommand that traces: strace's, spelled the same.

use syscope_shared::options::{StatusFilter, TraceOptions};
use syscope_shared::syscall::TraceSet;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct TracingArgs {
    /// Follow children and threads (the default)
    #[arg(short, long)]
    follow_forks: bool,

    /// Trace only the process itself
    #[arg(long, conflicts_with = "follow_forks")]
    no_follow: bool,

    /// Which calls to record: `trace=%file`, `openat,read`, `!futex`
    #[arg(short = 'e', long = "trace", value_name = "SET", value_parser = trace_set, allow_hyphen_values = true)]
    trace: Option<String>,

    /// Record only calls that returned without an error
    #[arg(short = 'z', long, conflicts_with = "failed_only")]
    successful_only: bool,

    /// Record only calls that returned with an error
    #[arg(short = 'Z', long)]
    failed_only: bool,

    /// The most bytes of a string to record
    #[arg(short, long, value_name = "BYTES", default_value_t = TraceOptions::default().string_limit)]
    string_limit: u32,
}

impl TracingArgs {
    pub(super) fn into_options(self) -> TraceOptions {
        TraceOptions {
            follow: !self.no_follow,
            trace: self.trace,
            status: match (self.successful_only, self.failed_only) {
                (true, _) => StatusFilter::Successful,
                (_, true) => StatusFilter::Failed,
                _ => StatusFilter::Any,
            },
            string_limit: self.string_limit,
        }
    }
}

/// `-e`'s argument: `trace=SET`, `t=SET`, or a set alone.
fn trace_set(text: &str) -> Result<String, String> {
    let set = match text.split_once('=') {
        Some(("trace" | "t", set)) => set,
        Some((qualifier, _)) => {
            return Err(format!("`-e {qualifier}=` is not supported here, only `-e trace=`"));
        }
        None => text,
    };
    TraceSet::parse(set).map_err(|error| error.to_string())?;
    Ok(set.to_owned())
}
