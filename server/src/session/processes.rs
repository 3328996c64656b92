//! The machine's processes, as `/proc` tells of them (proc(5)).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use nix::unistd::{Uid, User};
use syscope_shared::api::ProcessInfo;
use syscope_shared::options::shell_quoted;

use super::SessionError;
use super::attach::Operator;

/// PF_KTHREAD of the kernel's `include/linux/sched.h`.
const KERNEL_THREAD_FLAG: u64 = 0x0020_0000;

/// The longest command line to show, in characters.
const MAX_COMMAND_CHARS: usize = 2000;

/// What attaching needs to know of a process.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) parent: i32,
    /// Real, effective and saved.
    pub(super) uids: [u32; 3],
    pub(super) comm: String,
    pub(super) threads: u32,
    /// The pid of its tracer; 0 for none.
    pub(super) tracer: i32,
    pub(super) is_kernel_thread: bool,
    /// It is a zombie.
    pub(super) has_ended: bool,
}

impl Process {
    /// The name of its real user, or the number of one without a name.
    pub(super) fn user(&self) -> String {
        user_name(self.uids[0])
    }
}

/// Every process, and why the operator cannot attach to it.
pub(super) fn list(operator: &Operator) -> Result<Vec<ProcessInfo>, SessionError> {
    let entries = fs::read_dir("/proc").map_err(SessionError::io("read the folder", "/proc"))?;
    let pids: BTreeSet<i32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    let mut names = BTreeMap::new();
    // A process that has ended meanwhile has no row.
    let rows = pids.into_iter().filter_map(read).map(|process| ProcessInfo {
        pid: process.pid,
        parent: process.parent,
        uid: process.uids[0],
        user: names.entry(process.uids[0]).or_insert_with(|| process.user()).clone(),
        command: command_of(&process),
        threads: process.threads,
        refusal: operator.refusal(&process).map(|refusal| refusal.to_string()),
        comm: process.comm,
    });
    Ok(rows.collect())
}

/// One process; `None` when there is no such process.
pub(super) fn read(pid: i32) -> Option<Process> {
    if pid <= 0 {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let process = parse_status(&status)?;
    // A thread's number opens here as well; only its process is a target.
    (process.pid == pid).then(|| Process { is_kernel_thread: is_kernel_thread(&stat), ..process })
}

/// A process and all its ancestors.
pub(super) fn line_of(pid: i32) -> BTreeSet<i32> {
    let mut line = BTreeSet::from([pid]);
    let mut current = pid;
    while let Some(process) = read(current) {
        if !line.insert(process.parent) {
            break;
        }
        current = process.parent;
    }
    line
}

fn parse_status(status: &str) -> Option<Process> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim)
    };
    let mut uids = field("Uid")?.split_whitespace().map(|uid| uid.parse().ok());
    Some(Process {
        pid: field("Tgid")?.parse().ok()?,
        parent: field("PPid")?.parse().ok()?,
        uids: [uids.next()??, uids.next()??, uids.next()??],
        comm: field("Name")?.to_owned(),
        threads: field("Threads")?.parse().ok()?,
        tracer: field("TracerPid")?.parse().ok()?,
        is_kernel_thread: false,
        has_ended: field("State").is_some_and(|state| state.starts_with(['Z', 'X'])),
    })
}

/// By the flags in `/proc/PID/stat`, the seventh field after the name, which itself may hold anything.
fn is_kernel_thread(stat: &str) -> bool {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let flags = after_name.split_whitespace().nth(6).and_then(|flags| flags.parse::<u64>().ok());
    flags.is_some_and(|flags| flags & KERNEL_THREAD_FLAG != 0)
}

/// The command line as one would type it, or the name in brackets, as `ps` has it, when there is none.
fn command_of(process: &Process) -> String {
    let bytes = fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<String> = text.trim_end_matches('\0').split('\0').map(shell_quoted).collect();
    if text.is_empty() {
        format!("[{}]", process.comm)
    } else {
        words.join(" ").chars().take(MAX_COMMAND_CHARS).collect()
    }
}

fn user_name(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read_whatever_the_name() {
        let status = "Name:\tbad) R 1\nState:\tZ (zombie)\nTgid:\t42\nPid:\t42\nPPid:\t7\nTracerPid:\t9\n\
                      Uid:\t1\t2\t3\t4\nThreads:\t5\n";
        let process = parse_status(status).unwrap();
        assert_eq!((process.pid, process.parent, process.tracer, process.threads), (42, 7, 9, 5));
        assert_eq!(process.uids, [1, 2, 3]);
        assert_eq!(process.comm, "bad) R 1");
        assert!(process.has_ended);
        assert!(is_kernel_thread("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0"));
        assert!(!is_kernel_thread("42 (bad) R 1) S 0 0 0 0 -1 4194304 0 0"));
    }

    #[test]
    fn this_process_is_listed() {
        let own = nix::unistd::getpid().as_raw();
        let process = read(own).unwrap();
        assert_eq!(process.parent, nix::unistd::getppid().as_raw());
        assert_eq!(process.uids, [nix::unistd::getuid().as_raw(); 3]);
        let operator = Operator::this_process(super::super::AttachPolicy::OwnUser);
        let row = list(&operator).unwrap().into_iter().find(|row| row.pid == own).unwrap();
        assert!(row.refusal.unwrap().contains("syscope itself"));
    }
}
