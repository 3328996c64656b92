//! The arguments of a call as lines of a tree.

use syscope_shared::value::{Rest, Value};

/// One line: what it is called within its parent, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgumentLine {
    pub(crate) depth: usize,
    pub(crate) name: String,
    /// The value as strace prints it; empty for one whose parts follow.
    pub(crate) text: String,
}

/// A crowd of array members says no more than its beginning.
const MAX_MEMBERS: usize = 64;

/// The lines of all arguments, each argument named by its place.
pub(crate) fn argument_lines(args: &[Value]) -> Vec<ArgumentLine> {
    let mut lines = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        push(&mut lines, 0, (index + 1).to_string(), arg);
    }
    lines
}

fn push(lines: &mut Vec<ArgumentLine>, depth: usize, name: String, value: &Value) {
    match value {
        Value::Named { name, value } => push(lines, depth, name.to_string(), value),
        Value::Struct { items, rest } | Value::Array { items, rest } if !items.is_empty() => {
            lines.push(ArgumentLine { depth, name, text: String::new() });
            for (index, item) in items.iter().take(MAX_MEMBERS).enumerate() {
                push(lines, depth + 1, format!("[{index}]"), item);
            }
            let more = items.len().saturating_sub(MAX_MEMBERS);
            let rest = match rest {
                _ if more > 0 => Some(format!("… {more} more")),
                Rest::Nothing => None,
                Rest::Cut => Some("…".to_owned()),
                Rest::Unreadable(address) => Some(format!("… not readable from {address:#x} on")),
            };
            lines.extend(rest.map(|text| ArgumentLine { depth: depth + 1, name: String::new(), text }));
        }
        Value::Flags(flags) => {
            lines.push(ArgumentLine { depth, name, text: String::new() });
            let parts = flags.iter().map(|flag| ArgumentLine {
                depth: depth + 1,
                name: "|".to_owned(),
                text: flag.to_string(),
            });
            lines.extend(parts);
        }
        other => lines.push(ArgumentLine { depth, name, text: other.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscope_shared::value::parse_args;

    #[test]
    fn structs_arrays_and_flags_are_opened() {
        let args = parse_args(r#"3, {st_mode=S_IFREG|0644, st_size=9, ...}, ["a", "b"], NULL"#).unwrap();
        let lines: Vec<String> = argument_lines(&args)
            .iter()
            .map(|line| format!("{}{} {}", "  ".repeat(line.depth), line.name, line.text))
            .collect();
        let expected = [
            "1 3",
            "2 ",
            "  st_mode ",
            "    | S_IFREG",
            "    | 0644",
            "  st_size 9",
            "   …",
            "3 ",
            r#"  [0] "a""#,
            r#"  [1] "b""#,
            "4 NULL",
        ];
        assert_eq!(lines, expected);
    }
}
