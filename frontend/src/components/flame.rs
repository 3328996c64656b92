//! The flame chart: where the time in calls went.

mod chart;

use leptos::prelude::*;
use syscope_shared::query::{Filter, FlameOrder, FrameKind};

use super::panel::{Loading, Nothing, Problem};
use super::session::{press_of, use_session};
use super::tooltip::Tooltip;
use crate::interaction::keys::{self, Action};
use crate::scene::flame::ROW_PX;
use crate::state::address::Tab;
use crate::view_model::flame::FramePath;
use crate::view_model::text;
use chart::{Crumb, FlameState};

const ORDERS: [(FlameOrder, &str, &str); 3] = [
    (FlameOrder::WidestByTime, "duration", "Widest by time"),
    (FlameOrder::WidestByCalls, "calls", "Widest by calls"),
    (FlameOrder::Time, "time", "In time order"),
];

#[component]
pub(crate) fn Flame() -> impl IntoView {
    let session = use_session();
    let state = FlameState::new(session);
    state.keep_asking();
    state.redraw_when_changed();
    listen_to_keys(state);
    view! {
        <Toolbar state=state/>
        <div class="stage-frame">
            <div class="stage" node_ref=state.stage.scroller on:scroll=move |_| state.stage.on_scroll()>
                <div
                    class="stage-content"
                    style:height=move || format!("{}px", state.rows.get() as f64 * ROW_PX + state.top_px() + 6.0)
                >
                    <div class="stage-pin" style:height=move || format!("{}px", state.stage.size.get().1)>
                        <canvas class="stage-canvas" node_ref=state.stage.base aria-hidden="true"></canvas>
                        <canvas
                            class="stage-canvas flame-canvas"
                            node_ref=state.stage.overlay
                            data-testid="flame-canvas"
                            data-frames=move || state.frames.get().to_string()
                            tabindex="0"
                            role="img"
                            aria-label=move || state.description.get()
                            on:pointerdown=move |event| state.press(&event)
                            on:pointermove=move |event| state.point(&event)
                            on:pointerup=move |event| state.release(&event)
                            on:pointerleave=move |_| state.leave()
                            on:wheel=move |event| state.wheel(&event)
                        ></canvas>
                    </div>
                </div>
            </div>
            <Tooltip tip=state.tip bounds=state.stage.size/>
            <div class="stage-overlay">
                {move || match (state.problem.get(), state.is_loaded.get(), state.frames.get()) {
                    (Some(reason), _, _) => Some(view! { <Problem reason=reason/> }.into_any()),
                    (None, false, _) => Some(view! { <Loading/> }.into_any()),
                    (None, true, 0) => Some(view! { <Nothing what="calls"/> }.into_any()),
                    (None, true, _) => None,
                }}
            </div>
        </div>
    }
}

#[component]
fn Toolbar(state: FlameState) -> impl IntoView {
    view! {
        <div class="panel-bar">
            <div class="chips" role="group" aria-label="Order">
                {ORDERS.map(|(order, word, title)| view! {
                    <button
                        class="chip"
                        data-testid=format!("flame-order-{word}")
                        aria-pressed=move || (state.order.get() == order).to_string()
                        on:click=move |_| state.set_order(order)
                    >
                        {title}
                    </button>
                }).collect_view()}
            </div>
            <Crumbs state=state/>
            <span class="panel-bar-space"></span>
            {move || {
                let omitted = state.omitted.get();
                (omitted > 0).then(|| view! {
                    <span class="panel-fact">
                        {format!("{} too narrow to show: zoom in", text::counted(omitted, "frame", "frames"))}
                    </span>
                })
            }}
        </div>
    }
}

/// The way from everything to what is zoomed into.
#[component]
fn Crumbs(state: FlameState) -> impl IntoView {
    move || {
        let crumbs = state.crumbs.get();
        if crumbs.is_empty() {
            return None;
        }
        let last_path = match crumbs.last() {
            Some(Crumb::Frame(path)) => Some(path.clone()),
            _ => None,
        };
        let count = crumbs.len();
        Some(view! {
            <nav class="crumbs" aria-label="Zoom">
                <button class="crumb" data-testid="flame-crumb" on:click=move |_| state.zoom_out_to(0)>"All"</button>
                {crumbs.into_iter().enumerate().map(|(index, crumb)| view! {
                    <span class="token-separator">"›"</span>
                    <button
                        class="crumb mono"
                        data-testid="flame-crumb"
                        disabled={index + 1 == count}
                        on:click=move |_| state.zoom_out_to(index + 1)
                    >
                        {text::shortened(&crumb.label(), 48)}
                    </button>
                }).collect_view()}
                {last_path.map(|path| view! {
                    <button class="button small" on:click=move |_| show_events(state, &path)>"Show the events"</button>
                })}
            </nav>
        })
    }
}

/// Opens the events of a frame: the filter says what the frame stands for.
fn show_events(state: FlameState, path: &FramePath) {
    let mut filter =
        Filter { failed_only: state.session.filter.with_untracked(|f| f.failed_only), ..Filter::default() };
    for (kind, label) in path {
        match kind {
            FrameKind::Process(uid) => filter.process = Some(*uid),
            FrameKind::Thread(uid) => filter.task = Some(*uid),
            FrameKind::Class(class) => filter.class = Some(*class),
            FrameKind::Syscall(syscall) => filter.syscall = Some(*syscall),
            FrameKind::Path => filter.text.clone_from(label),
        }
    }
    // What is narrower says the wider too.
    if filter.task.is_some() {
        filter.process = None;
    }
    if filter.syscall.is_some() {
        filter.class = None;
    }
    state.session.filter.set(filter);
    state.session.tab.set(Tab::Events);
}

fn listen_to_keys(state: FlameState) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let Some(action) = keys::action(&press_of(&event)) else { return };
        let is_timed = state.order.get_untracked() == FlameOrder::Time;
        match action {
            Action::ZoomIn if is_timed => state.session.zoom(0.7, state.pointer_fraction()),
            Action::ZoomOut if is_timed => state.session.zoom(1.0 / 0.7, state.pointer_fraction()),
            Action::PanLeft if is_timed => state.session.pan(-0.15),
            Action::PanRight if is_timed => state.session.pan(0.15),
            Action::ZoomIn => state.zoom_into_widest(),
            Action::ZoomOut => state.zoom_out(),
            Action::Fit => state.zoom_out_to(0),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}
