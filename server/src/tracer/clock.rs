//! The trace's clock.

use std::time::Instant;

use syscope_shared::units::TraceTime;

/// CLOCK_MONOTONIC (which [`Instant`] is on Linux) since the trace began.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// The trace begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    #[must_use]
    pub fn now(&self) -> TraceTime {
        TraceTime(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}
