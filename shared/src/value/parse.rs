//! The tree back from strace's text.
//!
//! A recursive descent over the few forms that strace's text is made of. It accepts more than decoders print (any word is a
//! symbol), and refuses what it would not print back to the same text, so a caller that gets a tree can rely on it.

use super::{Operator, Prefix, Rest, Value, print_args};

/// How deep structs and arrays may nest: a hostile text must not exhaust the stack.
const MAX_DEPTH: u32 = 64;

/// A call's arguments, as [`print_args`] prints them; `None` for a text that it would not have printed.
#[must_use]
pub fn parse_args(text: &str) -> Option<Vec<Value>> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let args = if text.is_empty() { Vec::new() } else { parser.items()? };
    (parser.rest().is_empty() && print_args(&args) == text).then_some(args)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Goes past `token` if it is next.
    fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    /// Items separated by commas, up to what ends the list.
    fn items(&mut self) -> Option<Vec<Value>> {
        let first = self.item()?;
        self.items_after(first)
    }

    fn items_after(&mut self, first: Value) -> Option<Vec<Value>> {
        let mut items = vec![first];
        // A comma before `...` belongs to the list's end.
        while !self.rest().starts_with(", ...") && self.take(", ") {
            items.push(self.item()?);
        }
        Some(items)
    }

    fn item(&mut self) -> Option<Value> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let item = self.named();
        self.depth -= 1;
        item
    }

    /// `[name=]value [=> value]`
    fn named(&mut self) -> Option<Value> {
        let name = self.field_name();
        let mut value = self.conjunction()?;
        if self.take(" => ") {
            value = value.changed_to(self.conjunction()?);
        }
        Some(match name {
            Some(name) => Value::Named { name: name.to_owned().into(), value: Box::new(value) },
            None => value,
        })
    }

    fn field_name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = word_length(rest);
        let is_name = length > 0 && rest[length..].starts_with('=') && !rest[length..].starts_with("==");
        is_name.then(|| {
            self.at += length + 1;
            &rest[..length]
        })
    }

    fn conjunction(&mut self) -> Option<Value> {
        self.chain(Operator::And, Self::comparison)
    }

    fn comparison(&mut self) -> Option<Value> {
        self.chain(Operator::Equals, Self::alternatives)
    }

    fn alternatives(&mut self) -> Option<Value> {
        let mut parts = vec![self.shift()?];
        while self.take("|") {
            parts.push(self.shift()?);
        }
        Some(Value::flags(parts))
    }

    fn shift(&mut self) -> Option<Value> {
        self.chain(Operator::ShiftLeft, Self::product)
    }

    fn product(&mut self) -> Option<Value> {
        self.chain(Operator::Times, Self::commented)
    }

    /// Operands of one operator, joined from the left.
    fn chain(&mut self, operator: Operator, operand: fn(&mut Self) -> Option<Value>) -> Option<Value> {
        let mut value = operand(self)?;
        while self.take(operator.as_str()) {
            value = value.binary(operator, operand(self)?);
        }
        Some(value)
    }

    fn commented(&mut self) -> Option<Value> {
        let value = self.prefixed()?;
        if !self.take(" /* ") {
            return Some(value);
        }
        let comment = self.until(" */")?;
        Some(value.commented(comment.to_owned()))
    }

    fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, _) = self.rest().split_once(end)?;
        self.at += before.len() + end.len();
        Some(before)
    }

    fn prefixed(&mut self) -> Option<Value> {
        for prefix in [Prefix::Not, Prefix::Abstract, Prefix::AddressOf] {
            if self.rest().starts_with(prefix.as_char()) {
                self.at += 1;
                return Some(self.atom()?.prefixed(prefix));
            }
        }
        self.atom()
    }

    fn atom(&mut self) -> Option<Value> {
        if self.take("\"") {
            self.string()
        } else if self.take("[") {
            self.array()
        } else if self.take("{") {
            self.structure()
        } else {
            self.word()
        }
    }

    /// What follows `[`: items separated by commas, or by blanks.
    fn array(&mut self) -> Option<Value> {
        let Some(first) = self.first_item("]")? else {
            let rest = self.end_of_list("]")?;
            return Some(Value::Array { items: Vec::new(), rest });
        };
        if self.rest().starts_with(' ') {
            let mut items = vec![first];
            while self.take(" ") {
                items.push(self.item()?);
            }
            return self.take("]").then_some(Value::Set(items));
        }
        let items = self.items_after(first)?;
        let rest = self.end_of_list("]")?;
        Some(Value::Array { items, rest })
    }

    /// What follows `{`.
    fn structure(&mut self) -> Option<Value> {
        let items = match self.first_item("}")? {
            Some(first) => self.items_after(first)?,
            None => Vec::new(),
        };
        let rest = self.end_of_list("}")?;
        Some(Value::Struct { items, rest })
    }

    /// The first item of a list, unless the list ends here.
    fn first_item(&mut self, close: &str) -> Option<Option<Value>> {
        if self.rest().starts_with("...") || self.rest().starts_with(close) {
            return Some(None);
        }
        self.item().map(Some)
    }

    /// The end of a list, and whether there was more.
    fn end_of_list(&mut self, close: &str) -> Option<Rest> {
        let rest = if !self.take(", ...") && !self.take("...") {
            Rest::Nothing
        } else if self.take(" /* 0x") {
            Rest::Unreadable(u64::from_str_radix(self.until(" */")?, 16).ok()?)
        } else {
            Rest::Cut
        };
        self.take(close).then_some(rest)
    }

    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let word = &rest[..word_length(rest)];
        if word.is_empty() {
            return None;
        }
        self.at += word.len();
        if !self.take("(") {
            return Some(if self.rest().starts_with(" or ") {
                self.names_joined(rest)
            } else {
                value_of_word(word)
            });
        }
        let name = word.to_owned().into();
        if self.take(")") {
            return Some(Value::Call { name, args: Vec::new() });
        }
        let args = self.items()?;
        self.take(")").then_some(Value::Call { name, args })
    }

    /// Names that one number has in several drivers: `BTRFS_IOC_CLONE or FICLONE`, from the first on.
    fn names_joined(&mut self, from_first: &str) -> Value {
        let start = self.at;
        let first_length = word_length(from_first);
        while self.take(" or ") {
            self.at += word_length(self.rest());
        }
        Value::Symbol(from_first[..first_length + self.at - start].to_owned().into())
    }

    fn string(&mut self) -> Option<Value> {
        if self.rest().starts_with("\\x") {
            return self.hex_string();
        }
        let mut bytes = Vec::new();
        loop {
            let rest = self.rest().as_bytes();
            match *rest.first()? {
                b'"' => break,
                b'\\' => {
                    let (byte, length) = unescaped(&rest[1..])?;
                    bytes.push(byte);
                    self.at += 1 + length;
                }
                byte @ b' '..=b'~' => {
                    bytes.push(byte);
                    self.at += 1;
                }
                _ => return None,
            }
        }
        self.at += 1;
        Some(Value::Str { bytes, is_cut: self.take("...") })
    }
}

