//! A command line, split into words as a POSIX shell splits it, and no more than that.
//!
//! Quotes and backslashes work as in `sh` (XCU 2.2). What a shell would expand or interpret (`$`, `*`, `|`, `>` …) stays literal:
//! the form shows the words as parsed, and the hint says to start `sh -c '…'` when an unquoted operator was meant.

/// The words of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandLine {
    pub(crate) words: Vec<String>,
    /// Unquoted characters that a shell would act on, each once, in order of appearance.
    pub(crate) shell_syntax: Vec<char>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SplitError {
    #[error("a {0} quote is not closed")]
    OpenQuote(char),
    #[error("the line ends in a backslash")]
    OpenEscape,
}

/// Splits `line` into words.
pub(crate) fn split(line: &str) -> Result<CommandLine, SplitError> {
    let mut result = CommandLine::default();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => result.words.extend(word.take()),
            '\'' => single_quoted(&mut chars, word.get_or_insert_default())?,
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err(SplitError::OpenEscape),
            },
            _ => {
                if "|&;<>()$`*?[~".contains(c) && !result.shell_syntax.contains(&c) {
                    result.shell_syntax.push(c);
                }
                word.get_or_insert_default().push(c);
            }
        }
    }
    result.words.extend(word);
    Ok(result)
}

fn single_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), SplitError> {
    loop {
        match chars.next() {
            Some('\'') => return Ok(()),
            Some(c) => word.push(c),
            None => return Err(SplitError::OpenQuote('\'')),
        }
    }
}

fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), SplitError> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => match chars.next() {
                Some('\n') => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Err(SplitError::OpenQuote('"')),
            },
            Some(c) => word.push(c),
            None => return Err(SplitError::OpenQuote('"')),
        }
    }
}

/// Lines of `NAME=VALUE` (set) and `NAME` or `-NAME` (unset), as the environment field takes them. Empty lines mean nothing.
///
/// # Errors
/// With the line that is neither.
pub(crate) fn environment(lines: &str) -> Result<Vec<(String, Option<String>)>, String> {
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(variable).collect()
}

fn variable(line: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = match line.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (line.strip_prefix('-').unwrap_or(line), None),
    };
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(format!("“{line}” is neither NAME=VALUE nor -NAME"));
    }
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscope_shared::options::shell_quoted;

    fn words(line: &str) -> Vec<String> {
        split(line).unwrap().words
    }

    #[test]
    fn quotes_and_backslashes_work_as_in_sh() {
        assert_eq!(words("  ls  -la "), ["ls", "-la"]);
        assert_eq!(words(r#"sh -c 'echo "a b"'"#), ["sh", "-c", r#"echo "a b""#]);
        assert_eq!(words(r#"a"b c"'d e'f\ g"#), ["ab cd ef g"]);
        assert_eq!(words(r#""\$x \n \"q\"""#), [r#"$x \n "q""#]);
        assert_eq!(words("''"), [""]);
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(split("'a"), Err(SplitError::OpenQuote('\'')));
        assert_eq!(split(r"a\"), Err(SplitError::OpenEscape));
    }

    #[test]
    fn splitting_is_the_inverse_of_quoting() {
        let argv = ["plain", "", "it's", r#"a "b" \c"#, "tab\there", "$HOME *", "ünïcode"];
        let line = argv.map(shell_quoted).join(" ");
        assert_eq!(words(&line), argv);
    }

    #[test]
    fn unquoted_shell_syntax_is_noticed() {
        assert_eq!(split("ls | wc '>' | x").unwrap().shell_syntax, ['|']);
        assert!(split(r#"echo "$x" \*"#).unwrap().shell_syntax.is_empty());
    }

    #[test]
    fn environment_lines_set_and_unset() {
        let parsed = environment("A=1=2\n\n -B \nC\n").unwrap();
        let expected =
            [("A".to_owned(), Some("1=2".to_owned())), ("B".to_owned(), None), ("C".to_owned(), None)];
        assert_eq!(parsed, expected);
        assert!(environment("a b").is_err());
    }
}
