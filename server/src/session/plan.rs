//! From a request to what the recorder is told: whatever is wrong is refused here, in a sentence, before anything is started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use syscope_shared::api::NewSession;
use syscope_shared::options::{Target, TraceOptions};
use syscope_shared::syscall::TraceSet;

use super::attach::{self, Operator};
use super::{Folder, SessionError, examples};

/// A session that can be started.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) options: TraceOptions,
    pub(super) cwd: PathBuf,
    /// Variables to set or unset in the command's environment.
    pub(super) env: BTreeMap<String, Option<String>>,
}

impl Plan {
    /// Checks a request.
    pub(super) fn of(
        request: NewSession,
        folder: &Folder,
        operator: &Operator,
    ) -> Result<Self, SessionError> {
        let cwd = working_folder(request.cwd.as_deref())?;
        check_env(&request.env)?;
        if let Some(set) = &request.options.trace {
            TraceSet::parse(set)
                .map_err(|error| invalid(format!("the set of calls `{set}` is wrong: {error}")))?;
        }
        let target = match (request.command, request.attach, request.example) {
            (Some(command), None, None) => Target::Command(command),
            (None, Some(pids), None) => Target::Attach(pids),
            (None, None, Some(id)) => Target::Command(examples::command(folder, &id)?),
            _ => return Err(invalid("give exactly one of `command`, `attach` and `example`")),
        };
        match &target {
            Target::Command(argv) => check_command(argv, &cwd, &search_path(&request.env))?,
            Target::Attach(pids) => attach::check_all(pids, operator)?,
        }
        Ok(Self { target, options: request.options, cwd, env: request.env })
    }

    /// The arguments of `syscope record` after the file.
    pub(super) fn record_args(&self) -> Vec<String> {
        let mut args = self.options.to_record_args();
        for (name, value) in &self.env {
            let setting = value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}={value}"));
            args.extend(["-E".to_owned(), setting]);
        }
        match &self.target {
            Target::Command(argv) => {
                args.push("--".to_owned());
                args.extend(argv.iter().cloned());
            }
            Target::Attach(pids) => {
                args.extend(pids.iter().flat_map(|pid| ["-p".to_owned(), pid.to_string()]))
            }
        }
        args
    }
}

fn invalid(sentence: impl Into<String>) -> SessionError {
    SessionError::Invalid(sentence.into())
}

fn working_folder(asked: Option<&str>) -> Result<PathBuf, SessionError> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return std::env::current_dir().map_err(SessionError::io("find the working directory", "."));
    };
    let path = PathBuf::from(asked);
    if !path.is_absolute() {
        return Err(invalid(format!(
            "the working directory `{asked}` must be an absolute path, beginning with `/`"
        )));
    }
    if !path.is_dir() {
        return Err(invalid(format!("there is no working directory `{asked}`: create it or choose another")));
    }
    Ok(path)
}

fn check_env(env: &BTreeMap<String, Option<String>>) -> Result<(), SessionError> {
    for (name, value) in env {
        let has_nul = name.contains('\0') || value.as_ref().is_some_and(|value| value.contains('\0'));
        if name.is_empty() || name.contains('=') || has_nul {
            return Err(invalid(format!(
                "`{}` cannot be a variable: a name is not empty and has no `=`, and neither name nor value has a NUL byte",
                name.escape_debug()
            )));
        }
    }
    Ok(())
}

/// Where the command's program is looked for: its own PATH.
fn search_path(env: &BTreeMap<String, Option<String>>) -> OsString {
    match env.get("PATH") {
        Some(Some(path)) => path.into(),
        Some(None) => OsString::new(),
        None => std::env::var_os("PATH").unwrap_or_default(),
    }
}

