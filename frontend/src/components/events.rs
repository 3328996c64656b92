//! The events as strace's text: a list of any length, of which the rows around what can be seen are in the document.

use leptos::prelude::*;
use syscope_shared::query::{Answer, EventRow, EventsAnswer, Query, RowKind};

use super::panel::{Loading, Nothing, Problem};
use super::session::use_session;
use super::virtual_list::VirtualList;
use crate::state::session::Session;
use crate::view_model::text;
use crate::view_model::window::RowWindow;

const ROW_PX: f64 = 22.0;

/// Rows asked for beyond those in the document, on each side.
const SPARE_ROWS: u64 = 100;

#[derive(Clone, Copy)]
struct EventsState {
    session: Session,
    answer: RwSignal<EventsAnswer>,
    is_loaded: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
    list: VirtualList,
    /// Keeps the newest events in sight while the trace grows.
    follows_end: RwSignal<bool>,
}

impl EventsState {
    fn new(session: Session) -> Self {
        let answer = RwSignal::new(EventsAnswer { total: 0, offset: 0, rows: Vec::new() });
        let total = Memo::new(move |_| answer.with(|answer| answer.total));
        Self {
            session,
            answer,
            is_loaded: RwSignal::new(false),
            problem: RwSignal::new(None),
            list: VirtualList::new(ROW_PX, total),
            follows_end: RwSignal::new(false),
        }
    }

    fn keep_asking(self) {
        let session = self.session;
        let asked = StoredValue::new((0_u64, 0_u32));
        let query = move || {
            let window = self.list.window();
            let (offset, limit) = asked.get_value();
            let is_covered = window.first >= offset
                && window.first + window.count <= offset + u64::from(limit)
                && limit > 0;
            if !is_covered {
                let offset = window.first.saturating_sub(SPARE_ROWS);
                asked.set_value((offset, (window.count + 2 * SPARE_ROWS) as u32));
            }
            let (offset, limit) = asked.get_value();
            let (range, filter) = (session.query_range(), session.filter.get());
            Some(Query::Events { range, filter, offset, limit })
        };
        session.keep_asking(200.0, query, move |_, answer| self.take(answer));
    }

    fn take(self, answer: Result<Answer, String>) {
        match answer {
            Ok(Answer::Events(answer)) => {
                let follows = self.follows_end.get_untracked() && self.session.is_moving_untracked();
                self.is_loaded.set(true);
                self.problem.set(None);
                if self.answer.with_untracked(|known| *known != answer) {
                    self.answer.set(answer);
                }
                if follows {
                    request_animation_frame(move || self.list.scroll_to_end());
                }
            }
            Ok(_) => {}
            Err(reason) => self.problem.set(Some(reason)),
        }
    }

    /// The rows in the document: those that are known of the window.
    fn rows(self, window: RowWindow) -> Vec<EventRow> {
        self.answer.with(|answer| {
            let skip = window.first.saturating_sub(answer.offset) as usize;
            let missing = answer.offset.saturating_sub(window.first);
            let take = window.count.saturating_sub(missing) as usize;
            answer.rows.iter().skip(skip).take(take).cloned().collect()
        })
    }

    /// Where the first known row of the window stands.
    fn top_px(self, window: RowWindow) -> f64 {
        let offset = self.answer.with(|answer| answer.offset);
        window.top_px + offset.saturating_sub(window.first) as f64 * ROW_PX
    }

    /// Selects the event before or after the selected one.
    fn step(self, by: i64) {
        let selected = self.session.event.get_untracked();
        let next = self.answer.with_untracked(|answer| {
            let at = answer.rows.iter().position(|row| Some(row.id) == selected);
            let index = match at {
                Some(at) => (at as i64 + by).max(0) as usize,
                None => {
                    let first = untrack(|| self.list.window().first) + 8;
                    first.saturating_sub(answer.offset) as usize
                }
            };
            answer.rows.get(index).map(|row| (row.id, answer.offset + index as u64))
        });
        if let Some((id, row)) = next {
            self.session.select(Some(id));
            self.list.show_row(row);
        }
    }
}

