//! `syscope check`: can this machine, container and user trace, and if not, what forbids it?

use std::process::ExitCode;

use crate::tracer::probe::{Need, Outcome, Surroundings, probe};

/// Say whether this machine, container and user can trace, and if not, which setting forbids it
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {}

pub(super) fn run() -> ExitCode {
    let surroundings = Surroundings::own();
    println!("{}", described(&surroundings));
    let outcomes = probe(&surroundings);
    for (need, outcome) in &outcomes {
        println!("{}", line(*need, outcome));
    }
    let can_trace = !outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Fails(_)));
    if can_trace { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn described(surroundings: &Surroundings) -> String {
    let yama = match surroundings.yama_scope {
        Some(scope) => format!("yama ptrace_scope {scope}"),
        None => "no yama".to_owned(),
    };
    let capability =
        if surroundings.can_trace_all { "with CAP_SYS_PTRACE" } else { "without CAP_SYS_PTRACE" };
    let container = if surroundings.is_container { ", in a container" } else { "" };
    let seccomp = if surroundings.has_seccomp { ", under a seccomp filter" } else { "" };
    let Surroundings { uid, kernel, .. } = surroundings;
    format!("Linux {kernel}, uid {uid} {capability}, {yama}{container}{seccomp}")
}

fn line(need: Need, outcome: &Outcome) -> String {
    let what = match need {
        Need::Spawn => "start a command and trace it",
        Need::SyscallInfo => "see its calls",
        Need::FastMemory => "read what their arguments point to",
        Need::Attach => "attach to running processes",
    };
    match outcome {
        Outcome::Works => format!("yes      {what}"),
        Outcome::Limited(why) => format!("limited  {what}: {why}"),
        Outcome::Fails(why) => format!("no       {what}: {why}"),
    }
}
