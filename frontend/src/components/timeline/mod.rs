//! The timeline: a lane per thread. What is drawn is `scene::timeline`'s; this asks for it, and turns gestures into views.

mod legend;
mod picture;
mod pointer;

use leptos::prelude::*;
use syscope_shared::query::Query;

use super::panel::{Loading, Nothing, Problem};
use super::session::{press_of, use_session};
use super::tooltip::Tooltip;
use crate::interaction::keys::{self, Action};
use crate::scene::timeline::{AXIS_PX, ROW_PX};
use crate::state::viewport::View;
use crate::view_model::text;
use legend::Legend;
use picture::TimelineState;

#[component]
pub(crate) fn Timeline() -> impl IntoView {
    let session = use_session();
    let state = TimelineState::new(session);
    state.keep_asking_for_lanes();
    state.redraw_when_changed();
    state.drop_tip_when_moved();
    listen_to_keys(state);
    let lanes = Memo::new(move |_| state.rows.with(Vec::len));
    let content_px = move || AXIS_PX + lanes.get() as f64 * ROW_PX + 6.0;
    view! {
        <Toolbar state=state/>
        <div class="stage-frame">
            <div
                class="stage"
                node_ref=state.stage.scroller
                on:scroll=move |_| state.stage.on_scroll()
            >
                <div class="stage-content" style:height=move || format!("{}px", content_px())>
                    <div class="stage-pin" style:height=move || format!("{}px", state.stage.size.get().1)>
                        <canvas class="stage-canvas" node_ref=state.stage.base></canvas>
                        <canvas
                            class="stage-canvas timeline-canvas"
                            class:is-panning=move || state.is_panning.get()
                            node_ref=state.stage.overlay
                            data-testid="timeline-canvas"
                            data-lanes=move || lanes.get().to_string()
                            tabindex="0"
                            role="img"
                            aria-label=move || describe(state)
                            on:pointerdown=move |event| state.press(&event)
                            on:pointermove=move |event| state.point(&event)
                            on:pointerup=move |event| state.release(&event)
                            on:pointercancel=move |_| state.cancel()
                            on:pointerleave=move |_| state.leave()
                            on:dblclick=move |_| state.fit_hovered()
                            on:wheel=move |event| state.wheel(&event)
                        ></canvas>
                    </div>
                </div>
            </div>
            <Tooltip tip=state.tip bounds=state.stage.size/>
            <div class="stage-overlay">
                {move || match (state.problem.get(), state.is_loaded.get(), lanes.get()) {
                    (Some(reason), _, _) => Some(view! { <Problem reason=reason/> }.into_any()),
                    (None, false, _) => Some(view! { <Loading/> }.into_any()),
                    (None, true, 0) => Some(view! { <Nothing what="threads"/> }.into_any()),
                    (None, true, _) => None,
                }}
            </div>
        </div>
        <Legend/>
    }
}

/// The picture in words, for those who do not see it.
fn describe(state: TimelineState) -> String {
    let session = state.session;
    let visible = session.view.get().viewport(session.shown_end()).range();
    let cursor = state.cursor_row.get().and_then(|row| {
        state.rows.with(|rows| rows.get(row).map(|row| format!(" Lane {} {}.", row.name, row.tid)))
    });
    let selected = session.detail.with(|detail| {
        detail.as_ref().map(|detail| format!(" Selected: {}.", text::strace_line(&detail.row)))
    });
    format!(
        "Timeline of {}, {} visible from {} s on.{}{} Arrow keys choose a lane, full stop and comma a call.",
        text::counted(state.rows.with(Vec::len) as u64, "thread", "threads"),
        text::span(visible.span()),
        text::moment(visible.start),
        cursor.unwrap_or_default(),
        selected.unwrap_or_default()
    )
}

#[component]
fn Toolbar(state: TimelineState) -> impl IntoView {
    let session = state.session;
    let is_live = Memo::new(move |_| session.is_live());
    let is_following = Memo::new(move |_| matches!(session.view.get(), View::Follow { .. }));
    let shows_whole = Memo::new(move |_| session.view.get() == View::Whole);
    view! {
        <div class="panel-bar">
            <span class="panel-fact">
                {move || {
                    let visible = session.view.get().viewport(session.shown_end()).range();
                    format!("{} visible", text::span(visible.span()))
                }}
            </span>
            <span class="panel-bar-space"></span>
            {move || is_live.get().then(|| view! {
                <button
                    class="chip"
                    data-testid="follow-button"
                    title="Show the newest ten seconds, and go with them"
                    aria-pressed=move || is_following.get().to_string()
                    on:click=move |_| session.follow()
                >
                    "Follow"
                </button>
            })}
            <button
                class="chip"
                data-testid="fit-button"
                aria-pressed=move || shows_whole.get().to_string()
                on:click=move |_| session.view.set(View::Whole)
            >
                "Whole trace"
            </button>
        </div>
    }
}

fn listen_to_keys(state: TimelineState) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let Some(action) = keys::action(&press_of(&event)) else { return };
        let session = state.session;
        match action {
            Action::ZoomIn => session.zoom(0.7, state.pointer_fraction()),
            Action::ZoomOut => session.zoom(1.0 / 0.7, state.pointer_fraction()),
            Action::PanLeft => session.pan(-0.15),
            Action::PanRight => session.pan(0.15),
            Action::LaneUp => state.move_cursor(-1),
            Action::LaneDown => state.move_cursor(1),
            Action::Fold => state.fold_cursor(),
            Action::NextSlice => state.step(1),
            Action::PreviousSlice => state.step(-1),
            Action::Fit => session.fit_next(),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

/// What a timeline asks for.
fn lanes_query(
    buffered: crate::view_model::buffer::Buffered,
    tasks: Option<Vec<syscope_shared::ids::TaskUid>>,
) -> Query {
    Query::Timeline { range: buffered.range, resolution: buffered.resolution, tasks }
}
