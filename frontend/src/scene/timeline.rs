//! The timeline: slices into a raster, everything sparse into shapes, and what lies under the pointer.

use std::collections::BTreeMap;

use syscope_shared::event::End;
use syscope_shared::ids::TaskUid;
use syscope_shared::query::{Filter, Lane, Mark, MarkKind, Slice};
use syscope_shared::units::{TimeRange, TraceTime};

use super::scale::TimeScale;
use crate::paint::palette::{Ink, Palette, Rgba};
use crate::paint::raster::{PixelRect, Raster};
use crate::paint::shape::{Font, Glyph, MONO_CHAR_PX, Rect, Shape, Word, mono_fitting};
use crate::view_model::lanes::{LaneKind, LaneRow};
use crate::view_model::text;

/// The height of a lane, in CSS pixels.
pub(crate) const ROW_PX: f64 = 24.0;
/// Where a slice begins below its lane's top, and how high it is.
const SLICE_TOP_PX: f64 = 4.0;
const SLICE_PX: f64 = 16.0;
/// The axis above the lanes.
pub(crate) const AXIS_PX: f64 = 26.0;
/// How far beside a slice a pointer still means it.
const REACH_PX: f64 = 3.0;
/// The least distance of the axis's ticks.
const TICK_GAP_PX: f64 = 110.0;
/// Slices narrower than this carry no words.
const LABEL_MIN_PX: f64 = 30.0;

/// Everything that the drawing depends on.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) rows: &'a [LaneRow],
    pub(crate) lanes: &'a BTreeMap<TaskUid, Lane>,
    pub(crate) scale: TimeScale,
    /// How far the lanes are scrolled, in CSS pixels.
    pub(crate) scroll_px: f64,
    pub(crate) width_px: f64,
    pub(crate) height_px: f64,
    /// Device pixels a CSS pixel.
    pub(crate) dpr: f64,
    /// The newest moment of the trace: where calls in flight end.
    pub(crate) now: TraceTime,
    pub(crate) range: Option<TimeRange>,
    /// A range that is being dragged out.
    pub(crate) drag: Option<TimeRange>,
    pub(crate) filter: &'a Filter,
    pub(crate) selected: Option<Selected>,
    /// The row whose lane the keys move in.
    pub(crate) cursor_row: Option<usize>,
    pub(crate) hover: Option<Hit>,
}

/// The selected event, where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Selected {
    pub(crate) task: TaskUid,
    pub(crate) start: TraceTime,
    /// `None`: it has not ended.
    pub(crate) end: Option<TraceTime>,
}

/// What lies at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hit {
    /// The label of a row.
    Label {
        row: usize,
    },
    /// The triangle that folds a row's threads.
    Fold {
        row: usize,
    },
    Slice {
        row: usize,
        slice: Slice,
    },
    Mark {
        row: usize,
        mark: Mark,
    },
    /// A lane, where nothing happened.
    Lane {
        row: usize,
    },
    Axis,
    Nothing,
}

