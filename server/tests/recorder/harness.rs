//! Running the recorder, and reading what it wrote.

use std::fmt::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output as Finished, Stdio};
use std::time::{Duration, Instant};

use syscope_shared::event::{Change, End, Event, EventKind, Output, Syscall, TaskChange};
use syscope_shared::file::{Chunk, Decoder, Header, Seal};
use syscope_shared::ids::{Pid, TaskUid, Tid};
use tempfile::TempDir;

pub(crate) const PYTHON: &str = "/usr/bin/python3";

pub(crate) const SYSCOPE: &str = env!("CARGO_BIN_EXE_syscope");

/// Longer than anything here takes, even on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(20);

/// A trace file, as far as it can be read.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) header: Option<Header>,
    pub(crate) changes: Vec<TaskChange>,
    pub(crate) events: Vec<Event>,
    pub(crate) output: Vec<Output>,
    pub(crate) in_flight: Vec<Event>,
    pub(crate) seal: Option<Seal>,
}

impl Trace {
    pub(crate) fn read(path: &Path) -> Self {
        let mut decoder = Decoder::new();
        // The recorder may not have made it yet.
        decoder.push(&std::fs::read(path).unwrap_or_default());
        let mut trace = Self::default();
        while let Some(chunk) = decoder.next_chunk().unwrap() {
            match chunk {
                Chunk::Header(header) => trace.header = Some(header),
                Chunk::Tasks(changes) => trace.changes.extend(changes),
                Chunk::Events(events) => trace.events.extend(events),
                Chunk::Output(output) => trace.output.extend(output),
                Chunk::InFlight(events) => trace.in_flight = events,
                Chunk::Seal(seal) => trace.seal = Some(seal),
            }
        }
        trace
    }

    /// Every call with its task, in the order in which they are in the file.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (TaskUid, &Syscall)> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Syscall(call) => Some((event.task, call)),
            _ => None,
        })
    }

    pub(crate) fn calls_named(&self, name: &str) -> Vec<&Syscall> {
        self.calls().map(|(_, call)| call).filter(|call| call.id.name() == name).collect()
    }

    pub(crate) fn tid(&self, task: TaskUid) -> Tid {
        let started =
            self.changes.iter().find(|change| change.task == task).expect("a task that was announced");
        let Change::Started { tid, .. } = started.change else { panic!("{started:?} comes first") };
        tid
    }

    /// The process of each task that was seen.
    pub(crate) fn started(&self) -> Vec<(Tid, Pid)> {
        let started = self.changes.iter().filter_map(|change| match change.change {
            Change::Started { tid, process, .. } => Some((tid, process)),
            _ => None,
        });
        started.collect()
    }

    pub(crate) fn ends(&self) -> Vec<(Tid, End)> {
        let ends = self.events.iter().filter_map(|event| match event.kind {
            EventKind::Ended(end) => Some((self.tid(event.task), end)),
            _ => None,
        });
        ends.collect()
    }

    /// What must hold of every trace of everything.
    pub(crate) fn check(&self) {
        self.check_ends();
        // Every creation has its task, and every created task its creation.
        let children = self.calls().filter(|(_, call)| call.child.is_some()).count();
        let created = self.changes.iter().filter(|change| {
            matches!(
                change.change,
                Change::Started { origin: syscope_shared::event::Origin::Created { .. }, .. }
            )
        });
        assert_eq!(children, created.count(), "{}", self.outline());
    }

    /// What must hold of every trace, also when calls were left out.
    pub(crate) fn check_ends(&self) {
        let mut tasks: Vec<TaskUid> = self.changes.iter().map(|change| change.task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        for task in tasks {
            self.tid(task);
            let ends = self.events.iter().filter(|e| e.task == task && matches!(e.kind, EventKind::Ended(_)));
            assert_eq!(ends.count(), 1, "ends of task {task:?}");
        }
        for event in &self.events {
            self.tid(event.task);
        }
        let seal = self.seal.expect("a seal");
        assert_eq!(seal.events, self.events.len() as u64);
    }

    /// The trace as text, for the message of a failed assertion.
    pub(crate) fn outline(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            writeln!(text, "{} {:?} {:?}", change.time.0, change.task, change.change).unwrap();
        }
        for event in &self.events {
            let line = match &event.kind {
                EventKind::Syscall(call) => format!("{}({}) = {}", call.id.name(), call.args, call.result),
                other => format!("{other:?}"),
            };
            writeln!(text, "{} #{} {line}", event.start.0, event.task.0).unwrap();
        }
        text
    }
}

/// A recorder that has ended.
pub(crate) struct Recording {
    pub(crate) finished: Finished,
    pub(crate) file: PathBuf,
    _dir: TempDir,
}

impl Recording {
    pub(crate) fn trace(&self) -> Trace {
        Trace::read(&self.file)
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.finished.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.finished.stderr).into_owned()
    }

    /// The numbers that the tracee printed.
    pub(crate) fn numbers(&self) -> Vec<i32> {
        numbers(&self.stdout())
    }
}

