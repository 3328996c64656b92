//! Values as strace prints them.

use std::fmt::{self, Write};

use super::{Rest, Value};

/// A call's arguments, without the parentheses.
#[must_use]
pub fn print_args(args: &[Value]) -> String {
    let mut text = String::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{arg}");
    }
    text
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Hex(number) => write!(f, "{number:#x}"),
            Self::Octal(number) => write!(f, "{:0>3}", OctalWithZero(*number).to_string()),
            Self::Symbol(name) => f.write_str(name),
            Self::Flags(parts) => separated(f, parts, "|"),
            Self::Str { bytes, is_cut } => {
                quoted(f, bytes)?;
                f.write_str(if *is_cut { "..." } else { "" })
            }
            Self::HexStr { bytes, is_cut } => {
                f.write_char('"')?;
                bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
                f.write_str(if *is_cut { "\"..." } else { "\"" })
            }
            Self::Array { items, rest } => enclosed(f, '[', items, *rest, ']'),
            Self::Set(items) => {
                f.write_char('[')?;
                separated(f, items, " ")?;
                f.write_char(']')
            }
            Self::Struct { items, rest } => enclosed(f, '{', items, *rest, '}'),
            Self::Call { name, args } => {
                write!(f, "{name}(")?;
                separated(f, args, ", ")?;
                f.write_char(')')
            }
            Self::Named { name, value } => write!(f, "{name}={value}"),
            Self::Commented { value, comment } => write!(f, "{value} /* {comment} */"),
            Self::Change { before, after } => write!(f, "{before} => {after}"),
            Self::Binary { operator, left, right } => write!(f, "{left}{}{right}", operator.as_str()),
            Self::Prefixed { prefix, value } => write!(f, "{}{value}", prefix.as_char()),
        }
    }
}

/// C's `%#o`.
struct OctalWithZero(u64);

impl fmt::Display for OctalWithZero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.write_char('0') } else { write!(f, "0{:o}", self.0) }
    }
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[Value], separator: &str) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn enclosed(f: &mut fmt::Formatter<'_>, open: char, items: &[Value], rest: Rest, close: char) -> fmt::Result {
    f.write_char(open)?;
    separated(f, items, ", ")?;
    if rest != Rest::Nothing {
        f.write_str(if items.is_empty() { "..." } else { ", ..." })?;
    }
    if let Rest::Unreadable(address) = rest {
        write!(f, " /* {address:#x} */")?;
    }
    f.write_char(close)
}

/// A C string literal: octal escapes of as few digits as the next byte allows.
fn quoted(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
            b'\t' => f.write_str("\\t")?,
            b'\n' => f.write_str("\\n")?,
            0x0b => f.write_str("\\v")?,
            0x0c => f.write_str("\\f")?,
            b'\r' => f.write_str("\\r")?,
            b' '..=b'~' => f.write_char(char::from(byte))?,
            _ if bytes.get(index + 1).is_some_and(|next| (b'0'..=b'7').contains(next)) => {
                write!(f, "\\{byte:03o}")?;
            }
            _ => write!(f, "\\{byte:o}")?,
        }
    }
    f.write_char('"')
}
