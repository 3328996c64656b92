//! The flame chart's state: the frames as last answered, what is zoomed into, and what the pointer does.

use leptos::prelude::*;
use syscope_shared::query::{Answer, FlameAnswer, FlameOrder, Query};
use syscope_shared::units::{Nanos, TimeRange, TraceTime};

use crate::components::redraw::Redraw;
use crate::components::stage::{Stage, WheelGesture, capture_pointer, pointer_position, wheel_gesture};
use crate::components::tooltip::Tip;
use crate::paint::canvas::device_pixel_ratio;
use crate::paint::raster::Raster;
use crate::paint::shape::Shape;
use crate::scene::flame::Chart;
use crate::scene::scale::TimeScale;
use crate::scene::timeline::{AXIS_PX, axis_shapes};
use crate::state::session::Session;
use crate::state::viewport::View;
use crate::view_model::buffer::Buffered;
use crate::view_model::flame::{FlameBoxes, FramePath, find, layout, path_of};
use crate::view_model::text;

/// A step of a zoom.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Crumb {
    /// A merged frame.
    Frame(FramePath),
    /// A frame in time order, and the view before it.
    Moment { label: String, before: View },
}

impl Crumb {
    pub(super) fn label(&self) -> String {
        match self {
            Self::Frame(path) => path.last().map(|(_, label)| label.clone()).unwrap_or_default(),
            Self::Moment { label, .. } => label.clone(),
        }
    }
}

#[derive(Debug, Default)]
struct Picture {
    answer: Option<FlameAnswer>,
    layout: FlameBoxes,
    buffered: Option<Buffered>,
    raster: Raster,
    hover: Option<usize>,
    /// Where the pointer went down, and where it was last.
    pressed: Option<(f64, f64)>,
    was_dragged: bool,
    pointer_fraction: Option<f64>,
}

#[derive(Clone, Copy)]
pub(super) struct FlameState {
    pub(super) session: Session,
    pub(super) stage: Stage,
    pub(super) order: RwSignal<FlameOrder>,
    pub(super) crumbs: RwSignal<Vec<Crumb>>,
    pub(super) rows: RwSignal<usize>,
    pub(super) frames: RwSignal<usize>,
    pub(super) omitted: RwSignal<u64>,
    pub(super) tip: RwSignal<Option<Tip>>,
    pub(super) is_loaded: RwSignal<bool>,
    pub(super) problem: RwSignal<Option<String>>,
    pub(super) description: RwSignal<String>,
    picture: StoredValue<Picture, LocalStorage>,
    redraw: StoredValue<Option<Redraw>, LocalStorage>,
}

impl FlameState {
    pub(super) fn new(session: Session) -> Self {
        let state = Self {
            session,
            stage: Stage::new(),
            order: RwSignal::new(FlameOrder::WidestByTime),
            crumbs: RwSignal::new(Vec::new()),
            rows: RwSignal::new(0),
            frames: RwSignal::new(0),
            omitted: RwSignal::new(0),
            tip: RwSignal::new(None),
            is_loaded: RwSignal::new(false),
            problem: RwSignal::new(None),
            description: RwSignal::new("Flame chart".to_owned()),
            picture: StoredValue::new_local(Picture::default()),
            redraw: StoredValue::new_local(None),
        };
        state.redraw.set_value(Some(Redraw::new(move || state.draw())));
        state
    }

    fn is_timed(self) -> bool {
        self.order.get() == FlameOrder::Time
    }

    /// The room above the frames: for the axis, where there is one.
    pub(super) fn top_px(self) -> f64 {
        if self.is_timed() { AXIS_PX } else { 0.0 }
    }

    pub(super) fn pointer_fraction(self) -> f64 {
        self.picture.with_value(|picture| picture.pointer_fraction).unwrap_or(0.5)
    }

    pub(super) fn keep_asking(self) {
        self.session.keep_asking(250.0, move || self.query(), move |_, answer| self.take(answer));
    }

