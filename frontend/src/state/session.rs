//! One open session: what the server says of it, and what the person chose to see of it.
//!
//! Signals hold the inputs (view, range, selection, filter, tab, how far the trace has come); everything else is derived. Events never
//! live here.

use std::collections::BTreeSet;

use leptos::prelude::*;
use syscope_shared::api::SessionInfo;
use syscope_shared::ids::{EventId, TaskUid};
use syscope_shared::query::{Answer, EventDetail, Filter, Query, TaskRow};
use syscope_shared::units::{Nanos, TimeRange, TraceTime};
use syscope_shared::wire;

use super::address::{Address, Tab};
use super::app::{App, Entry, fragment, write_fragment};
use super::viewport::{View, Viewport};
use crate::scene::timeline::Selected;
use crate::source::{Asker, Link, Source};

/// How far the trace has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) revision: u64,
    pub(crate) end: TraceTime,
    pub(crate) tasks: u32,
    pub(crate) output_bytes: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) app: App,
    pub(crate) id: StoredValue<String>,
    source: StoredValue<Source, LocalStorage>,
    pub(crate) link: RwSignal<Link>,
    pub(crate) info: RwSignal<Option<SessionInfo>>,
    pub(crate) progress: RwSignal<Progress>,
    /// The trace's clock less the page's, in nanoseconds: lets a live view move between updates.
    clock_offset_nanos: RwSignal<Option<f64>>,
    /// The moment that a live view was frozen at.
    pub(crate) frozen: RwSignal<Option<TraceTime>>,
    pub(crate) view: RwSignal<View>,
    /// The selected ranges, each within the one before: the last one counts, the others are the way back.
    pub(crate) ranges: RwSignal<Vec<TimeRange>>,
    pub(crate) event: RwSignal<Option<EventId>>,
    /// What the server says of the selected event.
    pub(crate) detail: RwSignal<Option<EventDetail>>,
    pub(crate) filter: RwSignal<Filter>,
    pub(crate) tab: RwSignal<Tab>,
    /// Every task, with its calls in the selected range.
    pub(crate) tasks: RwSignal<Vec<TaskRow>>,
    /// The processes whose threads the timeline folds away.
    pub(crate) folded: RwSignal<BTreeSet<TaskUid>>,
}

impl Session {
    /// Opens the session of `address`, as it says.
    pub(crate) fn open(app: App, id: String, address: &Address) -> Option<Self> {
        let rest = app.rest.get_untracked()?;
        let link = RwSignal::new(Link::Connecting);
        let info = RwSignal::new(None);
        let progress = RwSignal::new(Progress::default());
        let clock_offset_nanos = RwSignal::new(None);
        let on_update = move |update: wire::Update| take_update(&update, info, progress, clock_offset_nanos);
        let source = Source::open(rest, id.clone(), link, on_update);
        let session = Self {
            app,
            id: StoredValue::new(id),
            source: StoredValue::new_local(source),
            link,
            info,
            progress,
            clock_offset_nanos,
            frozen: RwSignal::new(None),
            view: RwSignal::new(View::Whole),
            ranges: RwSignal::new(Vec::new()),
            event: RwSignal::new(None),
            detail: RwSignal::new(None),
            filter: RwSignal::new(Filter::default()),
            tab: RwSignal::new(Tab::default()),
            tasks: RwSignal::new(Vec::new()),
            folded: RwSignal::new(BTreeSet::new()),
        };
        session.take_address(address);
        session.keep_address();
        session.keep_detail();
        session.keep_tasks();
        Some(session)
    }

    pub(crate) fn is_live(self) -> bool {
        self.info.with(|info| info.as_ref().is_some_and(|info| info.state.is_live()))
    }

    fn is_live_untracked(self) -> bool {
        self.info.with_untracked(|info| info.as_ref().is_some_and(|info| info.state.is_live()))
    }

    /// Whether time moves on in the picture, not only in the trace.
    pub(crate) fn is_moving_untracked(self) -> bool {
        self.is_live_untracked()
            && self.frozen.get_untracked().is_none()
            && self.link.get_untracked() == Link::Open
    }

    /// The newest moment to show: about now while the trace is live, its end afterwards.
    pub(crate) fn now_untracked(self) -> TraceTime {
        let end = self.progress.get_untracked().end;
        if let Some(frozen) = self.frozen.get_untracked() {
            return frozen;
        }
        match self.clock_offset_nanos.get_untracked() {
            Some(offset) if self.is_moving_untracked() => {
                TraceTime((page_nanos() + offset).max(0.0) as u64).max(end)
            }
            _ => end,
        }
    }

    /// The end of what is shown, as it was at the last update.
    pub(crate) fn shown_end(self) -> TraceTime {
        self.frozen.get().unwrap_or_else(|| self.progress.get().end)
    }

    pub(crate) fn viewport_untracked(self) -> Viewport {
        self.view.get_untracked().viewport(self.now_untracked())
    }

    /// The selected range, if there is one.
    pub(crate) fn range(self) -> Option<TimeRange> {
        self.ranges.with(|ranges| ranges.last().copied())
    }

