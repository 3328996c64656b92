//! `syscope check`, and refusals to another user. strace stands in for a kernel or container that forbids things: it lets the calls of
//! its tracee fail.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::harness::{SYSCOPE, Target, wait_until};

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// `syscope check` with some of its calls failing; `None` where strace is not installed.
fn check_with(injection: &str) -> Option<Output> {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "-e", &format!("inject={injection}"), SYSCOPE, "check"]);
    match strace.output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: no strace ({error})");
            None
        }
    }
}

/// A copy of the program that other users can execute, and the command that runs it as nobody.
fn as_nobody(dir: &tempfile::TempDir) -> Option<Command> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return None;
    }
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let copy: PathBuf = dir.path().join("syscope");
    std::fs::copy(SYSCOPE, &copy).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]).arg(copy);
    Some(command)
}

#[test]
fn what_works_is_said() {
    let output = Command::new(SYSCOPE).arg("check").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let says = stdout(&output);
    let [first, needs @ ..] = &says.lines().collect::<Vec<_>>()[..] else { panic!("{says}") };
    assert!(first.contains(&format!("uid {}", nix::unistd::geteuid())), "{says}");
    assert_eq!(needs.len(), 4, "{says}");
    assert!(
        needs.iter().all(|line| line.starts_with("yes") || line.starts_with("limited  attach")),
        "{says}"
    );
}

#[test]
fn a_forbidden_ptrace_is_named_with_a_remedy() {
    let Some(output) = check_with("ptrace:error=EPERM") else { return };
    assert_eq!(output.status.code(), Some(1));
    let says = stdout(&output);
    assert!(says.contains("no       start a command and trace it: Operation not permitted"), "{says}");
    assert!(says.contains("no       attach to running processes"), "{says}");
}

#[test]
fn without_process_vm_readv_memory_is_still_read() {
    let Some(output) = check_with("process_vm_readv:error=ENOSYS") else { return };
    assert_eq!(output.status.code(), Some(0));
    let says = stdout(&output);
    assert!(
        says.contains("limited  read what their arguments point to: process_vm_readv is refused"),
        "{says}"
    );
}

#[test]
fn other_users_and_processes_that_hide_are_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |pid: i32| {
        let mut command = as_nobody(&dir)?;
        let output = command
            .args(["record", "-o"])
            .arg(dir.path().join("trace"))
            .args(["-p", &pid.to_string()])
            .output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1));
        Some(String::from_utf8(output.stderr).unwrap())
    };
    let roots = Target::python("import time; time.sleep(60)", &[]);
    let Some(says) = refused(roots.pid().0) else { return };
    assert!(says.contains("runs as another user (uid 0): run syscope as that user or as root"), "{says}");

    let hiding = "
import ctypes, os, sys, time
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
PR_SET_DUMPABLE = 4
ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
open(sys.argv[1], 'w').close()
time.sleep(60)";
    let ready = dir.path().join("ready");
    let hidden = Target::python(hiding, &[ready.to_str().unwrap()]);
    wait_until("it hides", || ready.exists());
    let says = refused(hidden.pid().0).unwrap();
    assert!(says.contains("is not dumpable"), "{says}");
}
