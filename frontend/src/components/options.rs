//! The tracing options as controls.

use leptos::prelude::*;
use syscope_shared::options::{StatusFilter, TraceOptions};

/// The presets of `-e trace=`, as strace names its classes.
const SETS: [(&str, &str); 6] = [
    ("%file", "calls that name a file"),
    ("%desc", "calls on file descriptors"),
    ("%network", "sockets"),
    ("%process", "fork, exec, wait, exit"),
    ("%memory", "mmap, brk, …"),
    ("%signal", "signal handling"),
];

const STRING_LIMITS: [u32; 3] = [32, 256, 4096];

const STATUSES: [(StatusFilter, &str, &str); 3] = [
    (StatusFilter::Any, "any", "All"),
    (StatusFilter::Successful, "successful", "Successful"),
    (StatusFilter::Failed, "failed", "Failed"),
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionsState {
    follow: RwSignal<bool>,
    sets: RwSignal<Vec<&'static str>>,
    custom: RwSignal<String>,
    string_limit: RwSignal<u32>,
    status: RwSignal<StatusFilter>,
}

impl OptionsState {
    pub(crate) fn new() -> Self {
        let defaults = TraceOptions::default();
        Self {
            follow: RwSignal::new(defaults.follow),
            sets: RwSignal::new(Vec::new()),
            custom: RwSignal::new(String::new()),
            string_limit: RwSignal::new(defaults.string_limit),
            status: RwSignal::new(defaults.status),
        }
    }

    /// The options as the controls stand.
    pub(crate) fn value(self) -> TraceOptions {
        let sets = self.sets.get();
        let mut parts: Vec<String> =
            SETS.iter().filter(|s| sets.contains(&s.0)).map(|s| s.0.to_owned()).collect();
        let custom = self.custom.get();
        parts.extend(custom.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned));
        TraceOptions {
            follow: self.follow.get(),
            trace: (!parts.is_empty()).then(|| parts.join(",")),
            status: self.status.get(),
            string_limit: self.string_limit.get(),
        }
    }

    fn records_everything(self) -> bool {
        self.sets.with(Vec::is_empty) && self.custom.with(|custom| custom.trim().is_empty())
    }
}

#[component]
pub(crate) fn OptionsForm(state: OptionsState) -> impl IntoView {
    view! {
        <fieldset class="options">
            <legend class="visually-hidden">"Tracing options"</legend>
            <SetRow state=state/>
            <div class="option-row">
                <span class="option-name" id="option-status">"Results"</span>
                <div class="chips" role="group" aria-labelledby="option-status">
                    {STATUSES.map(|(status, word, title)| view! {
                        <Chip
                            word=format!("option-status-{word}")
                            title=title
                            hint=""
                            is_on=Signal::derive(move || state.status.get() == status)
                            on_click=move || state.status.set(status)
                        />
                    }).collect_view()}
                </div>
            </div>
            <div class="option-row">
                <span class="option-name" id="option-strings">"Strings up to"</span>
                <div class="chips" role="group" aria-labelledby="option-strings">
                    {STRING_LIMITS.map(|limit| view! {
                        <Chip
                            word=format!("option-strings-{limit}")
                            title=format!("{limit} bytes")
                            hint=""
                            is_on=Signal::derive(move || state.string_limit.get() == limit)
                            on_click=move || state.string_limit.set(limit)
                        />
                    }).collect_view()}
                </div>
            </div>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="option-follow"
                    prop:checked=state.follow
                    on:change=move |event| state.follow.set(event_target_checked(&event))
                />
                "Follow children and threads"
            </label>
        </fieldset>
    }
}

#[component]
fn SetRow(state: OptionsState) -> impl IntoView {
    let clear = move || {
        state.sets.set(Vec::new());
        state.custom.set(String::new());
    };
    let toggle = move |set: &'static str| {
        state.sets.update(|sets| match sets.iter().position(|known| *known == set) {
            Some(index) => drop(sets.remove(index)),
            None => sets.push(set),
        });
    };
    view! {
        <div class="option-row">
            <span class="option-name" id="option-sets">"Calls"</span>
            <div class="chips" role="group" aria-labelledby="option-sets">
                <Chip
                    word="option-set-all".to_owned()
                    title="Everything"
                    hint="every system call"
                    is_on=Signal::derive(move || state.records_everything())
                    on_click=clear
                />
                {SETS.map(|(set, hint)| view! {
                    <Chip
                        word=format!("option-set-{}", &set[1..])
                        title=set
                        hint=hint
                        is_on=Signal::derive(move || state.sets.with(|sets| sets.contains(&set)))
                        on_click=move || toggle(set)
                    />
                }).collect_view()}
                <input
                    class="input chip-input mono"
                    type="text"
                    data-testid="option-set-custom"
                    aria-label="Other calls, as strace's -e trace= spells them"
                    placeholder="openat,futex or !futex"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=state.custom
                    on:input=move |event| state.custom.set(event_target_value(&event))
                />
            </div>
        </div>
    }
}

#[component]
fn Chip(
    word: String,
    #[prop(into)] title: String,
    hint: &'static str,
    is_on: Signal<bool>,
    on_click: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="chip"
            data-testid=word
            title=hint
            aria-pressed=move || is_on.get().to_string()
            on:click=move |_| on_click()
        >
            {title}
        </button>
    }
}