impl Scene<'_> {
    fn row_top(&self, row: usize) -> f64 {
        AXIS_PX + row as f64 * ROW_PX - self.scroll_px
    }

    /// The rows that can be seen, with their lanes.
    fn visible(&self) -> impl Iterator<Item = (usize, &LaneRow)> {
        let first = (self.scroll_px / ROW_PX).max(0.0) as usize;
        let count = (self.height_px / ROW_PX).ceil() as usize + 1;
        self.rows.iter().enumerate().skip(first).take(count)
    }

    fn slice_end(&self, slice: &Slice) -> TraceTime {
        if slice.is_unfinished && slice.event.is_none() { slice.end.max(self.now) } else { slice.end }
    }

    /// Left and right edge in CSS pixels; at least a pixel apart.
    fn slice_px(&self, slice: &Slice) -> (f64, f64) {
        let left = self.scale.px_from_time(slice.start);
        (left, self.scale.px_from_time(self.slice_end(slice)).max(left + 1.0))
    }

    fn admits(&self, row: &LaneRow, slice: &Slice) -> bool {
        let filter = self.filter;
        filter.task.is_none_or(|task| task == row.task)
            && filter.process.is_none_or(|process| process == row.process)
            && filter.class.is_none_or(|class| class == slice.syscall.class())
            && filter.syscall.is_none_or(|syscall| syscall == slice.syscall)
            && (!filter.failed_only || slice.errors > 0)
    }

    /// Paints the lanes' slices.
    pub(crate) fn paint(&self, raster: &mut Raster, palette: &Palette) {
        let device = |px: f64| (px * self.dpr).round() as usize;
        let background = palette.color(Ink::Canvas);
        raster.reset(device(self.width_px), device(self.height_px), background);
        self.paint_grid(raster, palette.color(Ink::Grid));
        for (index, row) in self.visible() {
            self.paint_life(raster, palette, index, row);
            let Some(lane) = self.lanes.get(&row.task) else { continue };
            for slice in &lane.slices {
                self.paint_slice(raster, palette, index, row, slice);
            }
        }
        let axis = PixelRect { left: 0, right: i32::MAX, top: 0, bottom: device(AXIS_PX) as i32 };
        raster.fill(axis, background);
    }

    /// The axis's lines, below everything: above a slice they would look like its end.
    fn paint_grid(&self, raster: &mut Raster, color: Rgba) {
        for nanos in self.scale.ticks(TICK_GAP_PX).times {
            let x = self.scale.px_from_nanos(nanos as f64).round();
            let rect = self.pixel_rect(x, x + 1.0, AXIS_PX, self.height_px);
            raster.fill(rect, color);
        }
    }

    fn pixel_rect(&self, left: f64, right: f64, top: f64, height: f64) -> PixelRect {
        let gutter = (self.scale.left_px * self.dpr).round();
        let left = (left * self.dpr).floor().max(gutter).min(1e6);
        let right = (right * self.dpr).ceil().min(1e6);
        PixelRect {
            left: left as i32,
            right: right as i32,
            top: (top * self.dpr).round() as i32,
            bottom: ((top + height) * self.dpr).round() as i32,
        }
    }

    /// A thin band from the thread's start to its end: it lives, outside calls.
    fn paint_life(&self, raster: &mut Raster, palette: &Palette, index: usize, row: &LaneRow) {
        let end = row.ended.map_or(self.now, |(time, _)| time);
        let (left, right) = (self.scale.px_from_time(row.started), self.scale.px_from_time(end));
        if right < self.scale.left_px {
            return;
        }
        let top = self.row_top(index) + SLICE_TOP_PX + SLICE_PX / 2.0 - 1.5;
        let rect = self.pixel_rect(left, right, top, 3.0);
        raster.fill(rect, palette.color(Ink::Outside));
    }

    fn paint_slice(
        &self,
        raster: &mut Raster,
        palette: &Palette,
        index: usize,
        row: &LaneRow,
        slice: &Slice,
    ) {
        let (left, right) = self.slice_px(slice);
        if right < self.scale.left_px || left > self.scale.right_px() {
            return;
        }
        let is_admitted = self.admits(row, slice);
        let background = palette.color(Ink::Canvas);
        let shade = |color: Rgba| if is_admitted { color } else { color.over(background, 0.18) };
        let top = self.row_top(index) + SLICE_TOP_PX;
        // A hairline parts neighbours that are wide enough to be told apart.
        let gap = if right - left > 4.0 { 1.0 } else { 0.0 };
        let rect = self.pixel_rect(left, right - gap, top, SLICE_PX);
        let color = palette.color(Ink::Class(slice.syscall.class()));
        if slice.is_unfinished {
            raster.fill(rect, shade(color.over(background, 0.35)));
            raster.hatch(rect, shade(color), (3.0 * self.dpr) as usize);
        } else {
            raster.fill(rect, shade(color));
        }
        if slice.errors > 0 {
            let parting = self.pixel_rect(left, right - gap, top + SLICE_PX - 4.0, 1.0);
            raster.fill(parting, background);
            let foot = self.pixel_rect(left, right - gap, top + SLICE_PX - 3.0, 5.0);
            raster.fill(foot, shade(palette.color(Ink::Error)));
        }
    }

    /// Everything sparse, bottom to top.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        let mut shapes = Vec::new();
        self.slice_labels(&mut shapes);
        self.marks(&mut shapes);
        self.range_shapes(&mut shapes);
        self.selection_shapes(&mut shapes);
        self.gutter(&mut shapes);
        axis_shapes(&self.scale, self.width_px, &mut shapes);
        shapes
    }

    fn slice_labels(&self, shapes: &mut Vec<Shape>) {
        for (index, row) in self.visible() {
            let Some(lane) = self.lanes.get(&row.task) else { continue };
            for slice in &lane.slices {
                let (left, right) = self.slice_px(slice);
                let left = left.max(self.scale.left_px);
                let right = right.min(self.scale.right_px());
                if slice.calls != 1 || right - left < LABEL_MIN_PX || !self.admits(row, slice) {
                    continue;
                }
                let name = slice.syscall.name();
                let Some(text) = mono_fitting(&name, right - left - 10.0) else { continue };
                let y = self.row_top(index) + SLICE_TOP_PX + SLICE_PX / 2.0;
                if slice.is_unfinished {
                    // Words on stripes cannot be read: they get a plate.
                    let width = text.chars().count() as f64 * MONO_CHAR_PX + 8.0;
                    let rect = Rect { x: left + 1.0, y: y - SLICE_PX / 2.0, width, height: SLICE_PX };
                    shapes.push(Shape::Fill { rect, ink: Ink::Class(slice.syscall.class()) });
                }
                shapes.push(Shape::Text {
                    x: left + 5.0,
                    y,
                    text,
                    ink: Ink::OnClass,
                    font: Font::Mono,
                    max_px: right - left - 6.0,
                });
            }
        }
    }

    fn marks(&self, shapes: &mut Vec<Shape>) {
        for (index, row) in self.visible() {
            let Some(lane) = self.lanes.get(&row.task) else { continue };
            let mut last = (f64::NEG_INFINITY, None);
            for mark in &lane.marks {
                let x = self.scale.px_from_time(mark.time);
                let (glyph, ink) = mark_form(mark.kind);
                let repeats = last.1 == Some(glyph) && x - last.0 < 4.0;
                if x < self.scale.left_px - 1.0 || x > self.scale.right_px() || repeats {
                    continue;
                }
                last = (x, Some(glyph));
                let y = self.row_top(index) + SLICE_TOP_PX + SLICE_PX / 2.0;
                shapes.push(Shape::Mark { x, y, glyph, ink });
            }
        }
    }

    fn range_shapes(&self, shapes: &mut Vec<Shape>) {
        let Some(range) = self.drag.or(self.range) else { return };
        let left = self.scale.px_from_time(range.start).clamp(self.scale.left_px, self.scale.right_px());
        let right = self.scale.px_from_time(range.end).clamp(self.scale.left_px, self.scale.right_px());
        let mut fill = |x: f64, width: f64, ink: Ink| {
            let rect = Rect { x, y: AXIS_PX, width, height: self.height_px - AXIS_PX };
            shapes.push(Shape::Fill { rect, ink });
        };
        fill(self.scale.left_px, left - self.scale.left_px, Ink::Veil);
        fill(right, self.scale.right_px() - right, Ink::Veil);
        // What is selected keeps its colours: what is not is veiled.
        fill(left, 1.0, Ink::Accent);
        fill(right - 1.0, 1.0, Ink::Accent);
    }

    fn selection_shapes(&self, shapes: &mut Vec<Shape>) {
        if let Some(Hit::Slice { row, slice }) = self.hover {
            shapes.extend(self.outline(row, slice.start, Some(self.slice_end(&slice)), Ink::Text));
        }
        let Some(selected) = self.selected else { return };
        let Some(row) = self.rows.iter().position(|row| row.task == selected.task) else { return };
        shapes.extend(self.outline(row, selected.start, selected.end, Ink::Accent));
    }

    fn outline(&self, row: usize, start: TraceTime, end: Option<TraceTime>, ink: Ink) -> Option<Shape> {
        let left = self.scale.px_from_time(start).max(self.scale.left_px - 4.0);
        let right = self.scale.px_from_time(end.unwrap_or(self.now)).min(self.scale.right_px() + 4.0);
        if right < self.scale.left_px || left > self.scale.right_px() {
            return None;
        }
        let rect = Rect {
            x: left - 2.0,
            y: self.row_top(row) + SLICE_TOP_PX - 2.0,
            width: (right - left).max(1.0) + 4.0,
            height: SLICE_PX + 4.0,
        };
        Some(Shape::Outline { rect, ink })
    }

    fn gutter(&self, shapes: &mut Vec<Shape>) {
        let gutter = self.scale.left_px;
        let band = Rect { x: 0.0, y: AXIS_PX, width: gutter, height: self.height_px };
        shapes.push(Shape::Fill { rect: band, ink: Ink::Canvas });
        for (index, row) in self.visible() {
            let top = self.row_top(index);
            if self.cursor_row == Some(index) {
                let rect = Rect { x: 0.0, y: top, width: gutter, height: ROW_PX };
                shapes.push(Shape::Fill { rect, ink: Ink::Row });
            }
            self.row_label(shapes, row, top + ROW_PX / 2.0);
        }
        let rule = Rect { x: gutter - 1.0, y: 0.0, width: 1.0, height: self.height_px };
        shapes.push(Shape::Fill { rect: rule, ink: Ink::Grid });
    }

    fn row_label(&self, shapes: &mut Vec<Shape>, row: &LaneRow, y: f64) {
        let x = label_left(row);
        let word = |text: String, ink: Ink, font: Font| Word { text, ink, font };
        let tid = word(row.tid.to_string(), Ink::Muted, Font::Mono);
        let words = match row.kind {
            LaneKind::Process { other_threads, is_folded } => {
                let rest = if is_folded {
                    format!("+{}", text::counted(other_threads as u64, "thread", "threads"))
                } else {
                    row.command.clone()
                };
                vec![word(row.name.clone(), Ink::Text, Font::UiStrong), tid, word(rest, Ink::Muted, Font::Ui)]
            }
            LaneKind::Thread => vec![word(row.name.clone(), Ink::Text, Font::Ui), tid],
        };
        shapes.push(Shape::Words { x, y, words, max_px: (self.scale.left_px - x - 8.0).max(0.0) });
        if let LaneKind::Process { other_threads: 1.., is_folded } = row.kind {
            let glyph = if is_folded { Glyph::Folded } else { Glyph::Open };
            shapes.push(Shape::Mark { x: x - 9.0, y, glyph, ink: Ink::Muted });
        }
    }

    /// What lies at a point of the canvas.
    pub(crate) fn hit(&self, x: f64, y: f64) -> Hit {
        if y < AXIS_PX {
            return Hit::Axis;
        }
        let index = ((y - AXIS_PX + self.scroll_px) / ROW_PX) as usize;
        let Some(row) = self.rows.get(index) else { return Hit::Nothing };
        if x < self.scale.left_px {
            let folds = matches!(row.kind, LaneKind::Process { other_threads: 1.., .. });
            let is_on_glyph = (x - (label_left(row) - 9.0)).abs() <= 9.0;
            return if folds && is_on_glyph { Hit::Fold { row: index } } else { Hit::Label { row: index } };
        }
        let Some(lane) = self.lanes.get(&row.task) else { return Hit::Lane { row: index } };
        if let Some(mark) = self.mark_at(lane, x) {
            return Hit::Mark { row: index, mark };
        }
        match self.slice_at(lane, x) {
            Some(slice) => Hit::Slice { row: index, slice },
            None => Hit::Lane { row: index },
        }
    }

    fn mark_at(&self, lane: &Lane, x: f64) -> Option<Mark> {
        let distance = |mark: &&Mark| (self.scale.px_from_time(mark.time) - x).abs();
        let nearest = lane.marks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(&nearest) <= REACH_PX).then_some(*nearest)
    }

    /// The slice under a pixel, else the nearest within reach.
    fn slice_at(&self, lane: &Lane, x: f64) -> Option<Slice> {
        let time = self.scale.time_from_px(x + REACH_PX + 1.0);
        let after = lane.slices.partition_point(|slice| slice.start <= time);
        let near = lane.slices[..after].iter().rev().take(2 * REACH_PX as usize + 4);
        let distance = |slice: &Slice| {
            let (left, right) = self.slice_px(slice);
            if x < left { left - x } else { (x - right).max(0.0) }
        };
        let nearest = near.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(nearest) <= REACH_PX).then_some(*nearest)
    }
}

