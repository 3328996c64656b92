//! What an argument kind may look at: a call's registers and the memory that was captured with it.

use crate::decode::Limits;
use crate::tracer::raw::{Call, Exit, RawSyscall, Snapshot};

/// No string or array is kept longer than this, whatever was asked for: lengths are the tracee's, and may be anything.
const MAX_LIMIT: usize = 1 << 20;

/// A call as far as it is known: at entry without an exit, while capturing with the memory that there is so far.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub call: &'a Call,
    pub limits: &'a Limits,
    pub at_entry: &'a Snapshot,
    pub at_exit: &'a Snapshot,
    pub exit: Option<&'a Exit>,
}

impl<'a> View<'a> {
    pub(super) fn of_call(raw: &'a RawSyscall, limits: &'a Limits) -> Self {
        Self {
            call: &raw.call,
            limits,
            at_entry: &raw.at_entry,
            at_exit: &raw.at_exit,
            exit: raw.exit.as_ref(),
        }
    }

    /// The same call as it was when it had not returned.
    pub(super) fn before_exit(self) -> Self {
        Self { exit: None, ..self }
    }

    /// The raw value of the argument at `index`.
    pub(super) fn arg(&self, index: usize) -> u64 {
        self.call.args.get(index).copied().unwrap_or(0)
    }

    /// The argument at `index` as the C `int` that the kernel takes it for.
    pub(super) fn int(&self, index: usize) -> i32 {
        self.arg(index) as i32
    }

    /// The argument at `index` as a C `unsigned int`.
    pub(super) fn uint(&self, index: usize) -> u32 {
        self.arg(index) as u32
    }

    /// The most bytes of a string and the most items of an array that are kept.
    pub(super) fn limit(&self) -> usize {
        self.limits.string_bytes.min(MAX_LIMIT)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.exit.is_some_and(|exit| exit.is_error)
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.exit.is_some_and(|exit| !exit.is_error)
    }

    /// What a call that succeeded returned.
    pub(super) fn returned(&self) -> Option<i64> {
        self.exit.filter(|exit| !exit.is_error).map(|exit| exit.ret)
    }

    /// What a call that succeeded returned, where that is a number of bytes or items.
    pub(super) fn returned_count(&self) -> usize {
        self.returned().and_then(|ret| usize::try_from(ret).ok()).unwrap_or(0)
    }

    /// The error number of a call that failed.
    pub(super) fn errno(&self) -> Option<u16> {
        let exit = self.exit.filter(|exit| exit.is_error)?;
        u16::try_from(exit.ret.checked_neg()?).ok()
    }
}

/// A place in one of a view's two snapshots.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub view: &'a View<'a>,
    /// The memory as it was when this place mattered: at entry for what the kernel reads, at exit for what it wrote.
    pub memory: &'a Snapshot,
    pub address: u64,
    /// Which argument led here.
    pub index: usize,
}

impl<'a> Place<'a> {
    pub(super) fn at(self, address: u64) -> Self {
        Self { address, ..self }
    }
}
