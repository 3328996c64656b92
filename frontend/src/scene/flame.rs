//! The flame chart: frames into a raster, their words into shapes, and what lies under the pointer.

use syscope_shared::query::{FlameAnswer, FrameKind};
use syscope_shared::syscall::Class;

use crate::paint::palette::{Ink, Palette, Rgba};
use crate::paint::raster::{PixelRect, Raster};
use crate::paint::shape::{Font, Rect, Shape, mono_fitting};
use crate::view_model::flame::FlameBoxes;

/// The height of a frame, in CSS pixels, without the gap below it.
pub(crate) const ROW_PX: f64 = 22.0;
/// Frames narrower than this carry no words.
const LABEL_MIN_PX: f64 = 24.0;

/// Frames from this depth on (system calls, and paths) are marked when a call failed.
const ERRORS_FROM_DEPTH: u8 = 3;

/// Everything that the drawing depends on.
#[derive(Debug)]
pub(crate) struct Chart<'a> {
    pub(crate) answer: &'a FlameAnswer,
    pub(crate) layout: &'a FlameBoxes,
    /// The left edge of what is shown, in the answer's unit.
    pub(crate) left: f64,
    /// How much of the answer's unit is shown.
    pub(crate) span: f64,
    /// Where the frames begin below the canvas's top: under an axis, if there is one.
    pub(crate) top_px: f64,
    pub(crate) scroll_px: f64,
    pub(crate) width_px: f64,
    pub(crate) height_px: f64,
    pub(crate) dpr: f64,
    pub(crate) hover: Option<usize>,
}

