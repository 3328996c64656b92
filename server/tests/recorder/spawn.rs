//! Starting a command: it notices nothing, and its end is the recorder's end.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use syscope_shared::event::{Change, End, Origin};
use syscope_shared::file::SealReason;
use syscope_shared::options::Target;

use super::harness::{PYTHON, Recorder, record, untraced};

#[test]
fn the_exit_status_is_the_commands() {
    for status in [0, 3, 255] {
        let recording = record(&["--", "sh", "-c", &format!("exit {status}")]);
        assert_eq!(recording.finished.status.code(), Some(status));
        let trace = recording.trace();
        trace.check();
        let seal = trace.seal.unwrap();
        assert_eq!((seal.reason, seal.exit_status), (SealReason::Finished, Some(status)));
        assert_eq!(trace.ends().last().unwrap().1, End::Exited(status as u8));
    }
}

#[test]
fn a_command_that_dies_of_a_signal_takes_the_recorder_with_it() {
    for signal in [15, 9, 11, 34] {
        let recording = record(&["--", PYTHON, "-c", &format!("import os; os.kill(os.getpid(), {signal})")]);
        assert_eq!(recording.finished.status.signal(), Some(signal));
        let trace = recording.trace();
        trace.check();
        assert_eq!(trace.seal.unwrap().exit_status, Some(128 + signal));
        assert!(matches!(trace.ends()[..], [(_, End::Killed { signal: by, .. })] if by.0 == signal));
    }
}

#[test]
fn the_first_event_is_the_commands_execve_and_the_last_its_end() {
    let trace = record(&["--", "/bin/true", "an argument"]).trace();
    trace.check();
    let (_, first) = trace.calls().next().unwrap();
    assert_eq!((first.id.name().as_ref(), first.ret), ("execve", 0));
    assert!(first.args.starts_with(r#""/bin/true", ["/bin/true", "an argument"], "#), "{}", first.args);
    let (_, last) = trace.calls().last().unwrap();
    assert_eq!((last.id.name().as_ref(), last.duration, last.result.as_str()), ("exit_group", None, "?"));
    let [start, executed, ..] = &trace.changes[..] else { panic!("{}", trace.outline()) };
    assert!(matches!(&start.change, Change::Started { origin: Origin::Spawned, comm, .. } if comm == "true"));
    let Change::Executed { program, argv, cwd, .. } = &executed.change else { panic!("{executed:?}") };
    assert_eq!((program.as_str(), argv[1].as_str()), ("/bin/true", "an argument"));
    assert_eq!(*cwd, std::env::current_dir().unwrap().to_str().unwrap());
    let header = trace.header.unwrap();
    assert_eq!(header.target, Target::Command(vec!["/bin/true".to_owned(), "an argument".to_owned()]));
}

#[test]
fn the_command_keeps_its_terminal_environment_and_signals() {
    let program = "
import os, signal, sys
print(sys.stdin.read(), os.environ['A'], 'HOME' in os.environ, signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN)
print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), sorted(os.listdir('/proc/self/fd')))
print('to stderr', file=sys.stderr)";
    let input = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&input, b"from stdin").unwrap();
    let stdin = || Stdio::from(std::fs::File::open(&input).unwrap());
    let with_stdin = |command: &mut Command| {
        command.stdin(stdin());
    };
    let args = ["-E", "A=1 2", "-E", "HOME", "--", PYTHON, "-c", program];
    let recording = Recorder::start_with(&args, with_stdin).finish();
    let with_all = |command: &mut Command| {
        command.stdin(stdin()).env("A", "1 2").env_remove("HOME");
    };
    let expected = untraced(with_all, &[PYTHON, "-c", program]);
    assert!(expected.starts_with("from stdin 1 2 False"), "{expected}");
    assert_eq!(recording.stdout(), expected);
    assert_eq!(recording.stderr(), "to stderr\n");
}

#[test]
fn ignored_signals_are_not_handed_down() {
    // The recorder ignores SIGPIPE (13) and SIGXFSZ (25); a command that inherited that would behave otherwise than untraced.
    let command = ["cat", "/proc/self/status"];
    let masks = |status: &str| -> Vec<u64> {
        let lines =
            status.lines().filter_map(|line| line.strip_prefix("SigIgn:").or(line.strip_prefix("SigBlk:")));
        // glibc takes 32 and 33 for itself in every program with threads, which ends their being ignored.
        lines.map(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & !(0b11 << 31)).collect()
    };
    let recording = record(&["--", command[0], command[1]]);
    assert_eq!(masks(&recording.stdout()), masks(&untraced(|_| {}, &command)));
}

#[test]
fn what_cannot_be_run_is_said_in_a_sentence_and_leaves_no_file() {
    let junk = tempfile::tempdir().unwrap();
    let junk = junk.path().join("junk");
    std::fs::write(&junk, "\u{1}\u{2}junk").unwrap();
    std::fs::set_permissions(&junk, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (program, says) in [
        ("no-such-program", "there is no program `no-such-program` in PATH"),
        ("/etc/passwd", "not executable"),
        ("/no/such/file", "No such file"),
        (junk.to_str().unwrap(), "Exec format error"),
    ] {
        let recording = record(&["--", program]);
        assert_eq!(recording.finished.status.code(), Some(1), "{program}");
        assert!(recording.stderr().contains(says), "{}", recording.stderr());
        assert_eq!(recording.stderr().lines().count(), 1, "{}", recording.stderr());
        assert!(!recording.file.exists(), "{program}");
    }
}

#[test]
fn mistakes_in_the_command_line_exit_with_2() {
    for args in [
        &["--"][..],
        &["-p", "x"],
        &["-p", "1", "--", "ls"],
        &["-e", "trace=no_such_call", "--", "ls"],
        &["-e", "signal=none", "--", "ls"],
        &["-s", "many", "--", "ls"],
        &["-z", "-Z", "--", "ls"],
    ] {
        let recording = record(args);
        assert_eq!(recording.finished.status.code(), Some(2), "{args:?} {}", recording.stderr());
        assert!(!recording.file.exists(), "{args:?}");
    }
}

#[test]
fn only_what_was_asked_for_is_recorded_but_the_tree_is_whole() {
    let script = "cat /no/such/file; cat /dev/null";
    let trace = record(&["-e", "trace=openat", "--", "sh", "-c", script]).trace();
    trace.check_ends();
    assert!(trace.calls().all(|(_, call)| call.id.name() == "openat"), "{}", trace.outline());
    assert_eq!(trace.started().len(), 3, "sh and two cats");
    let failed = record(&["-e", "openat", "-Z", "--", "sh", "-c", script]).trace();
    assert!(failed.calls().all(|(_, call)| call.is_error()));
    assert!(failed.calls().any(|(_, call)| call.args.contains("/no/such/file")));
    let fine = record(&["-z", "--", "sh", "-c", script]).trace();
    assert!(fine.calls().all(|(_, call)| call.duration.is_some() && !call.is_error()));
    assert!(fine.calls().count() > 20);
}

#[test]
fn without_following_there_is_one_task() {
    let recording = record(&["--no-follow", "--", "sh", "-c", "/bin/true & wait; /bin/echo hello"]);
    assert_eq!(recording.stdout(), "hello\n");
    assert_eq!(recording.trace().started().len(), 1);
}

#[test]
fn a_command_can_run_as_another_user() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let recording = record(&["-u", "nobody", "--", "id", "-un"]);
    assert_eq!(recording.stdout(), "nobody\n");
    recording.trace().check();
    assert!(record(&["-u", "no-such-user", "--", "id"]).stderr().contains("no user `no-such-user`"));
}