/// The axis above the lanes: ticks at round moments, with their words.
pub(crate) fn axis_shapes(scale: &TimeScale, width_px: f64, shapes: &mut Vec<Shape>) {
    let band = Rect { x: 0.0, y: 0.0, width: width_px, height: AXIS_PX };
    shapes.push(Shape::Fill { rect: band, ink: Ink::Canvas });
    let ticks = scale.ticks(TICK_GAP_PX);
    for &nanos in &ticks.times {
        let x = scale.px_from_nanos(nanos as f64).round();
        if x < scale.left_px {
            continue;
        }
        let tick = Rect { x, y: AXIS_PX - 7.0, width: 1.0, height: 7.0 };
        shapes.push(Shape::Fill { rect: tick, ink: Ink::Grid });
        shapes.push(Shape::Text {
            x: x + 5.0,
            y: AXIS_PX / 2.0,
            text: text::axis_label(nanos, ticks.step),
            ink: Ink::Muted,
            font: Font::Ui,
            max_px: 110.0,
        });
    }
    let rule = Rect { x: 0.0, y: AXIS_PX - 1.0, width: width_px, height: 1.0 };
    shapes.push(Shape::Fill { rect: rule, ink: Ink::Grid });
}

fn label_left(row: &LaneRow) -> f64 {
    20.0 + row.indent as f64 * 12.0
}

fn mark_form(kind: MarkKind) -> (Glyph, Ink) {
    match kind {
        MarkKind::Started => (Glyph::Start, Ink::Muted),
        MarkKind::Executed => (Glyph::Diamond, Ink::Text),
        MarkKind::Signal(_) => (Glyph::Triangle, Ink::Signal),
        MarkKind::Stopped(_) => (Glyph::Pause, Ink::Signal),
        MarkKind::Ended(End::Exited(0) | End::Detached | End::Superseded { .. }) => (Glyph::End, Ink::Muted),
        MarkKind::Ended(End::Exited(_) | End::Killed { .. }) => (Glyph::End, Ink::Error),
    }
}

#[cfg(test)]
mod tests;
