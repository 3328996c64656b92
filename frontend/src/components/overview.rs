//! The overview strip: the whole trace, with the visible part as a brush and the selected range.

use leptos::html;
use leptos::prelude::*;
use syscope_shared::query::{ActivityAnswer, Answer, Query};
use syscope_shared::units::{TimeRange, TraceTime};

use super::session::use_session;
use super::stage::{capture_pointer, observe_size, pointer_position};
use crate::components::redraw::Redraw;
use crate::paint::canvas::{device_pixel_ratio, draw, fitted};
use crate::scene::overview::{Grip, Strip};
use crate::state::session::Session;
use crate::state::viewport::{View, Viewport};
use crate::view_model::text;

/// The width of a bar.
const BAR_PX: f64 = 3.0;

#[derive(Clone, Copy, Debug)]
enum Drag {
    /// An edge of the brush: the other edge stays.
    Edge { fixed_nanos: f64 },
    /// The brush as a whole, taken `offset_nanos` from its start.
    Move { offset_nanos: f64 },
    /// A new brush, from where the pointer went down.
    New { from_nanos: f64 },
}

#[derive(Clone, Copy)]
struct OverviewState {
    session: Session,
    size: RwSignal<(f64, f64)>,
    activity: StoredValue<Option<ActivityAnswer>>,
    drag: StoredValue<Option<Drag>>,
}

impl OverviewState {
    fn strip<T>(self, use_strip: impl FnOnce(&Strip<'_>) -> T) -> T {
        let (width_px, height_px) = self.size.get_untracked();
        self.activity.with_value(|activity| {
            use_strip(&Strip {
                activity: activity.as_ref(),
                width_px,
                height_px,
                end: self.session.now_untracked(),
                viewport: self.session.viewport_untracked(),
                range: untrack(|| self.session.range()),
            })
        })
    }

    fn press(self, x: f64) {
        let (grip, nanos) = self.strip(|strip| (strip.grip(x), nanos_at(strip, x)));
        let viewport = self.session.viewport_untracked();
        self.drag.set_value(Some(match grip {
            Grip::Left => Drag::Edge { fixed_nanos: viewport.end_nanos() },
            Grip::Right => Drag::Edge { fixed_nanos: viewport.start_nanos },
            Grip::Middle if self.session.view.get_untracked() != View::Whole => {
                Drag::Move { offset_nanos: nanos - viewport.start_nanos }
            }
            Grip::Middle | Grip::Outside => Drag::New { from_nanos: nanos },
        }));
    }

    fn drag_to(self, x: f64) {
        let Some(drag) = self.drag.get_value() else { return };
        let (nanos, px_nanos) = self.strip(|strip| (nanos_at(strip, x), strip.scale().nanos_per_px()));
        let between = |a: f64, b: f64| {
            Viewport::of(TimeRange::between(TraceTime(a.max(0.0) as u64), TraceTime(b.max(0.0) as u64)))
        };
        let viewport = match drag {
            Drag::Edge { fixed_nanos: other } => between(other, nanos),
            Drag::New { from_nanos: other } if (other - nanos).abs() > 3.0 * px_nanos => {
                between(other, nanos)
            }
            Drag::New { .. } => return,
            Drag::Move { offset_nanos } => {
                Viewport { start_nanos: nanos - offset_nanos, ..self.session.viewport_untracked() }
            }
        };
        self.session.view.set(View::Fixed(viewport));
    }
}

fn nanos_at(strip: &Strip<'_>, x: f64) -> f64 {
    let scale = strip.scale();
    scale.viewport.start_nanos + scale.fraction(x).clamp(0.0, 1.0) * scale.viewport.span_nanos
}

#[component]
pub(crate) fn Overview() -> impl IntoView {
    let session = use_session();
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let state = OverviewState {
        session,
        size: RwSignal::new((0.0, 0.0)),
        activity: StoredValue::new(None),
        drag: StoredValue::new(None),
    };
    observe_size(frame, state.size);
    let redraw = redraw_when_changed(state, canvas);
    session.keep_asking(
        200.0,
        move || {
            let buckets = (state.size.get().0 / BAR_PX) as u32;
            let end = session.shown_end();
            (buckets > 0 && end.0 > 0)
                .then_some(Query::Activity { range: TimeRange { start: TraceTime::START, end }, buckets })
        },
        move |_, answer| {
            if let Ok(Answer::Activity(answer)) = answer {
                state.activity.set_value(Some(answer));
                redraw.request();
            }
        },
    );
    let label = move || {
        let viewport = session.view.get().viewport(session.shown_end()).range();
        format!(
            "Overview of the trace, {} long. Visible: {} from {} s on.",
            text::span(session.shown_end().since(TraceTime::START)),
            text::span(viewport.span()),
            text::moment(viewport.start)
        )
    };
    view! {
        <div class="overview" node_ref=frame>
            <canvas
                node_ref=canvas
                data-testid="overview-canvas"
                role="img"
                aria-label=label
                on:pointerdown=move |event| {
                    capture_pointer(&event);
                    state.press(pointer_position(&event).0);
                }
                on:pointermove=move |event| state.drag_to(pointer_position(&event).0)
                on:pointerup=move |_| state.drag.set_value(None)
                on:pointercancel=move |_| state.drag.set_value(None)
                on:dblclick=move |_| session.view.set(View::Whole)
            ></canvas>
        </div>
    }
}

fn redraw_when_changed(state: OverviewState, canvas: NodeRef<html::Canvas>) -> Redraw {
    let session = state.session;
    let redraw = Redraw::new(move || {
        let Some(canvas) = canvas.try_get_untracked().flatten() else { return };
        let (width, height) = state.size.get_untracked();
        let dpr = device_pixel_ratio();
        let Some(context) = fitted(&canvas, width, height, dpr) else { return };
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is for one lifetime of the strip, the closure for any"
        )]
        let shapes = state.strip(|strip| strip.shapes());
        session.app.theme.palette.with_untracked(|palette| draw(&context, &shapes, palette, dpr));
    });
    let requested = redraw.clone();
    Effect::new(move |_| {
        session.view.track();
        session.progress.track();
        session.ranges.track();
        session.frozen.track();
        session.app.theme.palette.track();
        state.size.track();
        requested.request();
    });
    redraw
}
