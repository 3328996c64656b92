//! Time as syscope counts it: CLOCK_MONOTONIC nanoseconds since the trace began.
//!
//! A monotonic clock cannot step backwards, so clock jumps never reorder a trace; the wall-clock time of the start is kept once,
//! in the trace file's header.

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A span of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Nanos(pub u64);

impl Nanos {
    pub const ZERO: Self = Self(0);

    /// The span in seconds, as summaries and reports print it.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Nanos {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

/// A moment in a trace: nanoseconds since the trace began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TraceTime(pub u64);

impl TraceTime {
    pub const START: Self = Self(0);
    pub const MAX: Self = Self(u64::MAX);

    /// Seconds since the trace began, as reports and exports print it.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.since(Self::START).as_secs_f64()
    }

    /// The span since `earlier`; zero when `earlier` is the later of the two.
    #[must_use]
    pub fn since(self, earlier: Self) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Nanos> for TraceTime {
    type Output = Self;

    fn add(self, span: Nanos) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Nanos> for TraceTime {
    type Output = Self;

    fn sub(self, span: Nanos) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

/// A half-open range of trace time: `start` belongs to it, `end` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    pub start: TraceTime,
    pub end: TraceTime,
}

impl TimeRange {
    /// The whole of any trace.
    pub const ALL: Self = Self { start: TraceTime::START, end: TraceTime::MAX };

    /// The range between two moments, in whichever order they come.
    #[must_use]
    pub fn between(a: TraceTime, b: TraceTime) -> Self {
        Self { start: a.min(b), end: a.max(b) }
    }

    #[must_use]
    pub fn span(self) -> Nanos {
        self.end.since(self.start)
    }

    #[must_use]
    pub fn contains(self, time: TraceTime) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether something that lasts from `start` to `end` is at least partly inside. An instant (`start == end`) counts as
    /// a point.
    #[must_use]
    pub fn overlaps(self, start: TraceTime, end: TraceTime) -> bool {
        start < self.end && (end > self.start || start >= self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_half_open_and_instants_are_points() {
        let range = TimeRange { start: TraceTime(10), end: TraceTime(20) };
        assert!(range.contains(TraceTime(10)) && !range.contains(TraceTime(20)));
        assert!(range.overlaps(TraceTime(10), TraceTime(10)));
        assert!(range.overlaps(TraceTime(0), TraceTime(11)));
        assert!(!range.overlaps(TraceTime(0), TraceTime(10)));
        assert!(!range.overlaps(TraceTime(20), TraceTime(30)));
    }
}
