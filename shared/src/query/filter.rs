//! Which events a query is about, besides its time range.

use serde::{Deserialize, Serialize};

use crate::ids::TaskUid;
use crate::store::{EventView, Store};
use crate::syscall::{Class, SyscallId};

/// Conditions that all must hold; the default lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub task: Option<TaskUid>,
    /// Every task of the process whose first task this is.
    pub process: Option<TaskUid>,
    pub class: Option<Class>,
    pub syscall: Option<SyscallId>,
    /// Only calls that returned an error.
    pub failed_only: bool,
    /// Only events whose strace text (name, arguments, result) contains this, letter case ignored. Empty: no condition.
    pub text: String,
}

impl Filter {
    /// Whether everything passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn admits(&self, store: &Store, event: &EventView<'_>) -> bool {
        self.admits_task(store, event.task)
            && (self.syscall.is_none() || event.syscall() == self.syscall)
            && (self.class.is_none() || event.class() == self.class)
            && (!self.failed_only || event.is_error())
            && (self.text.is_empty() || event.contains_text(&self.text))
    }

    fn admits_task(&self, store: &Store, task: TaskUid) -> bool {
        self.task.is_none_or(|wanted| wanted == task)
            && self.process.is_none_or(|wanted| store.task(task).is_some_and(|task| task.leader == wanted))
    }
}
