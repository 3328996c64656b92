//! The session's header: what runs, how it stands, and what can be done with it.

use leptos::prelude::*;
use syscope_shared::api::SessionInfo;
use syscope_shared::units::Nanos;

use super::icons;
use super::page::ThemeToggle;
use super::session::use_session;
use super::session_list::{download, state_words, stop_session};
use crate::state::session::Session;
use crate::view_model::text;

/// Over how long the rate of events is measured, in seconds.
const RATE_WINDOW_SECS: f64 = 2.0;

#[component]
pub(crate) fn SessionHeader(shows_help: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let field = move |read: fn(&SessionInfo) -> String| {
        Signal::derive(move || session.info.with(|info| info.as_ref().map(read).unwrap_or_default()))
    };
    let label = field(|info| info.label.clone());
    view! {
        <header class="top-bar session-bar">
            <button
                class="icon-button"
                data-testid="back"
                aria-label="All traces"
                title="All traces"
                on:click=move |_| session.app.show_list()
            >
                {icons::back()}
            </button>
            <h1 class="session-command mono" data-testid="session-command" title=label>{label}</h1>
            <State/>
            <span class="top-bar-space"></span>
            <Counters/>
            <Actions shows_help=shows_help/>
        </header>
        {move || session.info.with(|info| info.as_ref().and_then(|info| info.warning.clone())).map(|warning| view! {
            <div class="banner" role="status" data-testid="session-warning">{warning}</div>
        })}
    }
}

#[component]
fn State() -> impl IntoView {
    let session = use_session();
    let words =
        Memo::new(move |_| session.info.with(|info| info.as_ref().map(|info| state_words(&info.state))));
    move || {
        words.get().map(|(kind, word)| {
            view! {
                <span class=format!("state state-{kind}") data-testid="session-state" data-state=kind>{word}</span>
            }
        })
    }
}

#[component]
fn Counters() -> impl IntoView {
    let session = use_session();
    let number = move |read: fn(&SessionInfo) -> u64| {
        Memo::new(move |_| session.info.with(|info| info.as_ref().map(read).unwrap_or(0)))
    };
    let events = number(|info| info.events);
    let errors = number(|info| info.errors);
    let lost = number(|info| info.lost);
    let rate = event_rate(session);
    view! {
        <dl class="counters">
            <div>
                <dt>"Elapsed"</dt>
                <dd data-testid="session-elapsed">{move || text::span(Nanos(session.progress.get().end.0))}</dd>
            </div>
            <div>
                <dt>"Events"</dt>
                <dd data-testid="session-events" data-count=move || events.get().to_string()>
                    {move || text::count(events.get())}
                </dd>
            </div>
            {move || session.is_live().then(|| view! {
                <div>
                    <dt>"Rate"</dt>
                    <dd class="counter-rate" data-testid="session-rate">{move || text::rate(rate.get())}</dd>
                </div>
            })}
            <div>
                <dt>"Errors"</dt>
                <dd
                    data-testid="session-errors"
                    class:errors=move || errors.get() != 0
                    data-count=move || errors.get().to_string()
                >
                    {move || text::count(errors.get())}
                </dd>
            </div>
            <div>
                <dt>"Lost"</dt>
                <dd data-testid="session-lost" class:errors=move || lost.get() != 0>
                    {move || text::count(lost.get())}
                </dd>
            </div>
        </dl>
    }
}

/// Events a second over the last two seconds.
fn event_rate(session: Session) -> RwSignal<f64> {
    let rate = RwSignal::new(0.0);
    Effect::new(move |samples: Option<Vec<(f64, u64)>>| {
        let now = session.progress.get().end.as_secs_f64();
        let events = session.info.with(|info| info.as_ref().map_or(0, |info| info.events));
        let mut samples = samples.unwrap_or_default();
        samples.push((now, events));
        while samples.len() > 2 && samples[0].0 < now - RATE_WINDOW_SECS {
            samples.remove(0);
        }
        let (since, before) = samples[0];
        if now > since {
            rate.set((events - before.min(events)) as f64 / (now - since));
        }
        samples
    });
    rate
}

#[component]
fn Actions(shows_help: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let is_live = Memo::new(move |_| session.is_live());
    let is_stopping = RwSignal::new(false);
    let is_frozen = Memo::new(move |_| session.frozen.get().is_some());
    view! {
        <div class="header-actions">
            {move || is_live.get().then(|| view! {
                <button
                    class="button"
                    data-testid="freeze-button"
                    aria-pressed=move || is_frozen.get().to_string()
                    title="Space"
                    on:click=move |_| session.toggle_frozen()
                >
                    {move || if is_frozen.get() { "Resume" } else { "Freeze" }}
                </button>
                <button
                    class="button danger"
                    data-testid="stop-button"
                    disabled=move || is_stopping.get()
                    on:click=move |_| {
                        is_stopping.set(true);
                        stop_session(session.app, session.id.get_value(), || ());
                        // If the recorder does not end, one must be able to ask again.
                        set_timeout(
                            move || {
                                is_stopping.try_set(false);
                            },
                            std::time::Duration::from_secs(3),
                        );
                    }
                >
                    {icons::stop()}
                    {move || if is_stopping.get() { "Stopping…" } else { "Stop" }}
                </button>
            })}
            <button
                class="icon-button"
                data-testid="download-button"
                aria-label="Download the trace file"
                title="Download the trace file"
                on:click=move |_| download(session.app, session.id.get_value())
            >
                {icons::download()}
            </button>
            <button
                class="icon-button"
                data-testid="help-button"
                aria-label="Keys and gestures"
                title="Keys and gestures (?)"
                on:click=move |_| shows_help.update(|shows| *shows = !*shows)
            >
                {icons::help()}
            </button>
            <ThemeToggle/>
        </div>
    }
}