impl Parser<'_> {
    fn hex_string(&mut self) -> Option<Value> {
        let mut bytes = Vec::new();
        while self.take("\\x") {
            let digits = self.rest().get(..2)?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            self.at += 2;
        }
        let is_whole = self.take("\"");
        is_whole.then(|| Value::HexStr { bytes, is_cut: self.take("...") })
    }
}

/// How many bytes of `text` make a word. A word is of ASCII letters, digits and what strace's names have in them, and does not
/// begin with the three dots that end a list.
fn word_length(text: &str) -> usize {
    if text.starts_with("...") {
        return 0;
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_?.:/-+%$".contains(c);
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// The number that prints as `word`, or the word.
fn value_of_word(word: &str) -> Value {
    let numbers = [
        word.parse().ok().map(Value::Int),
        word.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()).map(Value::hex),
        word.strip_prefix('0').and_then(|digits| u64::from_str_radix(digits, 8).ok()).map(Value::Octal),
    ];
    let number = numbers.into_iter().flatten().find(|number| number.to_string() == word);
    match number {
        Some(number) => number,
        None if word == "NULL" => Value::Null,
        None => Value::Symbol(word.to_owned().into()),
    }
}

/// The byte that an escape without its backslash stands for, and the escape's length.
fn unescaped(escape: &[u8]) -> Option<(u8, usize)> {
    let plain = match *escape.first()? {
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        byte @ (b'"' | b'\\') => byte,
        _ => {
            let length = escape.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let digits = std::str::from_utf8(&escape[..length]).ok()?;
            return Some((u8::from_str_radix(digits, 8).ok()?, length));
        }
    };
    Some((plain, 1))
}
