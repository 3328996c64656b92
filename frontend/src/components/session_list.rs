//! The sessions there are: recording and saved.

use std::time::Duration;

use leptos::prelude::*;
use syscope_shared::api::{SessionInfo, SessionState};
use syscope_shared::units::Nanos;
use wasm_bindgen_futures::spawn_local;

use super::icons;
use crate::state::app::{App, use_app};
use crate::view_model::text;

/// How often the list is read again.
const REFRESH: Duration = Duration::from_millis(1_500);

#[component]
pub(crate) fn SessionList() -> impl IntoView {
    let app = use_app();
    let sessions = RwSignal::new(None::<Vec<SessionInfo>>);
    let load = move || {
        let Some(rest) = app.rest.get_untracked() else { return };
        spawn_local(async move {
            match rest.sessions().await {
                Ok(mut found) => {
                    found.sort_by_key(|session| std::cmp::Reverse(session.started_unix_nanos));
                    if sessions.try_with_untracked(|known| known.as_ref() != Some(&found)) == Some(true) {
                        sessions.set(Some(found));
                    }
                }
                Err(error) => app.report(&error),
            }
        });
    };
    load();
    if let Ok(handle) = set_interval_with_handle(load, REFRESH) {
        on_cleanup(move || handle.clear());
    }
    let reload = Callback::new(move |()| load());
    view! {
        <section class="card sessions" aria-labelledby="sessions-title">
            <h2 id="sessions-title">"Traces"</h2>
            {move || match sessions.get() {
                None => view! { <p class="empty">"Reading the traces…"</p> }.into_any(),
                Some(sessions) if sessions.is_empty() => view! {
                    <div class="empty">
                        <p>"No traces yet."</p>
                        <p class="hint">"Run a command, attach to a process, or try one of the examples below."</p>
                    </div>
                }.into_any(),
                Some(sessions) => view! {
                    <div class="table-scroll">
                        <table class="table sessions-table">
                            <thead>
                                <tr>
                                    <th>"State"</th>
                                    <th>"Command"</th>
                                    <th>"Started"</th>
                                    <th class="number">"Duration"</th>
                                    <th class="number">"Events"</th>
                                    <th class="number">"Errors"</th>
                                    <th class="number">"Size"</th>
                                    <th><span class="visually-hidden">"Actions"</span></th>
                                </tr>
                            </thead>
                            <tbody>
                                {sessions.into_iter().map(|session| view! { <SessionRow session=session reload=reload/> }).collect_view()}
                            </tbody>
                        </table>
                    </div>
                }.into_any(),
            }}
        </section>
    }
}

#[component]
fn SessionRow(session: SessionInfo, reload: Callback<()>) -> impl IntoView {
    let app = use_app();
    let id = StoredValue::new(session.id.clone());
    let open = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        app.open(&id.get_value());
    };
    let note = match &session.state {
        SessionState::Failed { reason } => Some(reason.clone()),
        _ => session.warning.clone(),
    };
    let errors_class = if session.errors > 0 { "number errors" } else { "number" };
    view! {
        <tr class="session-row" data-testid="session-row" data-session-id=session.id.clone() on:click=open>
            <td><StateBadge state=session.state.clone()/></td>
            <td class="session-cell-command">
                <a class="mono" data-testid="session-open" href=format!("#session={}", session.id) on:click=open>
                    {session.label.clone()}
                </a>
                {note.map(|note| view! { <span class="session-note">{note}</span> })}
            </td>
            <td>{started(session.started_unix_nanos)}</td>
            <td class="number">{text::span(Nanos(session.duration_nanos))}</td>
            <td class="number">{text::count(session.events)}</td>
            <td class=errors_class>{text::count(session.errors)}</td>
            <td class="number">{text::size(session.file_bytes)}</td>
            <td><RowActions id=id is_live=session.state.is_live() reload=reload/></td>
        </tr>
    }
}

