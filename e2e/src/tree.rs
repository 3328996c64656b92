//! The process tree in a form that two runs share: no pids, no times, children in an order of their own.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, ensure};

use crate::report::Report;

/// CLONE_THREAD (`clone(2)`).
const CLONE_THREAD: u64 = 0x10000;

/// A process, or one of its threads.
#[derive(Clone, Debug, Default)]
struct Task {
    parent: Option<i32>,
    is_thread: bool,
    programs: Vec<String>,
    end: String,
}

/// The tree that a report shows.
///
/// # Errors
/// When it is no tree with one root.
pub fn of_report(report: &Report) -> Result<String> {
    let mut tasks = BTreeMap::new();
    for process in &report.processes {
        for thread in &process.threads {
            let is_first = thread.tid == process.pid;
            let end = match (thread.exit_status, &thread.signal) {
                (Some(status), _) => format!("exited {status}"),
                (None, Some(signal)) => format!("killed {signal}"),
                (None, None) => "?".to_owned(),
            };
            let task = Task {
                parent: if is_first { process.parent } else { Some(process.pid) },
                is_thread: thread.clone_flags & CLONE_THREAD != 0,
                programs: if is_first {
                    process.executions.iter().map(|execution| execution.program.clone()).collect()
                } else {
                    Vec::new()
                },
                end,
            };
            tasks.insert(thread.tid, task);
        }
    }
    print(&tasks)
}

/// The tree that the lines of `strace -f -e trace=%process` show.
///
/// # Errors
/// When it is no tree with one root.
pub fn of_strace(lines: &[(i32, String)]) -> Result<String> {
    let mut tasks: BTreeMap<i32, Task> = BTreeMap::new();
    for (pid, line) in lines {
        tasks.entry(*pid).or_default();
        if let Some(child) = created(line) {
            let is_thread = line.contains("CLONE_THREAD");
            // A thread hangs below its process, whichever of its threads made it.
            let parent = process_of(&tasks, *pid);
            let task = tasks.entry(child).or_default();
            task.parent = Some(parent);
            task.is_thread = is_thread;
        }
        let task = tasks.entry(*pid).or_default();
        if let Some(program) = executed(line) {
            task.programs.push(program);
        } else if let Some(status) = between(line, "+++ exited with ", " +++") {
            task.end = format!("exited {status}");
        } else if let Some(signal) = between(line, "+++ killed by ", " +++") {
            task.end = format!("killed {signal}");
        }
    }
    print(&tasks)
}

/// The process of a task: itself, unless it is a thread.
fn process_of(tasks: &BTreeMap<i32, Task>, task: i32) -> i32 {
    match tasks.get(&task) {
        Some(Task { is_thread: true, parent: Some(process), .. }) => *process,
        _ => task,
    }
}

fn created(line: &str) -> Option<i32> {
    let is_creation = ["clone(", "clone3(", "fork(", "vfork("].iter().any(|call| line.starts_with(call));
    let (_, result) = line.rsplit_once("= ")?;
    result.trim().parse().ok().filter(|child| is_creation && *child > 0)
}

fn executed(line: &str) -> Option<String> {
    let is_done = line.starts_with("execve(") && line.trim_end().ends_with("= 0");
    between(line, "execve(\"", "\"").filter(|_| is_done).map(str::to_owned)
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(before)?;
    Some(rest.split_once(after)?.0)
}

fn print(tasks: &BTreeMap<i32, Task>) -> Result<String> {
    let roots: Vec<i32> =
        tasks.iter().filter(|(_, task)| task.parent.is_none()).map(|(tid, _)| *tid).collect();
    ensure!(roots.len() == 1, "a tree with the roots {roots:?}");
    subtree(tasks, roots[0], 0)
}

fn subtree(tasks: &BTreeMap<i32, Task>, tid: i32, depth: usize) -> Result<String> {
    ensure!(depth < 100, "task {tid} is its own ancestor");
    let task = tasks.get(&tid).context("a task that is in the table")?;
    let kind = if task.is_thread { "thread" } else { "process" };
    let mut text = String::new();
    writeln!(text, "{}{kind} {:?} {}", "  ".repeat(depth), task.programs, task.end)?;
    let children = tasks.iter().filter(|(_, child)| child.parent == Some(tid));
    let mut children: Vec<String> =
        children.map(|(child, _)| subtree(tasks, *child, depth + 1)).collect::<Result<_>>()?;
    children.sort();
    text.extend(children);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strace_lines_make_a_tree() {
        let lines = [
            (10, r#"execve("/bin/sh", ["sh"], 0x7ff /* 3 vars */) = 0"#),
            (10, "vfork() = 11"),
            (10, "clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x1}, 88) = 12"),
            (11, r#"execve("/nowhere", ["x"], 0x7ff /* 3 vars */) = -1 ENOENT (No such file or directory)"#),
            (11, "+++ killed by SIGKILL +++"),
            (12, "fork() = 13"),
            (13, "+++ exited with 2 +++"),
            (12, "+++ exited with 0 +++"),
            (10, "+++ exited with 0 +++"),
        ];
        let lines: Vec<(i32, String)> = lines.map(|(pid, line)| (pid, line.to_owned())).to_vec();
        let expected = "process [\"/bin/sh\"] exited 0\n  process [] exited 2\n  process [] killed SIGKILL\n  thread [] exited 0\n";
        assert_eq!(of_strace(&lines).unwrap(), expected);
    }
}
