//! Time to pixels and back, and where an axis puts its ticks. Pure.

use syscope_shared::units::TraceTime;

use crate::state::viewport::Viewport;

/// A viewport laid over `width_px` pixels that begin at `left_px`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeScale {
    pub(crate) viewport: Viewport,
    pub(crate) left_px: f64,
    pub(crate) width_px: f64,
}

impl TimeScale {
    pub(crate) fn px_from_time(&self, time: TraceTime) -> f64 {
        self.px_from_nanos(time.0 as f64)
    }

    pub(crate) fn px_from_nanos(&self, nanos: f64) -> f64 {
        self.left_px + (nanos - self.viewport.start_nanos) / self.viewport.span_nanos * self.width_px
    }

    /// The moment at a pixel; the trace's start for a pixel left of it.
    pub(crate) fn time_from_px(&self, px: f64) -> TraceTime {
        TraceTime((self.viewport.start_nanos + self.fraction(px) * self.viewport.span_nanos).max(0.0) as u64)
    }

    /// How far across the width a pixel is, 0 to 1.
    pub(crate) fn fraction(&self, px: f64) -> f64 {
        (px - self.left_px) / self.width_px
    }

    pub(crate) fn right_px(&self) -> f64 {
        self.left_px + self.width_px
    }

    pub(crate) fn nanos_per_px(&self) -> f64 {
        self.viewport.span_nanos / self.width_px
    }

    /// Ticks at round moments that stand at least `min_gap_px` apart.
    pub(crate) fn ticks(&self, min_gap_px: f64) -> Ticks {
        let step = round_step(self.nanos_per_px() * min_gap_px);
        let first = (self.viewport.start_nanos.max(0.0) as u64).div_ceil(step) * step;
        let last = self.viewport.end_nanos().max(0.0) as u64;
        let times = (0..200).map(|n| first + n * step).take_while(|&nanos| nanos <= last).collect();
        Ticks { step, times }
    }
}

/// Moments, in nanoseconds, `step` nanoseconds apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticks {
    pub(crate) step: u64,
    pub(crate) times: Vec<u64>,
}

/// The least 1, 2 or 5 times a power of ten that is not below `nanos`.
fn round_step(nanos: f64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if step as f64 >= nanos || step == u64::MAX {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(start: f64, span: f64) -> TimeScale {
        TimeScale {
            viewport: Viewport { start_nanos: start, span_nanos: span },
            left_px: 200.0,
            width_px: 1_000.0,
        }
    }

    #[test]
    fn pixels_and_times_are_inverse() {
        let scale = scale(1e9, 5e8);
        assert_eq!(scale.px_from_time(TraceTime(1_000_000_000)), 200.0);
        assert_eq!(scale.px_from_time(TraceTime(1_500_000_000)), 1_200.0);
        for px in [200.0, 333.0, 1_199.0] {
            assert!((scale.px_from_time(scale.time_from_px(px)) - px).abs() < 0.01);
        }
        assert_eq!(scale.time_from_px(-5_000.0), TraceTime::START);
    }

    #[test]
    fn ticks_are_round_and_far_enough_apart() {
        let ticks = scale(1.234e9, 5e8).ticks(90.0);
        assert_eq!(ticks.step, 50_000_000);
        assert_eq!(ticks.times[0], 1_250_000_000);
        assert!(ticks.times.windows(2).all(|pair| pair[1] - pair[0] == ticks.step));
        assert_eq!(scale(0.0, 1e9).ticks(90.0).times[0], 0);
    }
}
