//! What a panel says when it has nothing to show.

use leptos::prelude::*;

use super::session::use_session;

/// Why there is nothing, and what to do.
#[component]
pub(crate) fn Nothing(
    /// What is missing: `calls`.
    what: &'static str,
) -> impl IntoView {
    let session = use_session();
    let is_filtered = move || !session.filter.with(syscope_shared::query::Filter::is_empty);
    move || {
        let has_range = session.range().is_some();
        let (says, next) = match (has_range || is_filtered(), session.is_live()) {
            (true, _) => (format!("No {what} match."), "Other parts of the trace may have some."),
            (false, true) => {
                (format!("No {what} yet."), "They appear here as soon as the program makes them.")
            }
            (false, false) => {
                (format!("This trace has no {what}."), "The tracing options decide what is recorded.")
            }
        };
        view! {
            <div class="nothing" data-testid="panel-empty">
                <p class="nothing-title">{says}</p>
                <p class="hint">{next}</p>
                <div class="nothing-actions">
                    {has_range.then(|| view! {
                        <button class="button" on:click=move |_| session.clear_range()>"Clear the range"</button>
                    })}
                    {is_filtered().then(|| view! {
                        <button
                            class="button"
                            on:click=move |_| session.filter.set(syscope_shared::query::Filter::default())
                        >
                            "Clear the filter"
                        </button>
                    })}
                </div>
            </div>
        }
    }
}

/// The first answer is on its way.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! { <div class="nothing"><p class="hint">"Reading the trace…"</p></div> }
}

/// The server could not answer.
#[component]
pub(crate) fn Problem(reason: String) -> impl IntoView {
    view! {
        <div class="nothing" role="alert" data-testid="panel-error">
            <p class="nothing-title">"This could not be answered."</p>
            <p class="hint">{reason}</p>
        </div>
    }
}
