//! Which calls to trace, as `-e trace=` spells it.

use thiserror::Error;

use super::classes::CLASSES;
use super::{Abi, SyscallId, table};

/// Numbers that a set tells apart; higher ones are in it together or not at all.
const NUMBERS: usize = 512;

/// A set of calls: `openat,read`, `%file`, `!futex`, `all`, `none`, `?newname`, and numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSet {
    x86_64: [u64; NUMBERS / 64],
    /// Whether calls are in it that no table names: the set excludes rather than chooses.
    has_unnamed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TraceSetError {
    #[error("there is no system call or class `{0}`; a leading `?` (`?{0}`) lets it be missing")]
    Unknown(String),
    #[error(
        "`{0}` is a regular expression, which is not supported here; name the calls, or a class such as `%file`"
    )]
    Regex(String),
    #[error("the set of calls to trace is empty; `none` traces none")]
    Empty,
}

impl TraceSet {
    pub const ALL: Self = Self { x86_64: [u64::MAX; NUMBERS / 64], has_unnamed: true };
    pub const NONE: Self = Self { x86_64: [0; NUMBERS / 64], has_unnamed: false };

    /// Reads a set as strace's `-e trace=` takes it: items separated by commas; a leading `!` means all other calls.
    ///
    /// ```
    /// use syscope_shared::syscall::{SyscallId, TraceSet};
    ///
    /// let set = TraceSet::parse("%process,openat").expect("a set");
    /// assert!(set.contains(SyscallId::x86_64(257)));
    /// assert!(!set.contains(SyscallId::x86_64(0)));
    /// ```
    pub fn parse(text: &str) -> Result<Self, TraceSetError> {
        let (is_inverted, items) = match text.strip_prefix('!') {
            Some(items) => (true, items),
            None => (false, text),
        };
        if items.trim().is_empty() {
            return Err(TraceSetError::Empty);
        }
        let mut set = Self::NONE;
        for item in items.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            set.add(item)?;
        }
        Ok(if is_inverted { set.inverted() } else { set })
    }

    /// Whether a call is to be traced. The names of 32-bit calls are not known, so they are in every set but `none`: better one too
    /// many than a silent gap.
    #[must_use]
    pub fn contains(&self, call: SyscallId) -> bool {
        let number = call.number as usize;
        match call.abi {
            Abi::I386 => *self != Self::NONE,
            Abi::X86_64 | Abi::X32 if number < NUMBERS => {
                self.x86_64[number / 64] & (1 << (number % 64)) != 0
            }
            Abi::X86_64 | Abi::X32 => self.has_unnamed,
        }
    }

    /// Whether every call is in it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    fn add(&mut self, item: &str) -> Result<(), TraceSetError> {
        let (may_be_missing, name) = match item.strip_prefix('?') {
            Some(name) => (true, name),
            None => (false, item),
        };
        if name.starts_with('/') {
            return Err(TraceSetError::Regex(name.to_owned()));
        }
        let name = match name.rsplit_once('@') {
            Some((name, "64")) => name,
            // Calls of another ABI are not told apart by name.
            Some((_, "32" | "x32")) => return Ok(()),
            _ => name,
        };
        if self.add_named(name) || may_be_missing {
            Ok(())
        } else {
            Err(TraceSetError::Unknown(name.to_owned()))
        }
    }

    /// Adds what a name, a number or a class stands for, if it stands for something.
    fn add_named(&mut self, name: &str) -> bool {
        if name == "none" {
            return true;
        }
        if name == "all" {
            *self = Self::ALL;
            return true;
        }
        if let Some(members) = class_members(name) {
            for call in members.split_ascii_whitespace().filter_map(SyscallId::from_name) {
                self.add_number(call.number);
            }
            return true;
        }
        let number = name.parse().ok().filter(|&number: &u32| (number as usize) < NUMBERS);
        let Some(number) = number.or_else(|| SyscallId::from_name(name).map(|call| call.number)) else {
            return false;
        };
        self.add_number(number);
        true
    }

    fn add_number(&mut self, number: u32) {
        self.x86_64[number as usize / 64] |= 1 << (number % 64);
    }

    fn inverted(self) -> Self {
        Self { x86_64: self.x86_64.map(|bits| !bits), has_unnamed: !self.has_unnamed }
    }

    /// The x86-64 calls of the set that have a name, by number.
    pub fn named_calls(&self) -> impl Iterator<Item = SyscallId> {
        table::X86_64.iter().map(|row| SyscallId::x86_64(row.0)).filter(|&call| self.contains(call))
    }
}

/// The calls of a class: `%file`, or as older scripts have it, `file`.
fn class_members(name: &str) -> Option<&'static str> {
    const WITHOUT_SIGN: [&str; 7] = ["file", "desc", "process", "network", "signal", "ipc", "memory"];
    let class = match name.strip_prefix('%') {
        Some("net") => "network",
        Some(class) => class,
        None if WITHOUT_SIGN.contains(&name) => name,
        None => return None,
    };
    CLASSES.iter().find(|row| row.0 == class).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let set = TraceSet::parse(text).unwrap();
        set.named_calls().map(|call| call.name().into_owned()).collect()
    }

    #[test]
    fn names_numbers_and_classes_add_up() {
        assert_eq!(names("openat,0,%lstat"), ["read", "lstat", "openat"]);
        assert_eq!(names("%clock").len(), 8);
        assert_eq!(names("%pure"), names("getpid,getppid,gettid,getuid,geteuid,getgid,getegid,getpgrp"));
        assert_eq!(names("network"), names("%net"));
        assert!(names("?nosuchcall,read") == ["read"] && names("none").is_empty());
    }

    #[test]
    fn a_leading_sign_means_all_others() {
        let set = TraceSet::parse("!futex,%memory").unwrap();
        assert!(set.contains(SyscallId::x86_64(0)) && set.contains(SyscallId::x86_64(4000)));
        assert!(!set.contains(SyscallId::x86_64(202)) && !set.contains(SyscallId::x86_64(9)));
        assert!(TraceSet::parse("!none").unwrap().is_all());
        assert_eq!(TraceSet::parse("!all").unwrap(), TraceSet::NONE);
    }

    #[test]
    fn every_class_is_made_of_calls_that_exist() {
        for (class, members) in CLASSES {
            for name in members.split_ascii_whitespace() {
                assert!(SyscallId::from_name(name).is_some(), "%{class}: {name}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert_eq!(TraceSet::parse("read,opennat"), Err(TraceSetError::Unknown("opennat".to_owned())));
        assert_eq!(TraceSet::parse("%nope"), Err(TraceSetError::Unknown("%nope".to_owned())));
        assert_eq!(TraceSet::parse("/^open"), Err(TraceSetError::Regex("/^open".to_owned())));
        assert_eq!(TraceSet::parse(""), Err(TraceSetError::Empty));
    }
}