#[component]
fn RowActions(id: StoredValue<String>, is_live: bool, reload: Callback<()>) -> impl IntoView {
    let app = use_app();
    let is_asking = RwSignal::new(false);
    view! {
        <div class="row-actions" on:click=|event| event.stop_propagation()>
            {if is_live {
                view! {
                    <button
                        class="icon-button"
                        data-testid="session-stop"
                        aria-label="Stop recording"
                        title="Stop recording"
                        on:click=move |_| stop(app, id, reload)
                    >
                        {icons::stop()}
                    </button>
                }.into_any()
            } else {
                view! {
                    <button
                        class="icon-button"
                        data-testid="session-download"
                        aria-label="Download the trace file"
                        title="Download the trace file"
                        on:click=move |_| download(app, id.get_value())
                    >
                        {icons::download()}
                    </button>
                    {move || if is_asking.get() {
                        view! {
                            <button
                                class="button danger small"
                                data-testid="session-delete-confirm"
                                on:click=move |_| delete(app, id, reload)
                                on:blur=move |_| is_asking.set(false)
                            >
                                "Delete for good"
                            </button>
                        }.into_any()
                    } else {
                        view! {
                            <button
                                class="icon-button"
                                data-testid="session-delete"
                                aria-label="Delete the trace"
                                title="Delete the trace"
                                on:click=move |_| is_asking.set(true)
                            >
                                {icons::trash()}
                            </button>
                        }.into_any()
                    }}
                }.into_any()
            }}
        </div>
    }
}

fn stop(app: App, id: StoredValue<String>, reload: Callback<()>) {
    stop_session(app, id.get_value(), move || {
        reload.try_run(());
    });
}

/// Stops a session, then does `and_then`.
pub(crate) fn stop_session(app: App, id: String, and_then: impl Fn() + 'static) {
    let Some(rest) = app.rest.get_untracked() else { return };
    spawn_local(async move {
        match rest.stop(&id).await {
            Ok(()) => and_then(),
            Err(error) => app.report(&error),
        }
    });
}

fn delete(app: App, id: StoredValue<String>, reload: Callback<()>) {
    let Some(rest) = app.rest.get_untracked() else { return };
    let id = id.get_value();
    spawn_local(async move {
        match rest.delete(&id).await {
            Ok(()) => {
                reload.try_run(());
            }
            Err(error) => app.report(&error),
        }
    });
}

/// Downloads a session's trace file.
pub(crate) fn download(app: App, id: String) {
    let Some(rest) = app.rest.get_untracked() else { return };
    spawn_local(async move {
        let name = format!("{}.syscope", &id.get(..8).unwrap_or(&id));
        if let Err(error) = rest.download(&id, &name).await {
            app.report(&error);
        }
    });
}

/// The state as a coloured dot and a word.
#[component]
pub(crate) fn StateBadge(state: SessionState) -> impl IntoView {
    let (kind, word) = state_words(&state);
    view! { <span class=format!("state state-{kind}")>{word}</span> }
}

/// The state's kind (a CSS class and `data-state`) and its words.
pub(crate) fn state_words(state: &SessionState) -> (&'static str, String) {
    match state {
        SessionState::Starting => ("starting", "Starting".to_owned()),
        SessionState::Recording => ("recording", "Recording".to_owned()),
        SessionState::Finished { exit_status: None } => ("finished", "Finished".to_owned()),
        SessionState::Finished { exit_status: Some(0) } => ("finished", "Exit 0".to_owned()),
        SessionState::Finished { exit_status: Some(status @ 129..=192) } => {
            ("nonzero", syscope_shared::ids::Signal(status - 128).to_string())
        }
        SessionState::Finished { exit_status: Some(status) } => ("nonzero", format!("Exit {status}")),
        SessionState::Incomplete => ("incomplete", "Incomplete".to_owned()),
        SessionState::Failed { .. } => ("failed", "Failed".to_owned()),
    }
}

/// When a session started, in the browser's own words: the time for today, the date too for other days.
fn started(unix_nanos: u64) -> String {
    let date = js_sys::Date::new(&(unix_nanos as f64 / 1e6).into());
    let today = js_sys::Date::new_0().to_date_string();
    let time = String::from(date.to_locale_time_string("default"));
    if date.to_date_string() == today {
        time
    } else {
        format!(
            "{} {time}",
            String::from(date.to_locale_date_string("default", &wasm_bindgen::JsValue::UNDEFINED))
        )
    }
}
