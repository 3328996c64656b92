//! How a session traces: strace's options, spelled the same, as one value that the command line, the page's form and the trace
//! file's header share.

use serde::{Deserialize, Serialize};

/// What a session records. The defaults are strace's, except that children are followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceOptions {
    /// Follow children and threads (`-f`; `--no-follow` turns it off).
    pub follow: bool,
    /// Which calls to record, as strace spells it (`-e trace=SET`): `%file`, `openat,read`, `!futex`. `None`: all.
    pub trace: Option<String>,
    /// Which results to keep (`-z`, `-Z`).
    pub status: StatusFilter,
    /// The most bytes of a string to record (`-s`).
    pub string_limit: u32,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self { follow: true, trace: None, status: StatusFilter::Any, string_limit: 32 }
    }
}

/// Which calls to keep by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusFilter {
    #[default]
    Any,
    /// Only calls that returned without an error (`-z`).
    Successful,
    /// Only calls that returned with an error (`-Z`).
    Failed,
}

impl TraceOptions {
    /// The options as arguments of `syscope record`, in its spelling; empty for the defaults.
    #[must_use]
    pub fn to_record_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        if !self.follow {
            args.push("--no-follow".to_owned());
        }
        args.extend(self.filter_args());
        args
    }

    /// The strace command that records the same: `strace -f -e trace=%file ls -la`.
    #[must_use]
    pub fn to_strace_command(&self, target: &Target) -> String {
        let mut words = vec!["strace".to_owned()];
        if self.follow {
            words.push("-f".to_owned());
        }
        words.extend(self.filter_args());
        match target {
            Target::Command(argv) => words.extend(argv.iter().cloned()),
            Target::Attach(pids) => {
                words.extend(pids.iter().flat_map(|pid| ["-p".to_owned(), pid.to_string()]));
            }
        }
        shell_command(&words)
    }

    /// The options that `syscope record` and strace spell alike.
    fn filter_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        if let Some(set) = &self.trace {
            args.extend(["-e".to_owned(), format!("trace={set}")]);
        }
        match self.status {
            StatusFilter::Any => {}
            StatusFilter::Successful => args.push("-z".to_owned()),
            StatusFilter::Failed => args.push("-Z".to_owned()),
        }
        if self.string_limit != Self::default().string_limit {
            args.extend(["-s".to_owned(), self.string_limit.to_string()]);
        }
        args
    }
}

/// What a session traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// A command that the recorder starts: its argv.
    Command(Vec<String>),
    /// Running processes, by pid, each with all its threads.
    Attach(Vec<i32>),
}

impl Target {
    /// One line that names the target to a person.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Command(argv) => shell_command(argv),
            Self::Attach(pids) => {
                format!("-p {}", pids.iter().map(i32::to_string).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// A command as a POSIX shell takes it, so that its words can be told apart.
#[must_use]
pub fn shell_command(words: &[String]) -> String {
    words.iter().map(|word| shell_quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word as a POSIX shell takes it literally.
#[must_use]
pub fn shell_quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_read_as_the_strace_command_they_equal() {
        let options = TraceOptions {
            trace: Some("!futex".to_owned()),
            status: StatusFilter::Failed,
            string_limit: 256,
            ..TraceOptions::default()
        };
        let target = Target::Command(vec!["sh".to_owned(), "-c".to_owned(), "echo it's".to_owned()]);
        assert_eq!(
            options.to_strace_command(&target),
            r"strace -f -e 'trace=!futex' -Z -s 256 sh -c 'echo it'\''s'"
        );
        assert_eq!(TraceOptions::default().to_strace_command(&Target::Attach(vec![7])), "strace -f -p 7");
        assert!(TraceOptions::default().to_record_args().is_empty());
    }
}
