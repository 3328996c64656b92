//! What to ask for so that panning and slow zooming need no question: about three screen widths at a power-of-two resolution.

use syscope_shared::units::{Nanos, TimeRange, TraceTime};

use crate::state::viewport::Viewport;

/// A question's range and resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffered {
    pub(crate) range: TimeRange,
    pub(crate) resolution: Nanos,
}

impl Buffered {
    /// What to ask for now: `current` as long as it covers the viewport, else a screen more to each side.
    pub(crate) fn covering(viewport: Viewport, width_px: f64, current: Option<Self>) -> Self {
        let resolution = resolution(viewport, width_px);
        match current {
            Some(current) if current.resolution == resolution && current.covers(viewport) => current,
            _ => Self { range: widened(viewport), resolution },
        }
    }

    fn covers(self, viewport: Viewport) -> bool {
        let visible = viewport.range();
        self.range.start <= visible.start && visible.end <= self.range.end
    }
}

/// The greatest power of two of nanoseconds that is no more than a pixel.
fn resolution(viewport: Viewport, width_px: f64) -> Nanos {
    let nanos_per_px = (viewport.span_nanos / width_px.max(1.0)).max(1.0) as u64;
    Nanos(1 << nanos_per_px.ilog2())
}

fn widened(viewport: Viewport) -> TimeRange {
    TimeRange {
        start: TraceTime((viewport.start_nanos - viewport.span_nanos).max(0.0) as u64),
        end: TraceTime((viewport.end_nanos() + viewport.span_nanos).max(1.0).ceil() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panning_within_the_buffer_asks_nothing_new() {
        let viewport = Viewport { start_nanos: 5e9, span_nanos: 1e9 };
        let first = Buffered::covering(viewport, 1_000.0, None);
        assert_eq!(first.resolution, Nanos(524_288));
        assert_eq!(first.range, TimeRange { start: TraceTime(4_000_000_000), end: TraceTime(7_000_000_000) });
        let panned = Viewport { start_nanos: 5.9e9, ..viewport };
        assert_eq!(Buffered::covering(panned, 1_000.0, Some(first)), first);
        let beyond = Viewport { start_nanos: 6.1e9, ..viewport };
        assert_ne!(Buffered::covering(beyond, 1_000.0, Some(first)), first);
    }

    #[test]
    fn zooming_to_another_power_of_two_asks_again() {
        let viewport = Viewport { start_nanos: 5e9, span_nanos: 1e9 };
        let first = Buffered::covering(viewport, 1_000.0, None);
        let nearer = Viewport { span_nanos: 0.9e9, ..viewport };
        assert_eq!(Buffered::covering(nearer, 1_000.0, Some(first)), first);
        let near = Viewport { span_nanos: 0.5e9, ..viewport };
        assert_eq!(Buffered::covering(near, 1_000.0, Some(first)).resolution, Nanos(262_144));
    }

    #[test]
    fn a_viewport_left_of_the_start_asks_from_zero() {
        let viewport = Viewport { start_nanos: -5e8, span_nanos: 1e9 };
        assert_eq!(Buffered::covering(viewport, 1_000.0, None).range.start, TraceTime::START);
    }
}