    fn query(self) -> Option<Query> {
        let (width, _) = self.stage.size.get();
        let range = self.session.query_range();
        let filter = self.session.filter.get();
        let order = self.order.get();
        self.session.progress.track();
        if width < 1.0 {
            return None;
        }
        if order != FlameOrder::Time {
            self.crumbs.track();
            return Some(Query::Flame { range, filter, order, min_width: self.least_width(width) });
        }
        self.session.view.track();
        let viewport = self.session.viewport_untracked();
        let buffered = self.picture.with_value(|picture| picture.buffered);
        let buffered = Buffered::covering(viewport, width, buffered);
        self.picture.update_value(|picture| picture.buffered = Some(buffered));
        let start = buffered.range.start.max(range.start);
        let range = TimeRange { start, end: buffered.range.end.min(range.end).max(start) };
        Some(Query::Flame { range, filter, order, min_width: buffered.resolution.0 })
    }

    /// What is narrower than half a pixel need not be sent.
    fn least_width(self, width_px: f64) -> u64 {
        let (_, span) = self.picture.with_value(|picture| untrack(|| self.shown(picture)));
        ((span / width_px / 2.0) as u64).max(1)
    }

    /// The left edge and the width of what is shown, in the answer's unit.
    fn shown(self, picture: &Picture) -> (f64, f64) {
        let Some(answer) = &picture.answer else { return (0.0, 1.0) };
        if answer.order == FlameOrder::Time {
            let viewport = self.session.viewport_untracked();
            return (viewport.start_nanos - answer.range.start.0 as f64, viewport.span_nanos);
        }
        let zoomed = self.crumbs.with(|crumbs| match crumbs.last() {
            Some(Crumb::Frame(path)) => find(&answer.frames, path),
            _ => None,
        });
        match zoomed.and_then(|index| answer.frames.get(index)) {
            Some(frame) => (frame.x as f64, frame.width.max(1) as f64),
            None => (0.0, answer.total.max(1) as f64),
        }
    }

    fn take(self, answer: Result<Answer, String>) {
        match answer {
            Ok(Answer::Flame(answer)) if answer.order == self.order.get_untracked() => {
                let layout = layout(&answer);
                self.rows.set(layout.rows);
                self.frames.set(answer.frames.len());
                self.omitted.set(answer.omitted);
                self.description.set(describe(&answer));
                self.problem.set(None);
                self.is_loaded.set(true);
                self.picture.update_value(|picture| {
                    picture.layout = layout;
                    picture.answer = Some(answer);
                    picture.hover = None;
                });
                self.redraw();
            }
            Ok(_) => {}
            Err(reason) => self.problem.set(Some(reason)),
        }
    }

    fn redraw(self) {
        self.redraw.try_with_value(|redraw| redraw.as_ref().map(Redraw::request));
    }

    pub(super) fn redraw_when_changed(self) {
        Effect::new(move |_| {
            self.session.view.track();
            self.session.app.theme.palette.track();
            self.stage.size.track();
            self.stage.scroll.track();
            self.crumbs.track();
            self.order.track();
            self.redraw();
        });
    }

