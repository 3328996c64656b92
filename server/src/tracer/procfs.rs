//! What `/proc` tells about a task. A task that is gone has no facts.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use syscope_shared::ids::{Fd, Pid, Tid};

use super::stop::Image;

/// The most bytes of an argument list that are kept of an executed program; the call's own arguments are limited by `-s`.
const MOST_ARGV_BYTES: usize = 64 * 1024;

/// `/proc/TID/status`, as far as a tracer needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    pub name: String,
    pub process: Pid,
    pub parent: Pid,
    /// Who traces it; 0 for nobody.
    pub tracer: Tid,
    pub uids: Uids,
    pub is_zombie: bool,
    pub is_kernel_thread: bool,
    pub threads: u32,
}

/// The user ids of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uids {
    pub real: u32,
    pub effective: u32,
    pub saved: u32,
}

#[must_use]
pub fn status(tid: Tid) -> Option<TaskStatus> {
    parse_status(&fs::read_to_string(format!("/proc/{}/status", tid.0)).ok()?)
}

fn parse_status(text: &str) -> Option<TaskStatus> {
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let number = |name: &str| field(name)?.parse::<i32>().ok();
    let mut uids = field("Uid")?.split_whitespace().map(str::parse::<u32>);
    let mut uid = || uids.next()?.ok();
    let (process, parent) = (number("Tgid")?, number("PPid")?);
    Some(TaskStatus {
        name: field("Name")?.to_owned(),
        process: Pid(process),
        parent: Pid(parent),
        tracer: Tid(number("TracerPid").unwrap_or(0)),
        uids: Uids { real: uid()?, effective: uid()?, saved: uid()? },
        is_zombie: field("State").is_some_and(|state| state.starts_with(['Z', 'X'])),
        // Linux 6.8 and later say so; before, kernel threads are kthreadd (2) and its children.
        is_kernel_thread: match number("Kthread") {
            Some(flag) => flag != 0,
            None => process == 2 || parent == 2,
        },
        threads: number("Threads").and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
    })
}

/// The name of a task (`/proc/TID/comm`).
#[must_use]
pub fn comm(tid: Tid) -> Option<String> {
    let bytes = fs::read(format!("/proc/{}/comm", tid.0)).ok()?;
    Some(String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(&bytes)).into_owned())
}

/// The threads of a process.
#[must_use]
pub fn threads(process: Pid) -> Vec<Tid> {
    let Ok(entries) = fs::read_dir(format!("/proc/{}/task", process.0)) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Tid)).collect()
}

/// The kernel's release, as `uname -r` prints it.
#[must_use]
pub fn kernel_release() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

/// The descriptors of a task, and what they stand for.
#[must_use]
pub fn open_files(tid: Tid) -> Vec<(Fd, String)> {
    let Ok(entries) = fs::read_dir(format!("/proc/{}/fd", tid.0)) else { return Vec::new() };
    let open_file = |entry: fs::DirEntry| {
        let fd = entry.file_name().to_str()?.parse().ok()?;
        Some((Fd(fd), text_of(&fs::read_link(entry.path()).ok()?)))
    };
    entries.flatten().filter_map(open_file).collect()
}

/// The program that a task has just executed.
#[must_use]
pub fn image(tid: Tid) -> Image {
    let link = |name: &str| {
        fs::read_link(format!("/proc/{}/{name}", tid.0)).map(|path| text_of(&path)).unwrap_or_default()
    };
    let (program, cwd) = (link("exe"), link("cwd"));
    Image { program, argv: argv(tid), cwd, comm: comm(tid).unwrap_or_default(), open_files: Vec::new() }
}

/// The arguments that a process was started with; empty for kernel threads and zombies.
#[must_use]
pub fn argv(tid: Tid) -> Vec<String> {
    let mut bytes = fs::read(format!("/proc/{}/cmdline", tid.0)).unwrap_or_default();
    let is_cut = bytes.len() > MOST_ARGV_BYTES;
    bytes.truncate(MOST_ARGV_BYTES);
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    let words = bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    words.chain(is_cut.then(|| "…".to_owned())).collect()
}

/// Whether the kernel lets others of the same user look into the process: its files in `/proc` then belong to that user
/// (`PR_SET_DUMPABLE` in `prctl(2)`).
#[must_use]
pub fn is_dumpable(tid: Tid, uids: Uids) -> bool {
    // Not of the folder itself, which always belongs to the process's user (`task_dump_owner` in the kernel's `fs/proc`).
    match fs::metadata(format!("/proc/{}/stat", tid.0)) {
        Ok(metadata) => metadata.uid() == uids.effective,
        Err(_) => true,
    }
}

fn text_of(path: &Path) -> String {
    String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_facts() {
        let own = Pid(std::process::id() as i32);
        let status = status(Tid(own.0)).unwrap();
        assert_eq!(status.process, own);
        assert_eq!(status.parent, Pid(nix::unistd::getppid().as_raw()));
        assert_eq!(status.uids.effective, nix::unistd::geteuid().as_raw());
        assert!(!status.is_zombie && !status.is_kernel_thread);
        assert!(threads(own).contains(&Tid(nix::unistd::gettid().as_raw())));
        assert_eq!(argv(Tid(own.0)), std::env::args().collect::<Vec<_>>());
        assert_eq!(super::status(Tid(i32::MAX)), None);
    }

    #[test]
    fn a_kernel_thread_is_recognised_on_old_kernels_too() {
        let text =
            "Name:\tkworker/0:0\nState:\tI (idle)\nTgid:\t9\nPPid:\t2\nTracerPid:\t0\nUid:\t0\t0\t0\t0\n";
        assert!(parse_status(text).unwrap().is_kernel_thread);
        assert!(!parse_status(&format!("{text}Kthread:\t0\n")).unwrap().is_kernel_thread);
    }
}
