//! What the pointer does in the timeline: drag a range out, pan, select, fit, zoom.

use leptos::prelude::*;
use syscope_shared::query::{MarkKind, Slice};
use syscope_shared::units::{TimeRange, TraceTime};

use super::picture::{GUTTER_PX, TimelineState};
use crate::components::stage::{WheelGesture, capture_pointer, pointer_position, wheel_gesture};
use crate::components::tooltip::Tip;
use crate::scene::timeline::Hit;
use crate::view_model::text;

/// How far a press must move to be a drag, in CSS pixels.
const DRAG_PX: f64 = 4.0;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Drag {
    #[default]
    None,
    /// Pressed, not yet moved: a click if it is released here.
    Pressed {
        x: f64,
        y: f64,
        time: TraceTime,
    },
    /// A range, from where the pointer went down.
    Range {
        from: TraceTime,
    },
    Pan {
        last_x: f64,
    },
}

impl TimelineState {
    fn time_at(self, x: f64) -> TraceTime {
        self.picture.with_value(|picture| {
            self.with_scene(picture, |scene| {
                let x = x.clamp(scene.scale.left_px, scene.scale.right_px());
                scene.scale.time_from_px(x).min(scene.now)
            })
        })
    }

    pub(super) fn press(self, event: &web_sys::PointerEvent) {
        if event.button() > 1 {
            return;
        }
        capture_pointer(event);
        let (x, y) = pointer_position(event);
        let drag = if event.shift_key() || event.button() == 1 {
            self.is_panning.set(true);
            Drag::Pan { last_x: x }
        } else {
            Drag::Pressed { x, y, time: self.time_at(x) }
        };
        self.picture.update_value(|picture| picture.drag = drag);
    }

    pub(super) fn point(self, event: &web_sys::PointerEvent) {
        let (x, y) = pointer_position(event);
        let (width, _) = self.stage.size.get_untracked();
        let lanes_px = (width - GUTTER_PX).max(1.0);
        self.picture.update_value(|picture| {
            picture.pointer_fraction = Some(((x - GUTTER_PX) / lanes_px).clamp(0.0, 1.0));
        });
        match self.picture.with_value(|picture| picture.drag) {
            Drag::None => self.hover(x, y),
            Drag::Pressed { x: from_x, time, .. } if (x - from_x).abs() > DRAG_PX && from_x >= GUTTER_PX => {
                self.picture.update_value(|picture| picture.drag = Drag::Range { from: time });
                self.tip.set(None);
                self.dragged.set(Some(TimeRange::between(time, self.time_at(x))));
            }
            Drag::Pressed { .. } => {}
            Drag::Range { from } => self.dragged.set(Some(TimeRange::between(from, self.time_at(x)))),
            Drag::Pan { last_x } => {
                self.session.pan((last_x - x) / lanes_px);
                self.picture.update_value(|picture| picture.drag = Drag::Pan { last_x: x });
            }
        }
    }

    pub(super) fn release(self, _event: &web_sys::PointerEvent) {
        let drag = self.picture.try_update_value(|picture| std::mem::take(&mut picture.drag));
        self.is_panning.set(false);
        match drag.unwrap_or_default() {
            Drag::Pressed { x, y, .. } => self.click(x, y),
            Drag::Range { .. } => {
                let dragged = self.dragged.get_untracked();
                self.dragged.set(None);
                if let Some(range) = dragged.filter(|range| range.span().0 > 0) {
                    self.session.select_range(range);
                }
            }
            Drag::None | Drag::Pan { .. } => {}
        }
    }

    pub(super) fn cancel(self) {
        self.picture.update_value(|picture| picture.drag = Drag::None);
        self.is_panning.set(false);
        self.dragged.set(None);
    }

    pub(super) fn leave(self) {
        self.picture.update_value(|picture| {
            picture.hover = None;
            picture.pointer_fraction = None;
        });
        self.tip.set(None);
        self.redraw();
    }

    fn hit(self, x: f64, y: f64) -> Hit {
        self.picture.with_value(|picture| self.with_scene(picture, |scene| scene.hit(x, y)))
    }

