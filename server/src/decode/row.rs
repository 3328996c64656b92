//! The table: one row a call.

use std::sync::OnceLock;

use syscope_shared::ids::Fd;
use syscope_shared::syscall::{Abi, SyscallId};

use super::arg::{self, Arg};
use super::capture::Wants;
use super::family;
use super::view::View;

/// Everything that decoding knows of one call.
pub(super) struct Row {
    pub name: &'static str,
    pub args: &'static [Arg],
    pub outcome: Outcome,
    /// What stands in parentheses behind the result: `0 (Timeout)`.
    pub note: Option<fn(&View<'_>) -> Option<String>>,
    /// Whether a negative result is an error. `getpid` and the like cannot fail.
    pub can_fail: bool,
    opens: bool,
    moves_bytes: bool,
    peer: Option<fn(&View<'_>) -> Option<String>>,
    /// What the call reads besides what its arguments name.
    pub reads: Option<fn(&View<'_>, &mut Wants<'_>)>,
}

/// What a call returns.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    Number,
    Hex,
    Octal,
    /// The call does not come back.
    Nothing,
    /// What the arguments make of it.
    Depends(fn(&View<'_>) -> Outcome),
}

pub(super) const fn row(name: &'static str, args: &'static [Arg]) -> Row {
    Row {
        name,
        args,
        outcome: Outcome::Number,
        note: None,
        can_fail: true,
        opens: false,
        moves_bytes: false,
        peer: None,
        reads: None,
    }
}

/// A call whose arguments are not described.
pub(super) static UNDESCRIBED: Row = row("", &[]);

impl Row {
    pub(super) const fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    pub(super) const fn note(mut self, note: fn(&View<'_>) -> Option<String>) -> Self {
        self.note = Some(note);
        self
    }

    pub(super) const fn never_fails(mut self) -> Self {
        self.can_fail = false;
        self
    }

    /// The result is a new file descriptor.
    pub(super) const fn opens(mut self) -> Self {
        self.opens = true;
        self
    }

    /// The result is how many bytes were transferred.
    pub(super) const fn moves_bytes(mut self) -> Self {
        self.moves_bytes = true;
        self
    }

    /// What the call works on besides an fd, where that is not a path argument: a socket's peer.
    pub(super) const fn peer(mut self, peer: fn(&View<'_>) -> Option<String>) -> Self {
        self.peer = Some(peer);
        self
    }

    pub(super) const fn reads(mut self, reads: fn(&View<'_>, &mut Wants<'_>)) -> Self {
        self.reads = Some(reads);
        self
    }

    /// The fd that the call works on, or for one that opens, what it returned.
    pub(super) fn fd_column(&self, view: &View<'_>) -> Option<Fd> {
        if self.opens
            && let Some(fd) = view.returned()
        {
            return i32::try_from(fd).ok().map(Fd);
        }
        let index = self.args.iter().position(|arg| matches!(arg, Arg::Fd))?;
        Some(view.int(index)).filter(|&fd| fd >= 0).map(Fd)
    }

    /// The argument that names the directory from which the call's path starts.
    pub(super) fn directory_of_path(&self) -> Option<usize> {
        let index = self.args.iter().position(|arg| matches!(arg, Arg::Path))?.checked_sub(1)?;
        matches!(self.args[index], Arg::DirFd).then_some(index)
    }

    pub(super) fn path_column(&self, view: &View<'_>) -> Option<String> {
        match self.peer {
            Some(peer) => peer(view),
            None => arg::first_path(self, view),
        }
    }

    pub(super) fn bytes_column(&self, view: &View<'_>) -> Option<u64> {
        if self.moves_bytes { view.returned().and_then(|ret| u64::try_from(ret).ok()) } else { None }
    }
}

/// The row of a call, if its arguments are described. 32-bit calls are not: their structs are others.
pub(super) fn find(id: SyscallId) -> Option<&'static Row> {
    static BY_NUMBER: OnceLock<Vec<Option<&'static Row>>> = OnceLock::new();
    if id.abi != Abi::X86_64 {
        return None;
    }
    let table = BY_NUMBER.get_or_init(by_number);
    table.get(id.number as usize).copied().flatten()
}

fn by_number() -> Vec<Option<&'static Row>> {
    let mut table = Vec::new();
    for row in family::rows() {
        if let Some(id) = SyscallId::from_name(row.name) {
            let index = id.number as usize;
            if table.len() <= index {
                table.resize(index + 1, None);
            }
            table[index] = Some(row);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_call_and_has_at_most_six_arguments() {
        let mut names: Vec<&str> = family::rows().map(|row| row.name).collect();
        for row in family::rows() {
            assert!(SyscallId::from_name(row.name).is_some(), "{} is no call", row.name);
            assert!(row.args.len() <= 7, "{} has {} arguments", row.name, row.args.len());
        }
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a call has two rows");
    }
}