fn check_command(argv: &[String], cwd: &Path, search_path: &OsString) -> Result<(), SessionError> {
    let Some(program) = argv.first().filter(|program| !program.is_empty()) else {
        return Err(invalid(
            "the command is empty: give a program and its arguments, such as [\"ls\", \"-la\"]",
        ));
    };
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(invalid("an argument has a NUL byte, which no command can be given"));
    }
    if program.contains('/') {
        return check_program(&cwd.join(program), program);
    }
    let found = std::env::split_paths(search_path).map(|folder| cwd.join(folder).join(program));
    let mut refusal = None;
    for candidate in found.filter(|candidate| candidate.is_file()) {
        match check_program(&candidate, program) {
            Ok(()) => return Ok(()),
            Err(error) => refusal = Some(error),
        }
    }
    Err(refusal.unwrap_or_else(|| {
        let hint = if program.contains(char::is_whitespace) {
            "give each argument as an item of its own"
        } else {
            "check the spelling, or give its path"
        };
        invalid(format!("there is no program `{program}` in PATH: {hint}"))
    }))
}

fn check_program(path: &Path, name: &str) -> Result<(), SessionError> {
    let metadata = fs::metadata(path).map_err(|error| invalid(format!("cannot run `{name}`: {error}")))?;
    if metadata.is_dir() {
        return Err(invalid(format!("`{name}` is a folder: give the path of a program")));
    }
    let is_executable = metadata.permissions().mode() & 0o111 != 0
        && nix::unistd::access(path, nix::unistd::AccessFlags::X_OK).is_ok();
    if !is_executable {
        return Err(invalid(format!(
            "`{name}` is not executable: `chmod +x` it, or give its interpreter as the program, such as [\"sh\", \"{name}\"]"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(request: NewSession) -> Result<Plan, String> {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        Plan::of(request, &folder, &Operator::this_process(super::super::AttachPolicy::OwnUser))
            .map_err(|error| error.to_string())
    }

    fn command(words: &[&str]) -> NewSession {
        NewSession {
            command: Some(words.iter().map(|word| (*word).to_owned()).collect()),
            ..NewSession::default()
        }
    }

    #[test]
    fn a_plan_becomes_the_recorders_arguments() {
        let request = NewSession {
            env: [("A".to_owned(), Some("1 2".to_owned())), ("B".to_owned(), None)].into(),
            cwd: Some("/".to_owned()),
            ..command(&["sh", "-c", "exit 3"])
        };
        let plan = plan(request).unwrap();
        assert_eq!(plan.record_args(), ["-E", "A=1 2", "-E", "B", "--", "sh", "-c", "exit 3"]);
        assert_eq!(plan.cwd, Path::new("/"));
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_a_remedy() {
        let refusal = |request| plan(request).unwrap_err();
        assert!(refusal(NewSession::default()).contains("exactly one"));
        assert!(refusal(NewSession { attach: Some(vec![1]), ..command(&["ls"]) }).contains("exactly one"));
        assert!(refusal(command(&[])).contains("the command is empty"));
        assert!(refusal(command(&[""])).contains("the command is empty"));
        assert!(refusal(command(&["ls\0"])).contains("NUL"));
        assert!(refusal(command(&["no-such-program"])).contains("check the spelling"));
        assert!(refusal(command(&["ls -la"])).contains("an item of its own"));
        assert!(refusal(command(&["/etc"])).contains("is a folder"));
        assert!(refusal(command(&["/etc/passwd"])).contains("not executable"));
        assert!(refusal(command(&["/nowhere/x"])).contains("No such file"));
        let cwd = |cwd: &str| NewSession { cwd: Some(cwd.to_owned()), ..command(&["ls"]) };
        assert!(refusal(cwd("tmp")).contains("absolute"));
        assert!(refusal(cwd("/no/such/folder")).contains("create it"));
        let env = |name: &str| NewSession { env: [(name.to_owned(), None)].into(), ..command(&["ls"]) };
        assert!(refusal(env("")).contains("variable") && refusal(env("A=B")).contains("variable"));
        let trace = |set: &str| TraceOptions { trace: Some(set.to_owned()), ..TraceOptions::default() };
        assert!(refusal(NewSession { options: trace("opneat"), ..command(&["ls"]) }).contains("opneat"));
        let path = [("PATH".to_owned(), Some("/nowhere".to_owned()))].into();
        assert!(refusal(NewSession { env: path, ..command(&["ls"]) }).contains("no program `ls`"));
    }
}
