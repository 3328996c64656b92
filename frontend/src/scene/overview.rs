//! The overview strip: how busy the whole trace was, where calls failed, and what part of it the views show.

use syscope_shared::query::ActivityAnswer;
use syscope_shared::units::{TimeRange, TraceTime};

use super::scale::TimeScale;
use crate::paint::palette::Ink;
use crate::paint::shape::{Font, Rect, Shape};
use crate::state::viewport::Viewport;
use crate::view_model::text;

/// Where the axis begins, below the bars.
const AXIS_PX: f64 = 16.0;
/// How far from an edge of the viewport a pointer still takes hold of it.
const GRIP_PX: f64 = 5.0;

#[derive(Debug)]
pub(crate) struct Strip<'a> {
    pub(crate) activity: Option<&'a ActivityAnswer>,
    pub(crate) width_px: f64,
    pub(crate) height_px: f64,
    /// The trace's end: the strip shows all of it.
    pub(crate) end: TraceTime,
    pub(crate) viewport: Viewport,
    pub(crate) range: Option<TimeRange>,
}

/// What a pointer takes hold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grip {
    Left,
    Right,
    Middle,
    Outside,
}

impl Strip<'_> {
    pub(crate) fn scale(&self) -> TimeScale {
        TimeScale { viewport: Viewport::whole(self.end), left_px: 0.0, width_px: self.width_px }
    }

    /// The part of the strip that the viewport covers, in pixels.
    fn brush(&self) -> (f64, f64) {
        let scale = self.scale();
        let left = scale.px_from_nanos(self.viewport.start_nanos).clamp(0.0, self.width_px);
        let right = scale.px_from_nanos(self.viewport.end_nanos()).clamp(0.0, self.width_px);
        (left, right.max(left + 2.0))
    }

    pub(crate) fn grip(&self, x: f64) -> Grip {
        let (left, right) = self.brush();
        match x {
            _ if (x - left).abs() <= GRIP_PX => Grip::Left,
            _ if (x - right).abs() <= GRIP_PX => Grip::Right,
            _ if x > left && x < right => Grip::Middle,
            _ => Grip::Outside,
        }
    }

    pub(crate) fn shapes(&self) -> Vec<Shape> {
        let mut shapes = Vec::new();
        let whole = Rect { x: 0.0, y: 0.0, width: self.width_px, height: self.height_px };
        shapes.push(Shape::Fill { rect: whole, ink: Ink::Canvas });
        self.bars(&mut shapes);
        self.axis(&mut shapes);
        self.window(&mut shapes);
        shapes
    }

    fn bars(&self, shapes: &mut Vec<Shape>) {
        let Some(activity) = self.activity else { return };
        let scale = self.scale();
        let base = self.height_px - AXIS_PX;
        let room = base - 6.0;
        let most = activity.buckets.iter().map(|bucket| bucket.calls).max().unwrap_or(0).max(1);
        // Square roots: one call must be seen beside ten thousand.
        let height = |calls: u32| (f64::from(calls) / f64::from(most)).sqrt() * room;
        let start = activity.range.start.0 as f64;
        let step = activity.range.span().0 as f64 / activity.buckets.len().max(1) as f64;
        for (index, bucket) in activity.buckets.iter().enumerate().filter(|(_, bucket)| bucket.calls > 0) {
            let x = scale.px_from_nanos(start + index as f64 * step);
            let width = (scale.px_from_nanos(start + (index + 1) as f64 * step) - x).max(1.0);
            let mut bar = |calls: u32, ink: Ink| {
                let height = height(calls).max(1.5);
                let rect = Rect { x, y: base - height, width, height };
                shapes.push(Shape::Fill { rect, ink });
            };
            bar(bucket.calls, Ink::Bar);
            if bucket.errors > 0 {
                bar(bucket.errors, Ink::Error);
            }
        }
    }

    fn axis(&self, shapes: &mut Vec<Shape>) {
        let scale = self.scale();
        let base = self.height_px - AXIS_PX;
        let rule = Rect { x: 0.0, y: base, width: self.width_px, height: 1.0 };
        shapes.push(Shape::Fill { rect: rule, ink: Ink::Grid });
        let ticks = scale.ticks(120.0);
        for &nanos in &ticks.times {
            let x = scale.px_from_nanos(nanos as f64).round();
            let tick = Rect { x, y: base, width: 1.0, height: 4.0 };
            shapes.push(Shape::Fill { rect: tick, ink: Ink::Grid });
            shapes.push(Shape::Text {
                x: x + 4.0,
                y: base + AXIS_PX / 2.0 + 1.0,
                text: text::axis_label(nanos, ticks.step),
                ink: Ink::Muted,
                font: Font::Ui,
                max_px: 100.0,
            });
        }
    }

    fn window(&self, shapes: &mut Vec<Shape>) {
        let (left, right) = self.brush();
        let base = self.height_px - AXIS_PX;
        let mut fill = |x: f64, y: f64, width: f64, height: f64, ink: Ink| {
            shapes.push(Shape::Fill { rect: Rect { x, y, width, height }, ink });
        };
        fill(0.0, 0.0, left, base, Ink::Veil);
        fill(right, 0.0, self.width_px - right, base, Ink::Veil);
        for x in [left, right - 2.0] {
            fill(x, 0.0, 2.0, base, Ink::Muted);
        }
        let Some(range) = self.range else { return };
        let scale = self.scale();
        let start = scale.px_from_time(range.start).clamp(0.0, self.width_px);
        let end = scale.px_from_time(range.end).clamp(0.0, self.width_px);
        fill(start, 0.0, (end - start).max(2.0), base, Ink::Range);
        fill(start, base - 2.0, (end - start).max(2.0), 2.0, Ink::Accent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscope_shared::query::ActivityBucket;

    #[test]
    fn a_pointer_takes_hold_of_the_nearest_part() {
        let strip = Strip {
            activity: None,
            width_px: 1_010.0,
            height_px: 60.0,
            end: TraceTime(1_000_000),
            viewport: Viewport { start_nanos: 200_000.0, span_nanos: 400_000.0 },
            range: None,
        };
        assert_eq!(strip.grip(201.0), Grip::Left);
        assert_eq!(strip.grip(598.0), Grip::Right);
        assert_eq!(strip.grip(400.0), Grip::Middle);
        assert_eq!(strip.grip(900.0), Grip::Outside);
    }

    #[test]
    fn one_call_is_seen_beside_ten_thousand() {
        let range = TimeRange { start: TraceTime(0), end: TraceTime(1_000_000) };
        let mut buckets = vec![ActivityBucket::default(); 100];
        buckets[3].calls = 1;
        buckets[4].calls = 10_000;
        let activity = ActivityAnswer { range, buckets };
        let strip = Strip {
            activity: Some(&activity),
            width_px: 1_000.0,
            height_px: 60.0,
            end: range.end,
            viewport: Viewport::whole(range.end),
            range: None,
        };
        let heights: Vec<f64> = strip
            .shapes()
            .iter()
            .filter_map(|shape| match shape {
                Shape::Fill { rect, ink: Ink::Bar } => Some(rect.height),
                _ => None,
            })
            .collect();
        assert_eq!(heights.len(), 2);
        assert!(heights[0] >= 1.5 && heights[1] == 38.0);
    }
}