impl Chart<'_> {
    /// The rectangle of a box in CSS pixels, at least a pixel wide; `None` when it cannot be seen.
    fn rect(&self, index: usize) -> Option<Rect> {
        let placed = self.layout.boxes.get(index)?;
        let frame = self.answer.frames.get(placed.frame)?;
        let px = |at: f64| (at - self.left) / self.span * self.width_px;
        let x = px(frame.x as f64);
        let width = (px((frame.x + frame.width) as f64) - x).max(1.0);
        let y = self.top_px + placed.row as f64 * ROW_PX - self.scroll_px;
        let is_visible =
            x + width > 0.0 && x < self.width_px && y + ROW_PX > self.top_px && y < self.height_px;
        is_visible.then_some(Rect { x, y, width, height: ROW_PX - 1.0 })
    }

    /// The colour of a frame: a class and what is below it in the class's colour, what is above it neutral.
    fn color(&self, frame: usize, palette: &Palette) -> (Rgba, Ink) {
        let canvas = palette.color(Ink::Canvas);
        let toned = |class: Class, alpha: f64| palette.color(Ink::Class(class)).over(canvas, alpha);
        let Some(found) = self.answer.frames.get(frame) else { return (canvas, Ink::Text) };
        match found.kind {
            FrameKind::Process(_) => (palette.color(Ink::Text).over(canvas, 0.16), Ink::Text),
            FrameKind::Thread(_) => (palette.color(Ink::Text).over(canvas, 0.09), Ink::Text),
            FrameKind::Class(class) => (toned(class, 1.0), Ink::OnClass),
            FrameKind::Syscall(syscall) => (toned(syscall.class(), 1.0), Ink::OnClass),
            FrameKind::Path => {
                match found.parent.and_then(|parent| self.answer.frames.get(parent as usize)) {
                    Some(parent) => match parent.kind {
                        FrameKind::Syscall(syscall) => (toned(syscall.class(), 0.38), Ink::Text),
                        _ => (toned(Class::Other, 0.38), Ink::Text),
                    },
                    None => (canvas, Ink::Text),
                }
            }
        }
    }

    pub(crate) fn paint(&self, raster: &mut Raster, palette: &Palette) {
        let device = |px: f64| (px * self.dpr).round() as i32;
        let canvas = palette.color(Ink::Canvas);
        raster.reset(device(self.width_px) as usize, device(self.height_px) as usize, canvas);
        for index in 0..self.layout.boxes.len() {
            let Some(rect) = self.rect(index) else { continue };
            let frame = self.layout.boxes[index].frame;
            let left = (rect.x * self.dpr).floor().max(-1.0) as i32;
            let right = ((rect.x + rect.width) * self.dpr).ceil().min(1e6) as i32;
            // A hairline parts neighbours that are wide enough to be told apart.
            let gap = i32::from(rect.width > 3.0);
            let pixels = PixelRect {
                left,
                right: right - gap,
                top: device(rect.y),
                bottom: device(rect.y + rect.height),
            };
            raster.fill(pixels, self.color(frame, palette).0);
            // Above the calls themselves almost every frame has some failed call below it: the mark would say nothing.
            let found = &self.answer.frames[frame];
            if found.errors > 0 && found.depth >= ERRORS_FROM_DEPTH {
                let foot = PixelRect { top: pixels.bottom - device(2.0), ..pixels };
                raster.fill(foot, palette.color(Ink::Error));
            }
        }
    }

    pub(crate) fn shapes(&self, palette: &Palette) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for (index, placed) in self.layout.boxes.iter().enumerate() {
            let Some(rect) = self.rect(index).filter(|rect| rect.width >= LABEL_MIN_PX) else { continue };
            let left = rect.x.max(0.0);
            let right = (rect.x + rect.width).min(self.width_px);
            let label = &self.answer.frames[placed.frame].label;
            let Some(text) = mono_fitting(label, right - left - 10.0) else { continue };
            shapes.push(Shape::Text {
                x: left + 5.0,
                y: rect.y + rect.height / 2.0,
                text,
                ink: self.color(placed.frame, palette).1,
                font: Font::Mono,
                max_px: right - left - 6.0,
            });
        }
        if let Some(rect) = self.hover.and_then(|index| self.rect(index)) {
            shapes.push(Shape::Outline { rect, ink: Ink::Text });
        }
        shapes
    }

    /// The box under a point: among those that overlap for being a pixel wide, the nearest middle.
    pub(crate) fn hit(&self, x: f64, y: f64) -> Option<usize> {
        if y < self.top_px {
            return None;
        }
        let row = ((y - self.top_px + self.scroll_px) / ROW_PX) as usize;
        let in_row = (0..self.layout.boxes.len()).filter(|&index| self.layout.boxes[index].row == row);
        let under = in_row.filter_map(|index| Some((index, self.rect(index)?)));
        let distance = |rect: &Rect| (rect.x + rect.width / 2.0 - x).abs();
        under
            .filter(|(_, rect)| x >= rect.x - 1.0 && x <= rect.x + rect.width + 1.0)
            .min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)))
            .map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::flame::layout;
    use syscope_shared::ids::TaskUid;
    use syscope_shared::query::{FlameFrame, FlameOrder};
    use syscope_shared::syscall::SyscallId;
    use syscope_shared::units::{Nanos, TimeRange};

    fn frame(parent: Option<u32>, depth: u8, kind: FrameKind, x: u64, width: u64) -> FlameFrame {
        let label = "frame".to_owned();
        FlameFrame { parent, depth, kind, label, x, width, calls: 1, errors: 1, time: Nanos(width) }
    }

    #[test]
    fn a_frame_of_no_width_can_be_seen_and_hit() {
        let frames = vec![
            frame(None, 0, FrameKind::Process(TaskUid(0)), 0, 1_000_000),
            frame(Some(0), 3, FrameKind::Syscall(SyscallId::x86_64(0)), 500_000, 1),
        ];
        let order = FlameOrder::WidestByTime;
        let answer = FlameAnswer { range: TimeRange::ALL, order, total: 1_000_000, frames, omitted: 0 };
        let layout = layout(&answer);
        let chart = Chart {
            answer: &answer,
            layout: &layout,
            left: 0.0,
            span: 1e6,
            top_px: 0.0,
            scroll_px: 0.0,
            width_px: 1_000.0,
            height_px: 100.0,
            dpr: 1.0,
            hover: None,
        };
        let palette = Palette::from_tokens(|token| match token {
            "--canvas" => "#ffffff".to_owned(),
            "--canvas-error" => "#ff0000".to_owned(),
            _ => "#000000".to_owned(),
        });
        let mut raster = Raster::default();
        chart.paint(&mut raster, &palette);
        assert_eq!(raster.pixel(500, 86), Rgba([255, 0, 0, 255]));
        assert_eq!(raster.pixel(502, 86), Rgba([255, 255, 255, 255]));
        assert_eq!(chart.hit(500.5, 70.0), Some(1));
        assert_eq!(chart.hit(300.0, 70.0), None);
        assert_eq!(chart.hit(300.0, 10.0), Some(0));
        let words = chart.shapes(&palette);
        assert!(matches!(&words[..], [Shape::Text { text, .. }] if text == "frame"));
    }
}
