//! What the panels are about: the selected range, and the filter as chips.

use leptos::prelude::*;

use super::icons;
use super::session::use_session;
use crate::view_model::text;

#[component]
pub(crate) fn Narrowing() -> impl IntoView {
    view! {
        <div class="narrowing">
            <RangeChips/>
            <FilterChips/>
            <FilterFields/>
        </div>
    }
}

/// The way from the whole trace to the selected range: each step can be gone back to.
#[component]
fn RangeChips() -> impl IntoView {
    let session = use_session();
    move || {
        let ranges = session.ranges.get();
        let last = ranges.last().copied()?;
        let outer = ranges.len() - 1;
        Some(view! {
            <div class="token range-token" data-testid="range-chip" data-start=last.start.0 data-end=last.end.0>
                <span class="token-key">"Range"</span>
                {(0..outer).map(|index| {
                    let range = ranges[index];
                    view! {
                        <button
                            class="token-step"
                            title="Back to this range"
                            on:click=move |_| session.ranges.update(|ranges| ranges.truncate(index + 1))
                        >
                            {text::span(range.span())}
                        </button>
                        <span class="token-separator">"›"</span>
                    }
                }).collect_view()}
                <button class="token-step" title="Show the range (F)" on:click=move |_| session.fit(last)>
                    {format!("{} s + {}", text::moment(last.start), text::span(last.span()))}
                </button>
                <button
                    class="token-clear"
                    data-testid="range-clear"
                    aria-label="Clear the range"
                    title="Clear the range"
                    on:click=move |_| session.clear_range()
                >
                    {icons::close()}
                </button>
            </div>
        })
    }
}

#[component]
fn FilterChips() -> impl IntoView {
    let session = use_session();
    let chips = move || {
        let filter = session.filter.get();
        let mut chips: Vec<(&'static str, String)> = Vec::new();
        chips.extend(filter.syscall.map(|syscall| ("syscall", syscall.name().into_owned())));
        chips.extend(filter.class.map(|class| ("class", class.name().to_owned())));
        chips.extend(filter.process.map(|task| ("process", session.task_name(task))));
        chips.extend(filter.task.map(|task| ("thread", session.task_name(task))));
        chips
    };
    move || {
        chips()
            .into_iter()
            .map(|(key, value)| {
                view! {
                    <span class="token" data-testid="filter-chip" data-key=key>
                        <span class="token-key">{key}</span>
                        <span class="token-value mono">{value}</span>
                        <button
                            class="token-clear"
                            aria-label=format!("Show every {key} again")
                            on:click=move |_| session.filter_by(|filter| match key {
                                "syscall" => filter.syscall = None,
                                "class" => filter.class = None,
                                "process" => filter.process = None,
                                _ => filter.task = None,
                            })
                        >
                            {icons::close()}
                        </button>
                    </span>
                }
            })
            .collect_view()
    }
}

#[component]
fn FilterFields() -> impl IntoView {
    let session = use_session();
    let failed_only = Memo::new(move |_| session.filter.with(|filter| filter.failed_only));
    let text = Memo::new(move |_| session.filter.with(|filter| filter.text.clone()));
    view! {
        <button
            class="chip chip-error"
            data-testid="filter-failed"
            title="Only calls that returned an error (E)"
            aria-pressed=move || failed_only.get().to_string()
            on:click=move |_| session.filter_by(|filter| filter.failed_only = !filter.failed_only)
        >
            "Failed only"
        </button>
        <label class="search">
            {icons::search()}
            <input
                id="filter-text"
                class="input"
                type="search"
                data-testid="filter-text"
                aria-label="Only events whose text contains this"
                title="Filters the flame chart, the summary and the events (/)"
                placeholder="Filter by text"
                autocomplete="off"
                spellcheck="false"
                prop:value=text
                on:input=move |event| {
                    let text = event_target_value(&event);
                    session.filter_by(|filter| filter.text = text);
                }
            />
        </label>
    }
}