pub(crate) fn numbers(text: &str) -> Vec<i32> {
    text.split_whitespace().map(|word| word.parse().unwrap_or_else(|_| panic!("{text:?}"))).collect()
}

/// A recorder at work; killed when it is dropped.
pub(crate) struct Recorder {
    pub(crate) child: Option<Child>,
    pub(crate) file: PathBuf,
    dir: Option<TempDir>,
}

impl Recorder {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, |_| {})
    }

    pub(crate) fn start_with(args: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        Self::start_as(Command::new(SYSCOPE), args, prepare)
    }

    /// Starts the recorder through a program that executes it, such as `prlimit`.
    pub(crate) fn start_within(wrapper: &[String], args: &[&str]) -> Self {
        let mut command = Command::new(&wrapper[0]);
        command.args(&wrapper[1..]).arg(SYSCOPE);
        Self::start_as(command, args, |_| {})
    }

    fn start_as(mut command: Command, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("trace");
        command.arg("record").arg("-o").arg(&file).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        prepare(&mut command);
        Self { child: Some(command.spawn().unwrap()), file, dir: Some(dir) }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid(self.child.as_ref().unwrap().id() as i32)
    }

    /// Waits for the recorder's child, and answers with its pid.
    pub(crate) fn wait_for_command(&self) -> i32 {
        let mut command = None;
        wait_until("there is a command", || {
            command = children(self.pid().0).first().copied();
            command.is_some()
        });
        command.unwrap()
    }

    pub(crate) fn finish(mut self) -> Recording {
        let finished = self.child.take().unwrap().wait_with_output().unwrap();
        Recording { finished, file: self.file.clone(), _dir: self.dir.take().unwrap() }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_some()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a command prints when nobody traces it.
pub(crate) fn untraced(prepare: impl FnOnce(&mut Command), command: &[&str]) -> String {
    let mut untraced = Command::new(command[0]);
    untraced.args(&command[1..]).stdin(Stdio::null());
    prepare(&mut untraced);
    String::from_utf8(untraced.output().unwrap().stdout).unwrap()
}

/// Records to the end.
pub(crate) fn record(args: &[&str]) -> Recording {
    Recorder::start(args).finish()
}

/// Records a Python program.
pub(crate) fn record_python(program: &str) -> Recording {
    let recording = record(&["--", PYTHON, "-c", program]);
    assert!(recording.finished.status.success(), "{}", recording.stderr());
    recording
}

/// A program that runs untraced; killed when it is dropped.
pub(crate) struct Target {
    pub(crate) child: Child,
}

impl Target {
    /// A Python program, once it has printed a line; what it prints is in a file that it gets as its last argument.
    pub(crate) fn python(program: &str, args: &[&str]) -> Self {
        let mut command = Command::new(PYTHON);
        command.arg("-c").arg(program).args(args).stdin(Stdio::null());
        Self { child: command.process_group(0).spawn().unwrap() }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid(self.child.id() as i32)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `condition` holds, and fails if that takes too long.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A field of `/proc/TID/status`; `None` when the task is gone.
pub(crate) fn status_field(tid: i32, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// The state of a task: `R`, `S`, `T` (stopped), `t` (stopped by a tracer), ...
pub(crate) fn state(tid: i32) -> Option<char> {
    status_field(tid, "State")?.chars().next()
}

/// Whether a process runs (a zombie does not).
pub(crate) fn is_running(pid: i32) -> bool {
    state(pid).is_some_and(|state| !"ZX".contains(state))
}

pub(crate) fn is_traced(tid: i32) -> bool {
    status_field(tid, "TracerPid").is_some_and(|tracer| tracer != "0")
}

pub(crate) fn children(pid: i32) -> Vec<i32> {
    let of_thread =
        |tid: i32| std::fs::read_to_string(format!("/proc/{pid}/task/{tid}/children")).unwrap_or_default();
    threads(pid).into_iter().flat_map(|tid| numbers(&of_thread(tid))).collect()
}

/// The number of the call that a task is in (`/proc/TID/syscall`, `proc(5)`).
pub(crate) fn syscall_of(tid: i32) -> Option<u32> {
    std::fs::read_to_string(format!("/proc/{tid}/syscall")).ok()?.split(' ').next()?.parse().ok()
}

pub(crate) fn threads(pid: i32) -> Vec<i32> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

pub(crate) fn send(pid: i32, signal: nix::sys::signal::Signal) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
}

/// A small C program, compiled once a test run; `None` (with a message) where there is no C compiler.
pub(crate) fn compiled(name: &str, source: &str) -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (program, file) = (dir.join(name), dir.join(format!("{name}.c")));
    std::fs::write(&file, source).unwrap();
    let compiler = Command::new("cc").args(["-O1", "-pthread", "-o"]).arg(&program).arg(&file).status();
    match compiler {
        Ok(status) => {
            assert!(status.success(), "{name} does not compile");
            Some(program)
        }
        Err(error) => {
            eprintln!("skipped: no C compiler ({error})");
            None
        }
    }
}
