//! What others may ask of the tracer thread while it waits for its tracees.
//!
//! The thread blocks in `waitid`, which cannot wait for anything else; a signal makes it look here. One that arrives just before the
//! wait would be lost, so whoever keeps time for the tracer calls [`Orders::tick`] again and again: a lost nudge costs one tick.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use syscope_shared::ids::Tid;

use crate::sys::process;

/// How often [`Orders::tick`] is to be called: the longest that an event waits before it is handed on.
pub const TICK: Duration = Duration::from_millis(50);

/// Something that the tracer shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// End what was spawned (SIGTERM, after two seconds SIGKILL); let go of what was attached.
    Stop,
    /// Let go of everything and be done.
    Detach,
    /// Let go of everything; if a command was spawned, wait for its end without tracing it.
    WatchOnly,
}

/// The letter box of a tracer thread.
#[derive(Debug, Default)]
pub struct Orders {
    /// The tracer's thread id, once it runs.
    thread: AtomicI32,
    queue: Mutex<Vec<Order>>,
    has_order: AtomicBool,
    is_tick_due: AtomicBool,
    /// The tracer has nothing that a tick could bring on.
    is_quiet: AtomicBool,
    /// Nobody takes orders any more.
    is_closed: AtomicBool,
}

impl Orders {
    /// Leaves an order and wakes the tracer.
    pub fn give(&self, order: Order) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(order);
        self.has_order.store(true, Ordering::Release);
        self.nudge();
    }

    /// The recording is over: orders are not taken any more.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// To be called every [`TICK`].
    pub fn tick(&self) {
        if !self.is_quiet.load(Ordering::Acquire) || self.has_order.load(Ordering::Acquire) {
            self.is_tick_due.store(true, Ordering::Release);
            self.nudge();
        }
    }

    fn nudge(&self) {
        let thread = self.thread.load(Ordering::Acquire);
        if thread != 0 {
            process::nudge(Tid(thread));
        }
    }

    /// Called by the tracer thread: from now on it can be nudged.
    pub(super) fn belong_to_this_thread(&self) {
        self.thread.store(nix::unistd::gettid().as_raw(), Ordering::Release);
    }

    pub(super) fn take(&self) -> Vec<Order> {
        if !self.has_order.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.has_order.store(false, Ordering::Release);
        std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take_tick(&self) -> bool {
        self.is_tick_due.load(Ordering::Acquire) && self.is_tick_due.swap(false, Ordering::AcqRel)
    }

    pub(super) fn set_quiet(&self, is_quiet: bool) {
        self.is_quiet.store(is_quiet, Ordering::Release);
    }
}
