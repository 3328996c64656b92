//! Names for numbers: constants as data, and how strace prints them.

pub(super) mod ioctl;
pub(super) mod operation;
pub(super) mod socket;

use syscope_shared::value::Value;

/// The names of one kind of number.
pub(super) struct Names {
    /// What strace writes beside a number that has no name: `O_???`.
    pub unknown: &'static str,
    /// In the order in which strace prints flags.
    pub rows: &'static [(u64, &'static str)],
}

/// A table of constants. `libc` knows the values of most; others are given.
macro_rules! names {
    ($unknown:literal: $($name:ident $(= $value:expr)?),* $(,)?) => {
        $crate::decode::names::Names {
            unknown: $unknown,
            rows: &[$((names!(@value $name $(= $value)?), stringify!($name))),*],
        }
    };
    (@value $name:ident = $value:expr) => { $value };
    (@value $name:ident) => { libc::$name as u64 };
}
pub(super) use names;

impl Names {
    pub(super) fn find(&self, number: u64) -> Option<&'static str> {
        self.rows.iter().find(|row| row.0 == number).map(|row| row.1)
    }

    /// The one name of a number: `SEEK_SET`, `0x4d /* SEEK_??? */`.
    pub(super) fn one(&self, number: u64) -> Value {
        match self.find(number) {
            Some(name) => Value::symbol(name),
            None => Value::hex(number).commented(self.unknown),
        }
    }

    /// The names of a number's bits: `O_RDWR|O_CREAT|0x400`.
    pub(super) fn flags(&self, number: u64) -> Value {
        if number == 0 {
            return self.find(0).map_or(Value::Int(0), Value::symbol);
        }
        let (parts, rest) = self.split(number);
        if parts.is_empty() {
            return Value::hex(rest).commented(self.unknown);
        }
        with_rest(parts, rest)
    }

    /// The names of the bits that have one, and the other bits.
    pub(super) fn split(&self, number: u64) -> (Vec<Value>, u64) {
        let mut rest = number;
        let mut parts = Vec::new();
        for &(bits, name) in self.rows {
            if bits != 0 && rest & bits == bits {
                parts.push(Value::symbol(name));
                rest &= !bits;
            }
        }
        (parts, rest)
    }
}

/// Flags, and bits that have no name.
pub(super) fn with_rest(mut parts: Vec<Value>, rest: u64) -> Value {
    if rest != 0 {
        parts.push(Value::hex(rest));
    }
    Value::flags(parts)
}
