//! The visible span of time, and how gestures change it. Pure arithmetic.

use syscope_shared::units::{Nanos, TimeRange, TraceTime};

/// The shortest span that can be visible: a microsecond across the screen.
const MIN_SPAN_NANOS: f64 = 1_000.0;

/// Part of the span that stays free right of the newest moment while following.
const FOLLOW_MARGIN: f64 = 0.04;

/// What is visible: nanoseconds since the trace began. Fractions, so that slow panning does not stick to whole nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Viewport {
    pub(crate) start_nanos: f64,
    pub(crate) span_nanos: f64,
}

impl Viewport {
    /// Shows `range` and a little around it, so that its edges can be seen.
    pub(crate) fn around(range: TimeRange) -> Self {
        let span = range.span().0 as f64;
        Self { start_nanos: range.start.0 as f64 - span * 0.02, span_nanos: span * 1.04 }.at_least_min()
    }

    /// Shows `range` exactly.
    pub(crate) fn of(range: TimeRange) -> Self {
        Self { start_nanos: range.start.0 as f64, span_nanos: range.span().0 as f64 }.at_least_min()
    }

    /// The whole of a trace that reaches to `end`.
    pub(crate) fn whole(end: TraceTime) -> Self {
        Self { start_nanos: 0.0, span_nanos: end.0 as f64 * 1.01 }.at_least_min()
    }

    /// The last `span_nanos` before `now`.
    pub(crate) fn following(now: TraceTime, span_nanos: f64) -> Self {
        let start = (now.0 as f64 - span_nanos * (1.0 - FOLLOW_MARGIN)).max(0.0);
        Self { start_nanos: start, span_nanos }
    }

    fn at_least_min(self) -> Self {
        if self.span_nanos >= MIN_SPAN_NANOS {
            return self;
        }
        let middle = self.start_nanos + self.span_nanos / 2.0;
        Self { start_nanos: middle - MIN_SPAN_NANOS / 2.0, span_nanos: MIN_SPAN_NANOS }
    }

    pub(crate) fn end_nanos(self) -> f64 {
        self.start_nanos + self.span_nanos
    }

    /// The part of the trace that is visible.
    pub(crate) fn range(self) -> TimeRange {
        TimeRange {
            start: TraceTime(self.start_nanos.max(0.0) as u64),
            end: TraceTime(self.end_nanos().max(1.0).ceil() as u64),
        }
    }

    /// Magnified by `factor` (below 1: nearer) around the moment at `fraction` of the width, which stays where it is.
    pub(crate) fn zoomed(self, factor: f64, fraction: f64, trace_end: TraceTime) -> Self {
        let max_span = (trace_end.0 as f64 * 1.5).max(MIN_SPAN_NANOS);
        let span_nanos = (self.span_nanos * factor).clamp(MIN_SPAN_NANOS, max_span);
        let fixed = self.start_nanos + self.span_nanos * fraction;
        Self { start_nanos: fixed - span_nanos * fraction, span_nanos }
    }

    /// Moved by a part of its own span; at least a tenth of the screen keeps showing the trace.
    pub(crate) fn panned(self, fraction: f64, trace_end: TraceTime) -> Self {
        let lowest = -self.span_nanos * 0.9;
        let highest = (trace_end.0 as f64 - self.span_nanos * 0.1).max(lowest);
        let start_nanos = (self.start_nanos + fraction * self.span_nanos).clamp(lowest, highest);
        Self { start_nanos, ..self }
    }

    /// Moved just so far that `range` can be seen, if it fits; else as it is.
    pub(crate) fn showing(self, range: TimeRange) -> Self {
        let (start, end) = (range.start.0 as f64, range.end.0 as f64);
        if end - start > self.span_nanos || (start >= self.start_nanos && end <= self.end_nanos()) {
            return if start > self.end_nanos() || end < self.start_nanos {
                Self { start_nanos: start - self.span_nanos * 0.1, ..self }
            } else {
                self
            };
        }
        let middle = start.midpoint(end);
        Self { start_nanos: middle - self.span_nanos / 2.0, ..self }
    }
}

/// How the viewport is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum View {
    /// The whole trace, as it grows.
    Whole,
    /// The newest part of a live trace: its right edge moves with time.
    Follow { span: Nanos },
    /// Where the person put it.
    Fixed(Viewport),
}

impl View {
    pub(crate) fn viewport(self, now: TraceTime) -> Viewport {
        match self {
            Self::Whole => Viewport::whole(now),
            Self::Follow { span } => Viewport::following(now, span.0 as f64),
            Self::Fixed(viewport) => viewport,
        }
    }

    /// The view after a zoom: one that moved with a live trace goes on following it when the zoom was about its newest moment.
    pub(crate) fn zoomed(self, factor: f64, fraction: f64, now: TraceTime, is_live: bool) -> Self {
        let viewport = self.viewport(now).zoomed(factor, fraction, now);
        let is_about_now = fraction > 0.9;
        if is_live && is_about_now && !matches!(self, Self::Fixed(_)) {
            Self::Follow { span: Nanos(viewport.span_nanos as u64) }
        } else {
            Self::Fixed(viewport)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: TraceTime = TraceTime(10_000_000_000);

    #[test]
    fn the_moment_under_the_cursor_stays() {
        let mut viewport = Viewport::whole(END);
        let fraction = 0.3;
        let moment = |v: Viewport| v.start_nanos + v.span_nanos * fraction;
        let before = moment(viewport);
        for _ in 0..90 {
            viewport = viewport.zoomed(0.8, fraction, END);
            let width_px = 1600.0;
            assert!((moment(viewport) - before).abs() / viewport.span_nanos * width_px < 1.0);
        }
        assert_eq!(viewport.span_nanos, MIN_SPAN_NANOS);
    }

    #[test]
    fn panning_never_loses_the_trace() {
        let viewport = Viewport::whole(END);
        let left = viewport.panned(-100.0, END);
        let right = viewport.panned(100.0, END);
        assert!(left.end_nanos() > 0.0 && left.start_nanos < 0.0);
        assert!(right.start_nanos < END.0 as f64 && right.end_nanos() > END.0 as f64);
    }

    #[test]
    fn a_live_view_follows_until_it_is_moved() {
        let zoomed = View::Whole.zoomed(0.5, 0.95, END, true);
        assert!(matches!(zoomed, View::Follow { .. }));
        assert!(matches!(View::Whole.zoomed(0.5, 0.3, END, true), View::Fixed(_)));
        assert!(matches!(View::Whole.zoomed(0.5, 0.95, END, false), View::Fixed(_)));
        let later = TraceTime(END.0 + 1_000_000_000);
        assert!(zoomed.viewport(later).start_nanos > zoomed.viewport(END).start_nanos);
    }

    #[test]
    fn showing_moves_only_when_needed() {
        let viewport = Viewport { start_nanos: 0.0, span_nanos: 1e6 };
        let inside = TimeRange { start: TraceTime(10), end: TraceTime(500) };
        assert_eq!(viewport.showing(inside), viewport);
        let outside = TimeRange { start: TraceTime(5_000_000), end: TraceTime(5_000_010) };
        let moved = viewport.showing(outside);
        assert!(moved.start_nanos < 5e6 && moved.end_nanos() > 5_000_010.0);
    }
}
