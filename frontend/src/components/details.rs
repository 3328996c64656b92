//! Everything about the selected event.

use leptos::prelude::*;
use syscope_shared::api::SessionInfo;
use syscope_shared::query::{EventDetail, Filter, RowKind};
use syscope_shared::units::{Nanos, TimeRange, TraceTime};

use super::events::Words;
use super::icons;
use super::session::use_session;
use crate::state::address::Tab;
use crate::state::session::Session;
use crate::view_model::arguments::argument_lines;
use crate::view_model::text;

#[component]
pub(crate) fn Details() -> impl IntoView {
    let session = use_session();
    view! {
        <aside
            class="details"
            aria-label="Details of the selected event"
            data-testid="details"
            data-event=move || session.event.get().map(|id| id.0.to_string())
        >
            <div class="details-head">
                <h2>{move || title(session)}</h2>
                <button
                    class="icon-button"
                    data-testid="details-close"
                    aria-label="Close the details"
                    title="Close (Esc)"
                    on:click=move |_| session.select(None)
                >
                    {icons::close()}
                </button>
            </div>
            {move || match session.detail.get() {
                Some(detail) if Some(detail.row.id) == session.event.get() => {
                    view! { <Detail detail=detail/> }.into_any()
                }
                _ => view! { <p class="hint details-body">"Reading the event…"</p> }.into_any(),
            }}
        </aside>
    }
}

fn title(session: Session) -> String {
    session.detail.with(|detail| match detail.as_ref().map(|detail| &detail.row.kind) {
        Some(RowKind::Syscall { name, .. }) => name.clone(),
        Some(RowKind::Line(line)) if line.starts_with("---") => "Signal".to_owned(),
        Some(RowKind::Line(_)) => "End".to_owned(),
        None => "Event".to_owned(),
    })
}

#[component]
fn Detail(detail: EventDetail) -> impl IntoView {
    let session = use_session();
    let facts =
        session.info.with_untracked(|info| facts(&detail, info.as_ref(), untrack(|| session.shown_end())));
    let error = detail.errno.clone();
    view! {
        <div class="details-body">
            <div class="details-text mono" data-testid="details-text"><Words kind=detail.row.kind.clone()/></div>
            {error.map(|(name, meaning)| view! {
                <p class="details-error"><span class="mono">{name}</span>{meaning}</p>
            })}
            <dl class="facts">
                {facts.into_iter().map(|(key, value)| view! {
                    <div><dt>{key}</dt><dd>{value}</dd></div>
                }).collect_view()}
            </dl>
            <Arguments detail=detail.clone()/>
            <Ways detail=detail/>
        </div>
    }
}

/// What is known, in the order in which one asks.
fn facts(detail: &EventDetail, info: Option<&SessionInfo>, end: TraceTime) -> Vec<(&'static str, String)> {
    let row = &detail.row;
    let mut facts = vec![("Thread", format!("{} {}", detail.comm, row.tid.0))];
    if detail.process.0 != row.tid.0 {
        facts.push(("Process", detail.process.0.to_string()));
    }
    facts.push(("Start", format!("{} s", text::moment(row.start))));
    facts.extend(info.map(|info| ("Clock", clock_time(info.started_unix_nanos + row.start.0))));
    if let RowKind::Syscall { syscall, class, .. } = &row.kind {
        facts.push(match row.duration {
            Some(duration) => ("Took", text::span(duration)),
            None => ("Took", format!("not returned after {}", text::span(end.since(row.start)))),
        });
        facts.push(("Class", class.name().to_owned()));
        facts.push(("Call number", syscall.number.to_string()));
    }
    facts.extend(detail.fd.map(|fd| ("Descriptor", fd.0.to_string())));
    facts.extend(detail.path.clone().map(|path| ("Path or peer", path)));
    facts.extend(detail.bytes.map(|bytes| ("Transferred", text::counted(bytes, "byte", "bytes"))));
    facts
}

/// The local time of a moment, to the microsecond.
fn clock_time(unix_nanos: u64) -> String {
    let date = js_sys::Date::new(&(unix_nanos as f64 / 1e6).into());
    format!(
        "{:02}:{:02}:{:02}.{:06}",
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds(),
        unix_nanos / 1_000 % 1_000_000
    )
}

/// The arguments as trees: the fields of structs and the members of arrays one a line.
#[component]
fn Arguments(detail: EventDetail) -> impl IntoView {
    let lines = argument_lines(&detail.args);
    (!lines.is_empty()).then(|| {
        view! {
            <div>
                <h3 class="details-title">"Arguments"</h3>
                <ol class="arguments mono">
                    {lines.into_iter().map(|line| view! {
                        <li style:padding-left=format!("{}px", line.depth * 16)>
                            <span class="argument-name">{line.name}</span>
                            <span class="argument-text">{line.text}</span>
                        </li>
                    }).collect_view()}
                </ol>
            </div>
        }
    })
}

/// Where to go from here.
#[component]
fn Ways(detail: EventDetail) -> impl IntoView {
    let session = use_session();
    let (task, start) = (detail.row.task, detail.row.start);
    let end = detail.row.duration.map_or(start + Nanos(1_000), |duration| start + duration);
    let narrow = move |change: fn(&mut Filter, &EventDetail), detail: EventDetail| {
        session.filter_by(|filter| change(filter, &detail));
        session.tab.set(Tab::Events);
    };
    let way = move |words: String, change: fn(&mut Filter, &EventDetail)| {
        let detail = detail.clone();
        view! { <button class="button small" on:click=move |_| narrow(change, detail.clone())>{words}</button> }
    };
    let by_syscall =
        match &session.detail.with_untracked(|detail| detail.as_ref().map(|d| d.row.kind.clone())) {
            Some(RowKind::Syscall { name, .. }) => Some(way(format!("Every {name}"), |filter, detail| {
                if let RowKind::Syscall { syscall, .. } = detail.row.kind {
                    filter.syscall = Some(syscall);
                }
            })),
            _ => None,
        };
    let by_path =
        session.detail.with_untracked(|detail| detail.as_ref().and_then(|d| d.path.clone())).map(|path| {
            way(format!("Every use of {}", text::shortened(&path, 28)), |filter, detail| {
                filter.text = detail.path.clone().unwrap_or_default();
            })
        });
    view! {
        <div class="ways">
            <button
                class="button small"
                title="Show it in the timeline as wide as it goes (F)"
                on:click=move |_| {
                    session.tab.set(Tab::Timeline);
                    session.fit(TimeRange { start, end: end.max(start + Nanos(1)) });
                }
            >
                "Show in the timeline"
            </button>
            {by_syscall}
            {way(thread_words(session, task), |filter, detail| filter.task = Some(detail.row.task))}
            {by_path}
        </div>
    }
}

fn thread_words(session: Session, task: syscope_shared::ids::TaskUid) -> String {
    format!("Only thread {}", untrack(|| session.task_name(task)))
}
