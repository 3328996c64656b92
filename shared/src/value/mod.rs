//! The value tree of an argument.
//!
//! Decoders build it, [`print`](print_args) makes exactly strace's text of it, and [`parse_args`] gives the tree back from that
//! text: `parse_args(print_args(v)) == v` for every tree that the constructors make. So text can be what a trace keeps, and
//! structure costs nothing until someone opens an event.
//!
//! The tree describes text, not types: two values that print alike are the same value. That is why there is no empty
//! [`Value::Set`] (it prints as an empty array does) and no hexadecimal zero (strace prints `0`); the constructors see to it.

mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use parse::parse_args;
pub use print::print_args;

/// A name or a comment: from a table, or read from a text.
pub type Text = Cow<'static, str>;

/// One argument, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// `NULL`
    Null,
    /// `42`, `-1`: a whole number.
    Int(i128),
    /// `0x7ffe0000`: an address or unnamed bits; never 0.
    Hex(u64),
    /// `0644`, `000`: a file mode; at least three characters, the first a 0.
    Octal(u64),
    /// `O_RDONLY`, `AT_FDCWD`: a word that is none of the above.
    Symbol(Text),
    /// `O_WRONLY|O_CREAT`, `S_IFREG|0644`: two or more.
    Flags(Vec<Value>),
    /// `"..."`: the bytes, unescaped; `is_cut` when strace shows `...` behind the quote.
    Str { bytes: Vec<u8>, is_cut: bool },
    /// `"\x0d\x0a"`: bytes that are no text; at least one.
    HexStr { bytes: Vec<u8>, is_cut: bool },
    /// `[1, 2, ...]`
    Array { items: Vec<Value>, rest: Rest },
    /// `[CHLD TTOU]`: two or more, separated by blanks.
    Set(Vec<Value>),
    /// `{fd=3, events=POLLIN, ...}`: mostly [`Value::Named`], but `{1, 2}` exists too.
    Struct { items: Vec<Value>, rest: Rest },
    /// `makedev(0x1, 0x3)`, `htons(80)`
    Call { name: Text, args: Vec<Value> },
    /// `si_pid=12`
    Named { name: Text, value: Box<Value> },
    /// `0x7ffd00 /* 39 vars */`: what is between the comment signs and their blanks.
    Commented { value: Box<Value>, comment: Text },
    /// `16 => 2`: before the call, and after.
    Change { before: Box<Value>, after: Box<Value> },
    /// `8192*1024`, `26<<MAP_HUGE_SHIFT`, `WEXITSTATUS(s) == 3`
    Binary { operator: Operator, left: Box<Value>, right: Box<Value> },
    /// `~[RT_1]`, `@"abstract"`, `&sin6_addr`
    Prefixed { prefix: Prefix, value: Box<Value> },
}

/// What follows the last item of an array or a struct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    #[default]
    Nothing,
    /// `...`: there is more than strace shows.
    Cut,
    /// `... /* 0x7ffe1000 */`: memory could not be read from this address on.
    Unreadable(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// `*`
    Times,
    /// `<<`
    ShiftLeft,
    /// ` == `
    Equals,
    /// ` && `
    And,
}

impl Operator {
    fn as_str(self) -> &'static str {
        match self {
            Self::Times => "*",
            Self::ShiftLeft => "<<",
            Self::Equals => " == ",
            Self::And => " && ",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prefix {
    /// `~`: all but these.
    Not,
    /// `@`: the name of an abstract socket.
    Abstract,
    /// `&`: a place to store to.
    AddressOf,
}

impl Prefix {
    fn as_char(self) -> char {
        match self {
            Self::Not => '~',
            Self::Abstract => '@',
            Self::AddressOf => '&',
        }
    }
}

impl Value {
    /// A word from a table.
    #[must_use]
    pub const fn symbol(name: &'static str) -> Self {
        Self::Symbol(Cow::Borrowed(name))
    }

    #[must_use]
    pub fn int(number: impl Into<i128>) -> Self {
        Self::Int(number.into())
    }

    /// A number that strace prints in hexadecimal: `0` for zero.
    #[must_use]
    pub const fn hex(number: u64) -> Self {
        if number == 0 { Self::Int(0) } else { Self::Hex(number) }
    }

    /// An address: `NULL` for zero.
    #[must_use]
    pub const fn address(address: u64) -> Self {
        if address == 0 { Self::Null } else { Self::Hex(address) }
    }

    /// Values joined by `|`; none is `0`.
    #[must_use]
    pub fn flags(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            0 => Self::Int(0),
            1 => parts.remove(0),
            _ => Self::Flags(parts),
        }
    }

    #[must_use]
    pub fn string(bytes: &[u8]) -> Self {
        Self::Str { bytes: bytes.to_vec(), is_cut: false }
    }

    /// Bytes that are no text, such as random ones.
    #[must_use]
    pub fn hex_string(bytes: &[u8], is_cut: bool) -> Self {
        if bytes.is_empty() {
            Self::Str { bytes: Vec::new(), is_cut }
        } else {
            Self::HexStr { bytes: bytes.to_vec(), is_cut }
        }
    }

    #[must_use]
    pub const fn array(items: Vec<Self>) -> Self {
        Self::Array { items, rest: Rest::Nothing }
    }

    /// Values separated by blanks.
    #[must_use]
    pub fn set(items: Vec<Self>) -> Self {
        if items.len() < 2 { Self::array(items) } else { Self::Set(items) }
    }

    /// A struct of which every field is shown.
    #[must_use]
    pub const fn structure(items: Vec<Self>) -> Self {
        Self::Struct { items, rest: Rest::Nothing }
    }

    /// A struct of which strace leaves fields out.
    #[must_use]
    pub const fn elided_structure(items: Vec<Self>) -> Self {
        Self::Struct { items, rest: Rest::Cut }
    }

    #[must_use]
    pub const fn call(name: &'static str, args: Vec<Self>) -> Self {
        Self::Call { name: Cow::Borrowed(name), args }
    }

    #[must_use]
    pub fn named(name: &'static str, value: Self) -> Self {
        Self::Named { name: Cow::Borrowed(name), value: Box::new(value) }
    }

    #[must_use]
    pub fn commented(self, comment: impl Into<Text>) -> Self {
        Self::Commented { value: Box::new(self), comment: comment.into() }
    }

    #[must_use]
    pub fn changed_to(self, after: Self) -> Self {
        Self::Change { before: Box::new(self), after: Box::new(after) }
    }

    #[must_use]
    pub fn binary(self, operator: Operator, right: Self) -> Self {
        Self::Binary { operator, left: Box::new(self), right: Box::new(right) }
    }

    #[must_use]
    pub fn prefixed(self, prefix: Prefix) -> Self {
        Self::Prefixed { prefix, value: Box::new(self) }
    }
}
