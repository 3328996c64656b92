//! From a request to what the recorder is told: whatever is wrong is refused here, in a sentence, before anything is started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use syscope_shared::api::NewSession;
use syscope_shared::options::{Target, TraceOptions};
use syscope_shared::syscall::TraceSet;

use super::{Folder, SessionError, examples, processes};
use crate::recorder::command::{Command, CommandError};
use crate::tracer::refusal::UidPolicy;

/// Variables to set, or with `None` to unset, in the command's environment.
type Env = BTreeMap<String, Option<String>>;

/// A session that can be started.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) options: TraceOptions,
    pub(super) cwd: PathBuf,
    pub(super) env: Env,
    /// Whose processes may be attached to.
    pub(super) attachable: UidPolicy,
}

impl Plan {
    /// Checks a request.
    pub(super) fn of(
        request: NewSession,
        folder: &Folder,
        attachable: UidPolicy,
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
            Target::Command(argv) => check_command(argv, &request.env, &cwd)?,
            Target::Attach(pids) => processes::check_attachable(pids, attachable)?,
        }
        Ok(Self { target, options: request.options, cwd, env: request.env, attachable })
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
                if self.attachable == UidPolicy::SameUser {
                    args.push("--same-user".to_owned());
                }
                args.extend(pids.iter().flat_map(|pid| ["-p".to_owned(), pid.to_string()]));
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

fn check_env(env: &Env) -> Result<(), SessionError> {
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

/// Looks the program up as the recorder will, so that a mistake is an answer and not a failed session.
fn check_command(argv: &[String], request_env: &Env, cwd: &Path) -> Result<(), SessionError> {
    let Some(program) = argv.first().filter(|program| !program.is_empty()) else {
        return Err(invalid(
            "the command is empty: give a program and its arguments, such as [\"ls\", \"-la\"]",
        ));
    };
    let mut words: Vec<OsString> = argv.iter().map(OsString::from).collect();
    if program.contains('/') {
        words[0] = cwd.join(program).into_os_string();
    }
    let env = request_env.iter().map(|(name, value)| (name.into(), value.as_ref().map(OsString::from)));
    let command = Command { argv: words, env: env.collect(), user: None };
    let found = command.argv_strings().and_then(|_| command.program());
    found.map(drop).map_err(|error| match error {
        CommandError::NotInPath(_) if program.contains(char::is_whitespace) => invalid(format!(
            "there is no program `{program}` in PATH: give each argument as an item of its own"
        )),
        error => invalid(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(request: NewSession) -> Result<Plan, String> {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        Plan::of(request, &folder, UidPolicy::SameUser).map_err(|error| error.to_string())
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
        assert!(refusal(command(&["/etc/passwd"])).contains("chmod +x"));
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