    fn with_chart<T>(self, picture: &Picture, use_chart: impl FnOnce(&Chart<'_>) -> T) -> Option<T> {
        let answer = picture.answer.as_ref()?;
        let (width_px, height_px) = self.stage.size.get_untracked();
        let (left, span) = untrack(|| self.shown(picture));
        Some(use_chart(&Chart {
            answer,
            layout: &picture.layout,
            left,
            span,
            top_px: untrack(|| self.top_px()),
            scroll_px: self.stage.scroll.get_untracked(),
            width_px,
            height_px,
            dpr: device_pixel_ratio(),
            hover: picture.hover,
        }))
    }

    fn draw(self) {
        self.picture.try_update_value(|picture| {
            let mut raster = std::mem::take(&mut picture.raster);
            let palette = self.session.app.theme.palette.get_untracked();
            let shapes = self.with_chart(picture, |chart| {
                chart.paint(&mut raster, &palette);
                chart.shapes(&palette)
            });
            let mut shapes = shapes.unwrap_or_default();
            if self.order.get_untracked() == FlameOrder::Time {
                self.axis(&mut shapes);
            }
            self.stage.put(&raster, &shapes, &palette);
            picture.raster = raster;
        });
    }

    fn axis(self, shapes: &mut Vec<Shape>) {
        let (width_px, _) = self.stage.size.get_untracked();
        let scale = TimeScale { viewport: self.session.viewport_untracked(), left_px: 0.0, width_px };
        axis_shapes(&scale, width_px, shapes);
    }

    pub(super) fn set_order(self, order: FlameOrder) {
        self.picture.update_value(|picture| {
            picture.answer = None;
            picture.layout = FlameBoxes::default();
            picture.hover = None;
        });
        self.tip.set(None);
        self.is_loaded.set(false);
        self.crumbs.set(Vec::new());
        self.order.set(order);
    }

    /// Keeps the first `steps` steps of the zoom.
    pub(super) fn zoom_out_to(self, steps: usize) {
        let left = self.crumbs.with_untracked(|crumbs| crumbs.get(steps).cloned());
        if let Some(Crumb::Moment { before, .. }) = left {
            self.session.view.set(before);
        }
        self.crumbs.update(|crumbs| crumbs.truncate(steps));
    }

    pub(super) fn zoom_out(self) {
        let steps = self.crumbs.with_untracked(Vec::len);
        self.zoom_out_to(steps.saturating_sub(1));
    }

    /// Zooms into the widest frame below the one that is zoomed into: the way down by keys.
    pub(super) fn zoom_into_widest(self) {
        let next = self.picture.with_value(|picture| {
            let answer = picture.answer.as_ref()?;
            let parent = self.crumbs.with_untracked(|crumbs| match crumbs.last() {
                Some(Crumb::Frame(path)) => find(&answer.frames, path).map(|index| index as u32),
                _ => None,
            });
            let children = answer.frames.iter().enumerate().filter(|(_, frame)| frame.parent == parent);
            children.max_by_key(|(_, frame)| frame.width).map(|(index, _)| path_of(&answer.frames, index))
        });
        if let Some(path) = next {
            self.crumbs.update(|crumbs| crumbs.push(Crumb::Frame(path)));
        }
    }

    pub(super) fn press(self, event: &web_sys::PointerEvent) {
        capture_pointer(event);
        let at = pointer_position(event);
        self.picture.update_value(|picture| {
            picture.pressed = Some(at);
            picture.was_dragged = false;
        });
    }

    pub(super) fn point(self, event: &web_sys::PointerEvent) {
        let (x, y) = pointer_position(event);
        let width = self.stage.size.get_untracked().0.max(1.0);
        let pressed = self.picture.with_value(|picture| picture.pressed);
        self.picture.update_value(|picture| picture.pointer_fraction = Some((x / width).clamp(0.0, 1.0)));
        match pressed {
            Some((from_x, _)) if self.order.get_untracked() == FlameOrder::Time => {
                let is_dragged = self.picture.with_value(|picture| picture.was_dragged);
                if is_dragged || (x - from_x).abs() > 4.0 {
                    self.session.pan((from_x - x) / width);
                    self.picture.update_value(|picture| {
                        picture.was_dragged = true;
                        picture.pressed = Some((x, y));
                    });
                }
            }
            _ => self.hover(x, y),
        }
    }

    pub(super) fn release(self, event: &web_sys::PointerEvent) {
        let (x, y) = pointer_position(event);
        let was_click = self.picture.try_update_value(|picture| {
            picture.pressed.take().is_some() && !std::mem::take(&mut picture.was_dragged)
        });
        if was_click == Some(true) {
            self.click(x, y);
        }
    }

    pub(super) fn leave(self) {
        self.picture.update_value(|picture| {
            picture.hover = None;
            picture.pointer_fraction = None;
        });
        self.tip.set(None);
        self.redraw();
    }

    /// The frame under a point.
    fn frame_at(self, picture: &Picture, x: f64, y: f64) -> Option<usize> {
        let placed = self.with_chart(picture, |chart| chart.hit(x, y)).flatten()?;
        picture.layout.boxes.get(placed).map(|placed| placed.frame)
    }

    fn click(self, x: f64, y: f64) {
        let zoom = self.picture.with_value(|picture| {
            let frame = self.frame_at(picture, x, y)?;
            let answer = picture.answer.as_ref()?;
            let found = answer.frames.get(frame)?;
            Some(if answer.order == FlameOrder::Time {
                let start = answer.range.start + Nanos(found.x);
                let before = self.session.view.get_untracked();
                let range = TimeRange { start, end: start + Nanos(found.width.max(1)) };
                (Crumb::Moment { label: found.label.clone(), before }, Some(range))
            } else {
                (Crumb::Frame(path_of(&answer.frames, frame)), None)
            })
        });
        let Some((crumb, range)) = zoom else { return };
        self.tip.set(None);
        if self.crumbs.with_untracked(|crumbs| crumbs.last() == Some(&crumb)) {
            return self.zoom_out();
        }
        self.crumbs.update(|crumbs| match &crumb {
            // The crumbs of a merged frame are its ancestors: clicking one further up leaves the rest.
            Crumb::Frame(path) => {
                *crumbs = (1..=path.len()).map(|depth| Crumb::Frame(path[..depth].to_vec())).collect();
            }
            Crumb::Moment { .. } => crumbs.push(crumb),
        });
        if let Some(range) = range {
            self.session.fit(range);
        }
    }

    fn hover(self, x: f64, y: f64) {
        let found = self.picture.with_value(|picture| {
            let placed = self.with_chart(picture, |chart| chart.hit(x, y)).flatten()?;
            Some((placed, self.tip_of(picture, placed, x, y)?))
        });
        let (hover, tip) = found.unzip();
        if self.picture.with_value(|picture| picture.hover) != hover {
            self.picture.update_value(|picture| picture.hover = hover);
            self.redraw();
        }
        if self.tip.get_untracked() != tip {
            self.tip.set(tip);
        }
    }

    fn tip_of(self, picture: &Picture, placed: usize, x: f64, y: f64) -> Option<Tip> {
        let answer = picture.answer.as_ref()?;
        let frame = answer.frames.get(picture.layout.boxes.get(placed)?.frame)?;
        let share = 100.0 * frame.width as f64 / answer.total.max(1) as f64;
        let share = match answer.order {
            FlameOrder::WidestByTime => format!(" ({share:.1} % of the time)"),
            FlameOrder::WidestByCalls => format!(" ({share:.1} % of the calls)"),
            FlameOrder::Time => {
                format!(" from {} s", text::moment(TraceTime(answer.range.start.0 + frame.x)))
            }
        };
        let errors = match frame.errors {
            0 => String::new(),
            errors => format!(", {} failed", text::count(errors)),
        };
        let calls = text::counted(frame.calls, "call", "calls");
        let head = format!("{} in {calls}{share}{errors}", text::span(frame.time));
        Some(Tip { x, y, head, text: text::shortened(&frame.label, 400), event: None })
    }

    pub(super) fn wheel(self, event: &web_sys::WheelEvent) {
        let is_timed = self.order.get_untracked() == FlameOrder::Time;
        match wheel_gesture(event) {
            WheelGesture::Zoom(factor) if is_timed => self.session.zoom(factor, self.pointer_fraction()),
            WheelGesture::Pan(px) if is_timed => {
                self.session.pan(px / self.stage.size.get_untracked().0.max(1.0));
            }
            // The browser's own zoom would be a surprise over a chart that zooms by clicks.
            WheelGesture::Zoom(_) => {}
            WheelGesture::Pan(_) | WheelGesture::Scroll => return,
        }
        event.prevent_default();
    }
}

/// The chart in words: the widest processes and calls.
fn describe(answer: &FlameAnswer) -> String {
    let mut calls: Vec<_> = answer.frames.iter().filter(|frame| frame.depth == 3).collect();
    calls.sort_by_key(|frame| std::cmp::Reverse(frame.width));
    let widest: Vec<String> =
        calls.iter().take(3).map(|frame| format!("{} {}", frame.label, text::span(frame.time))).collect();
    format!(
        "Flame chart of {}. Most time: {}. W zooms into the widest frame, S out.",
        text::counted(answer.frames.len() as u64, "frame", "frames"),
        widest.join(", ")
    )
}