    /// What every panel is about: the selected range, else all that is shown.
    pub(crate) fn query_range(self) -> TimeRange {
        match (self.range(), self.frozen.get()) {
            (Some(range), _) => range,
            (None, Some(end)) => TimeRange { start: TraceTime::START, end },
            (None, None) => TimeRange::ALL,
        }
    }

    /// Restricts every panel to `range`. A range within the current one keeps that as the way back.
    pub(crate) fn select_range(self, range: TimeRange) {
        self.ranges.update(|ranges| {
            while ranges.last().is_some_and(|last| range.start < last.start || range.end > last.end) {
                ranges.pop();
            }
            if ranges.last() != Some(&range) {
                ranges.push(range);
            }
        });
    }

    pub(crate) fn clear_range(self) {
        self.ranges.set(Vec::new());
    }

    /// Back to the range around the current one, else to no range. Whether there was one.
    pub(crate) fn leave_range(self) -> bool {
        let had_one = self.ranges.with_untracked(|ranges| !ranges.is_empty());
        if had_one {
            self.ranges.update(|ranges| ranges.truncate(ranges.len() - 1));
        }
        had_one
    }

    /// Selects an event; its details follow.
    pub(crate) fn select(self, event: Option<EventId>) {
        if self.event.get_untracked() != event {
            self.event.set(event);
        }
    }

    /// Where the selected event stands in the timeline.
    pub(crate) fn selected(self) -> Option<Selected> {
        self.detail.with(|detail| {
            detail.as_ref().map(|detail| Selected {
                task: detail.row.task,
                start: detail.row.start,
                end: end_of(detail),
            })
        })
    }

    pub(crate) fn toggle_frozen(self) {
        let frozen = match self.frozen.get_untracked() {
            Some(_) => None,
            None if self.is_live_untracked() => Some(self.now_untracked()),
            None => return,
        };
        self.frozen.set(frozen);
    }

    pub(crate) fn zoom(self, factor: f64, fraction: f64) {
        let now = self.now_untracked();
        let is_live = self.is_moving_untracked();
        self.view.update(|view| *view = view.zoomed(factor, fraction, now, is_live));
    }

    pub(crate) fn pan(self, fraction: f64) {
        let now = self.now_untracked();
        self.view.update(|view| *view = View::Fixed(view.viewport(now).panned(fraction, now)));
    }

    /// Shows `range` as wide as it goes.
    pub(crate) fn fit(self, range: TimeRange) {
        self.view.set(View::Fixed(Viewport::around(range)));
    }

    /// Moves the view only as far as needed to see `range`.
    pub(crate) fn show(self, range: TimeRange) {
        let viewport = self.viewport_untracked();
        let moved = viewport.showing(range);
        if moved != viewport {
            self.view.set(View::Fixed(moved));
        }
    }

    /// Shows the newest ten seconds of a live trace, and goes with them.
    pub(crate) fn follow(self) {
        self.frozen.set(None);
        self.view.set(View::Follow { span: Nanos(10_000_000_000) });
    }

    /// Fits the selected event, then the selected range, then the whole trace: each press a step further out.
    pub(crate) fn fit_next(self) {
        let event = self.detail.with_untracked(|detail| {
            detail.as_ref().map(|detail| TimeRange {
                start: detail.row.start,
                end: end_of(detail).unwrap_or_else(|| self.now_untracked()),
            })
        });
        let range = self.ranges.with_untracked(|ranges| ranges.last().copied());
        let is_shown = |range: TimeRange| self.view.get_untracked() == View::Fixed(Viewport::around(range));
        match (event, range) {
            (Some(event), _) if !is_shown(event) && !range.is_some_and(is_shown) => self.fit(event),
            (_, Some(range)) if !is_shown(range) => self.fit(range),
            _ => self.view.set(View::Whole),
        }
    }

    pub(crate) fn filter_by(self, change: impl FnOnce(&mut Filter)) {
        self.filter.update(change);
    }

    /// Asks `query` now, whenever what it reads changes, and (at most every `gap_ms` milliseconds) whenever the trace grows.
    pub(crate) fn keep_asking(
        self,
        gap_ms: f64,
        query: impl Fn() -> Option<Query> + 'static,
        deliver: impl Fn(&Query, Result<Answer, String>) + 'static,
    ) {
        let asker = Asker::new(self.source.get_value(), gap_ms, deliver);
        Effect::new(move |last: Option<Option<Query>>| {
            let query = query();
            if self.frozen.get().is_none() {
                self.progress.with(|progress| progress.revision);
            }
            match &query {
                Some(query) if last.flatten().as_ref() == Some(query) => asker.ask_again(query.clone()),
                Some(query) => asker.ask(query.clone()),
                None => {}
            }
            query
        });
    }

    /// An asker for a view that says itself when to ask.
    pub(crate) fn asker(self, deliver: impl Fn(&Query, Result<Answer, String>) + 'static) -> Asker {
        Asker::new(self.source.get_value(), 0.0, deliver)
    }