    fn click(self, x: f64, y: f64) {
        match self.hit(x, y) {
            Hit::Fold { row } => self.fold(row),
            Hit::Label { row } | Hit::Lane { row } => {
                self.cursor_row.set(Some(row));
                self.session.select(None);
            }
            Hit::Slice { row, slice } => {
                self.cursor_row.set(Some(row));
                self.session.select(slice.event);
            }
            Hit::Mark { row, mark } => {
                self.cursor_row.set(Some(row));
                self.session.select(mark.event);
            }
            Hit::Axis | Hit::Nothing => {}
        }
    }

    pub(super) fn fit_hovered(self) {
        let hover = self.picture.with_value(|picture| picture.hover);
        if let Some(Hit::Slice { slice, .. }) = hover {
            self.session.fit(TimeRange { start: slice.start, end: slice.end });
        }
    }

    pub(super) fn wheel(self, event: &web_sys::WheelEvent) {
        match wheel_gesture(event) {
            WheelGesture::Zoom(factor) => self.session.zoom(factor, self.pointer_fraction()),
            WheelGesture::Pan(px) => {
                let (width, _) = self.stage.size.get_untracked();
                self.session.pan(px / (width - GUTTER_PX).max(1.0));
            }
            WheelGesture::Scroll => return,
        }
        event.prevent_default();
    }

    fn hover(self, x: f64, y: f64) {
        let hit = self.hit(x, y);
        let was = self.picture.with_value(|picture| picture.hover);
        if was != Some(hit) {
            self.picture.update_value(|picture| picture.hover = Some(hit));
            self.redraw();
        }
        let known = self.tip.get_untracked();
        let tip = self.tip_of(hit, x, y, known.as_ref());
        if let Some(id) = tip.as_ref().and_then(|tip| tip.event.filter(|_| tip.text.is_empty())) {
            self.ask_tip(id);
        }
        if tip != known {
            self.tip.set(tip);
        }
    }

    /// The tooltip for what is under the pointer; the words that were asked for before stay.
    fn tip_of(self, hit: Hit, x: f64, y: f64, known: Option<&Tip>) -> Option<Tip> {
        let words =
            |event| known.filter(|tip| tip.event == event).map(|tip| tip.text.clone()).unwrap_or_default();
        match hit {
            Hit::Slice { slice, .. } => {
                let head = slice_words(&slice, self.session.now_untracked());
                Some(Tip { x, y, head, text: words(slice.event), event: slice.event })
            }
            Hit::Mark { mark, .. } => {
                let head = format!("{} at {} s", mark_words(mark.kind), text::moment(mark.time));
                Some(Tip { x, y, head, text: words(mark.event), event: mark.event })
            }
            Hit::Label { row } => self.rows.with_untracked(|rows| {
                let row = rows.get(row).filter(|row| !row.command.is_empty())?;
                Some(Tip {
                    x,
                    y,
                    head: format!("{} {}", row.name, row.tid),
                    text: row.command.clone(),
                    event: None,
                })
            }),
            Hit::Fold { .. } | Hit::Lane { .. } | Hit::Axis | Hit::Nothing => None,
        }
    }
}

fn slice_words(slice: &Slice, now: TraceTime) -> String {
    let name = slice.syscall.name();
    let errors = match slice.errors {
        0 => String::new(),
        errors if slice.calls > 1 => format!(", {errors} failed"),
        _ => ", failed".to_owned(),
    };
    if slice.calls > 1 {
        let calls = text::count(slice.calls.into());
        return format!("{calls} calls, longest {name} {}{errors}", text::span(slice.longest));
    }
    match (slice.is_unfinished, slice.event) {
        (true, None) => format!("{name}, in flight for {}", text::span(now.since(slice.start))),
        (true, Some(_)) => format!("{name}, never returned"),
        (false, _) => {
            format!("{name}, {} at {} s{errors}", text::span(slice.longest), text::moment(slice.start))
        }
    }
}

fn mark_words(kind: MarkKind) -> String {
    match kind {
        MarkKind::Started => "Started".to_owned(),
        MarkKind::Executed => "Executed a program".to_owned(),
        MarkKind::Signal(signal) => format!("{signal} delivered"),
        MarkKind::Stopped(signal) => format!("Stopped by {signal}"),
        MarkKind::Ended(end) => format!("Ended: {}", text::end(end)),
    }
}
