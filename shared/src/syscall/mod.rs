//! The names and classes of system calls.
//!
//! The numbers are those of the kernel's `asm/unistd_64.h`; the names are the kernel's, as strace prints them.

mod classes;
mod set;
mod table;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use set::{TraceSet, TraceSetError};

/// A system call as the kernel knows it: a number, which means nothing without the ABI that it was made through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SyscallId {
    pub abi: Abi,
    pub number: u32,
}

/// The ABI of a call. It is a property of each call, not of a process: a 64-bit program can make 32-bit calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Abi {
    X86_64,
    /// 32-bit calls (`int 0x80`).
    I386,
    /// 64-bit calls with 32-bit pointers; the number is without the x32 bit (0x4000_0000).
    X32,
}

/// What a call is mostly about. strace's `%class` sets overlap; this is the one class that colours a call and groups it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    File,
    Desc,
    Network,
    Process,
    Memory,
    Signal,
    Ipc,
    Time,
    Other,
}

impl Class {
    pub const ALL: [Self; 9] = [
        Self::File,
        Self::Desc,
        Self::Network,
        Self::Process,
        Self::Memory,
        Self::Signal,
        Self::Ipc,
        Self::Time,
        Self::Other,
    ];

    /// The name a person reads, and the `style` token's: `file`, `desc`, …
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Desc => "desc",
            Self::Network => "network",
            Self::Process => "process",
            Self::Memory => "memory",
            Self::Signal => "signal",
            Self::Ipc => "ipc",
            Self::Time => "time",
            Self::Other => "other",
        }
    }
}

impl SyscallId {
    /// The x86-64 call of this number.
    #[must_use]
    pub const fn x86_64(number: u32) -> Self {
        Self { abi: Abi::X86_64, number }
    }

    /// The call's name as strace prints it; `syscall_0x3e7` for a number that the table does not have.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self.row() {
            Some(row) => Cow::Borrowed(row.1),
            None => Cow::Owned(format!("syscall_{:#x}", self.number)),
        }
    }

    #[must_use]
    pub fn class(self) -> Class {
        self.row().map_or(Class::Other, |row| row.2)
    }

    /// The x86-64 call of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        table::X86_64.iter().find(|row| row.1 == name).map(|row| Self::x86_64(row.0))
    }

    fn row(self) -> Option<&'static table::Row> {
        match self.abi {
            Abi::X86_64 | Abi::X32 => {
                let index = table::X86_64.binary_search_by_key(&self.number, |row| row.0).ok()?;
                Some(&table::X86_64[index])
            }
            Abi::I386 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_number_and_by_name() {
        let openat = SyscallId::x86_64(257);
        assert_eq!(openat.name(), "openat");
        assert_eq!(openat.class(), Class::File);
        assert_eq!(SyscallId::from_name("openat"), Some(openat));
        assert_eq!(SyscallId::x86_64(999).name(), "syscall_0x3e7");
    }

    #[test]
    fn the_table_is_sorted_by_number() {
        assert!(table::X86_64.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