    /// Keeps `detail` the answer to `event`.
    fn keep_detail(self) {
        let deliver = move |query: &Query, answer: Result<Answer, String>| {
            let wanted = self.event.get_untracked().map(|id| Query::Event { id });
            if wanted.as_ref() != Some(query) {
                return;
            }
            match answer {
                Ok(Answer::Event(detail)) => self.detail.set(detail),
                Ok(_) => {}
                Err(reason) => self.app.notice.set(Some(reason)),
            }
        };
        let asker = self.asker(deliver);
        Effect::new(move |_| match self.event.get() {
            Some(id) => asker.ask(Query::Event { id }),
            None => self.detail.set(None),
        });
    }

    fn keep_tasks(self) {
        self.keep_asking(
            250.0,
            move || Some(Query::Tasks { range: self.query_range() }),
            move |_, answer| match answer {
                Ok(Answer::Tasks(answer)) if self.tasks.with_untracked(|tasks| *tasks != answer.rows) => {
                    self.tasks.set(answer.rows);
                }
                Ok(_) => {}
                Err(reason) => self.app.notice.set(Some(reason)),
            },
        );
    }

    /// A task's name and kernel id: `python3 4711`.
    pub(crate) fn task_name(self, task: TaskUid) -> String {
        self.tasks.with(|tasks| match tasks.get(task.index()) {
            Some(row) => format!("{} {}", row.comm, row.tid.0),
            None => format!("task {}", task.0),
        })
    }

    /// Takes on what an address says.
    pub(crate) fn take_address(self, address: &Address) {
        self.tab.set(address.tab);
        self.filter.set(address.filter.clone());
        self.event.set(address.event);
        if self.ranges.with_untracked(|ranges| ranges.last().copied()) != address.range {
            self.ranges.update(|ranges| match address.range {
                Some(range) => match ranges.iter().position(|known| *known == range) {
                    Some(index) => ranges.truncate(index + 1),
                    None => *ranges = vec![range],
                },
                None => ranges.clear(),
            });
        }
        self.view.set(address.view.map_or(View::Whole, |range| View::Fixed(Viewport::of(range))));
    }

    fn address(self) -> Address {
        let view = match self.view.get() {
            View::Fixed(viewport) => Some(viewport.range()),
            View::Whole | View::Follow { .. } => None,
        };
        Address {
            session: Some(self.id.get_value()),
            tab: self.tab.get(),
            range: self.range(),
            view,
            event: self.event.get(),
            filter: self.filter.get(),
        }
    }

    /// Keeps the page's address what the view is. A new tab or range is a step that Back returns from; the rest is not.
    fn keep_address(self) {
        Effect::new(move |last: Option<Address>| {
            let address = self.address();
            let is_step =
                last.as_ref().is_some_and(|last| last.tab != address.tab || last.range != address.range);
            let entry = if is_step { Entry::Push } else { Entry::Replace };
            // While the view moves, every frame would be a write; the address may lag behind it.
            let only_view_moved =
                last.as_ref().is_some_and(|last| Address { view: address.view, ..last.clone() } == address);
            if only_view_moved {
                self.write_address_later();
            } else {
                write_fragment(&address.to_fragment(), entry);
            }
            address
        });
        let handle = window_event_listener(leptos::ev::popstate, move |_| {
            let address = Address::parse(&fragment());
            if address.session == Some(self.id.get_value()) {
                self.take_address(&address);
            }
        });
        on_cleanup(move || handle.remove());
    }

    fn write_address_later(self) {
        let written = move || {
            let is_open = self.app.session.get_untracked() == self.id.try_get_value();
            if is_open {
                write_fragment(&untrack(|| self.address()).to_fragment(), Entry::Replace);
            }
        };
        LATER.with(|later| {
            if let Some(handle) = later.take() {
                leptos::leptos_dom::helpers::TimeoutHandle::clear(&handle);
            }
            later.set(set_timeout_with_handle(written, std::time::Duration::from_millis(300)).ok());
        });
    }
}

thread_local! {
    /// The one write of the address that waits.
    static LATER: std::cell::Cell<Option<leptos::leptos_dom::helpers::TimeoutHandle>> =
        const { std::cell::Cell::new(None) };
}

/// When an event ended; an instant ends when it begins.
fn end_of(detail: &EventDetail) -> Option<TraceTime> {
    match (&detail.row.kind, detail.row.duration) {
        (_, Some(duration)) => Some(detail.row.start + duration),
        (syscope_shared::query::RowKind::Line(_), None) => Some(detail.row.start),
        (syscope_shared::query::RowKind::Syscall { .. }, None) => None,
    }
}

fn page_nanos() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now()) * 1e6
}

fn take_update(
    update: &wire::Update,
    info: RwSignal<Option<SessionInfo>>,
    progress: RwSignal<Progress>,
    clock_offset_nanos: RwSignal<Option<f64>>,
) {
    // The update that was least late is nearest to the truth.
    let offset = update.end.0 as f64 - page_nanos();
    let best = clock_offset_nanos.get_untracked().map_or(offset, |known| known.max(offset));
    clock_offset_nanos.set(Some(best));
    info.set(Some(update.session.clone()));
    progress.set(Progress {
        revision: update.revision,
        end: update.end,
        tasks: update.tasks,
        output_bytes: update.output_bytes,
    });
}