#[component]
pub(crate) fn Events() -> impl IntoView {
    let session = use_session();
    let state = EventsState::new(session);
    state.keep_asking();
    let list = state.list;
    let total = Memo::new(move |_| state.answer.with(|answer| answer.total));
    let window = Memo::new(move |_| list.window());
    let rows = move || state.rows(window.get());
    let is_live = Memo::new(move |_| session.is_live());
    view! {
        <div class="panel-bar">
            <span class="panel-fact" data-testid="event-count" data-count=move || total.get().to_string()>
                {move || text::counted(total.get(), "event", "events")}
            </span>
            <span class="panel-bar-space"></span>
            {move || is_live.get().then(|| view! {
                <button
                    class="chip"
                    data-testid="events-follow"
                    aria-pressed=move || state.follows_end.get().to_string()
                    on:click=move |_| {
                        state.follows_end.update(|follows| *follows = !*follows);
                        list.scroll_to_end();
                    }
                >
                    "Follow the newest"
                </button>
            })}
        </div>
        <div class="grid events" role="grid" aria-label="Events" aria-rowcount=move || total.get().to_string()>
            <div class="grid-head event-columns" role="row">
                <span role="columnheader">"Time (s)"</span>
                <span role="columnheader">"Thread"</span>
                <span role="columnheader" class="number">"Took"</span>
                <span role="columnheader">"Call"</span>
            </div>
            <div
                class="grid-body"
                node_ref=list.node
                tabindex="0"
                on:scroll=move |_| {
                    list.on_scroll();
                    if state.follows_end.get_untracked() && !list.is_at_end() {
                        state.follows_end.set(false);
                    }
                }
                on:wheel=move |event| list.on_wheel(&event)
                on:keydown=move |event| {
                    let by = match event.code().as_str() {
                        "ArrowDown" => 1,
                        "ArrowUp" => -1,
                        _ => return,
                    };
                    event.prevent_default();
                    state.step(by);
                }
            >
                <div class="grid-content" style:height=move || format!("{}px", list.height_px())>
                    <div
                        class="grid-window"
                        style:transform=move || format!("translateY({}px)", state.top_px(window.get()))
                    >
                        <For each=rows key=|row| (row.id, row.duration) let:row>
                            <Row row=row/>
                        </For>
                    </div>
                </div>
            </div>
        </div>
        {move || match (state.problem.get(), state.is_loaded.get(), total.get()) {
            (Some(reason), _, _) => Some(view! { <Problem reason=reason/> }.into_any()),
            (None, false, _) => Some(view! { <Loading/> }.into_any()),
            (None, true, 0) => Some(view! { <Nothing what="events"/> }.into_any()),
            (None, true, _) => None,
        }}
    }
}

#[component]
fn Row(row: EventRow) -> impl IntoView {
    let session = use_session();
    let (id, task) = (row.id, row.task);
    let is_selected = move || session.event.get() == Some(id);
    let took = match (&row.kind, row.duration) {
        (_, Some(duration)) => text::span(duration),
        (RowKind::Syscall { .. }, None) => "…".to_owned(),
        (RowKind::Line(_), None) => String::new(),
    };
    view! {
        <div
            class="grid-row event-columns event-row"
            role="row"
            data-testid="event-row"
            data-event=id.0
            aria-selected=move || is_selected().to_string()
            on:click=move |_| session.select(Some(id))
        >
            <span role="gridcell" class="event-time mono">{text::moment(row.start)}</span>
            <span role="gridcell" class="event-task mono">
                <button
                    class="link"
                    title=move || format!("Only {}", session.task_name(task))
                    on:click=move |event| {
                        event.stop_propagation();
                        session.filter_by(|filter| filter.task = Some(task));
                    }
                >
                    {row.tid.0}
                </button>
            </span>
            <span role="gridcell" class="event-took mono number">{took}</span>
            <span role="gridcell" class="event-text mono"><Words kind=row.kind/></span>
        </div>
    }
}

/// strace's line, with the name and the result to be told apart.
#[component]
pub(crate) fn Words(kind: RowKind) -> impl IntoView {
    match kind {
        RowKind::Line(line) => view! { <span class="event-line">{line}</span> }.into_any(),
        RowKind::Syscall { name, class, args, result, is_error, .. } => {
            let result_class = if is_error { "event-result errors" } else { "event-result" };
            view! {
                <span class=format!("swatch swatch-{}", class.name())></span>
                <span class="event-name">{name}</span>
                {if result.is_empty() {
                    view! { <span class="event-args">{format!("({args}")}</span> }.into_any()
                } else {
                    view! {
                        <span class="event-args">{format!("({args})")}</span>
                        <span class=result_class>{format!(" = {result}")}</span>
                    }.into_any()
                }}
            }
            .into_any()
        }
    }
}
