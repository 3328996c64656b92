//! Seizing running processes, every thread of each.

use std::collections::HashSet;
use std::io;

use syscope_shared::ids::{Pid, Tid};

use super::procfs;
use super::refusal::{self, Refusal, UidPolicy};
use crate::sys::ptrace::{self, Follow, OnTracerDeath};

/// How often a process's threads are looked through before it counts as one that makes threads faster than they can be seized. New
/// threads of a seized one come by themselves, so that two rounds are the rule.
const MOST_ROUNDS: usize = 100;

/// A thread that has been seized and interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    pub tid: Tid,
    pub process: Pid,
    pub comm: String,
}

/// Seizes `process` and, when children are followed, all its threads, and interrupts them, so that each will stop.
///
/// An attached process is never killed with its tracer. A thread that vanishes meanwhile is left out.
pub fn attach(process: Pid, follow: Follow, uids: UidPolicy) -> Result<Vec<Attached>, Refusal> {
    if let Some(refusal) = refusal::examine(process, uids) {
        return Err(refusal);
    }
    let leader = Tid(process.0);
    let mut attached = vec![seize(process, leader, follow)?];
    let mut tried = HashSet::from([leader]);
    if follow == Follow::Nothing {
        return Ok(attached);
    }
    for _round in 0..MOST_ROUNDS {
        let new: Vec<Tid> = procfs::threads(process).into_iter().filter(|tid| tried.insert(*tid)).collect();
        if new.is_empty() {
            break;
        }
        // Those that fail have died, or were seized by the kernel when their creator was.
        attached.extend(new.into_iter().filter_map(|tid| seize(process, tid, follow).ok()));
    }
    Ok(attached)
}

fn seize(process: Pid, tid: Tid, follow: Follow) -> Result<Attached, Refusal> {
    ptrace::seize(tid, follow, OnTracerDeath::RunOn).map_err(|error| explain(process, &error))?;
    // One that has died since is reported by `wait`.
    let _ = ptrace::interrupt(tid);
    Ok(Attached { tid, process, comm: procfs::comm(tid).unwrap_or_default() })
}

fn explain(process: Pid, error: &io::Error) -> Refusal {
    refusal::examine(process, UidPolicy::Any).unwrap_or_else(|| Refusal::unexplained(process, error))
}
