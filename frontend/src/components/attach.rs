//! Picking processes to attach to.

use leptos::prelude::*;
use syscope_shared::api::ProcessInfo;
use wasm_bindgen_futures::spawn_local;

use super::start::StartForm;
use crate::state::app::use_app;

/// Rows that are shown; the filter finds the others.
const MAX_ROWS: usize = 150;

#[component]
pub(crate) fn ProcessPicker(form: StartForm) -> impl IntoView {
    let app = use_app();
    let processes = RwSignal::new(None::<Vec<ProcessInfo>>);
    let text = RwSignal::new(String::new());
    let load = move || {
        let Some(rest) = app.rest.get_untracked() else { return };
        spawn_local(async move {
            match rest.processes().await {
                Ok(mut found) => {
                    // Those that can be attached to, the newest first: what one looks for has mostly just been started.
                    found.sort_by_key(|process| (process.refusal.is_some(), std::cmp::Reverse(process.pid)));
                    processes.try_set(Some(found));
                }
                Err(error) => app.report(&error),
            }
        });
    };
    load();
    let matching = move || {
        let text = text.get().to_lowercase();
        processes.with(|processes| {
            let all = processes.as_deref().unwrap_or_default();
            all.iter().filter(|process| is_match(process, &text)).cloned().collect::<Vec<_>>()
        })
    };
    view! {
        <div class="picker-head">
            <input
                class="input"
                type="search"
                data-testid="process-filter"
                aria-label="Find a process by name, command, user or pid"
                placeholder="Find by name, command, user or pid"
                autocomplete="off"
                spellcheck="false"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            />
            <button type="button" class="button" on:click=move |_| load()>"Refresh"</button>
        </div>
        <div class="picker" role="listbox" aria-multiselectable="true" aria-label="Processes">
            {move || {
                if processes.with(Option::is_none) {
                    return view! { <p class="hint picker-hint">"Reading the processes…"</p> }.into_any();
                }
                let rows = matching();
                let hidden = rows.len().saturating_sub(MAX_ROWS);
                if rows.is_empty() {
                    return view! {
                        <p class="hint picker-hint">"No process matches. Clear the text, or refresh the list."</p>
                    }.into_any();
                }
                view! {
                    {rows.into_iter().take(MAX_ROWS).map(|process| view! { <ProcessRow form=form process=process/> }).collect_view()}
                    {(hidden > 0).then(|| view! {
                        <p class="hint picker-hint">{format!("{hidden} more: type to narrow the list.")}</p>
                    })}
                }.into_any()
            }}
        </div>
    }
}

fn is_match(process: &ProcessInfo, text: &str) -> bool {
    text.is_empty()
        || process.pid.to_string().starts_with(text)
        || process.user.to_lowercase().contains(text)
        || process.comm.to_lowercase().contains(text)
        || process.command.to_lowercase().contains(text)
}

#[component]
fn ProcessRow(form: StartForm, process: ProcessInfo) -> impl IntoView {
    let pid = process.pid;
    let is_chosen = move || form.pids.with(|pids| pids.contains(&pid));
    let toggle = move |_| {
        form.pids.update(|pids| match pids.iter().position(|known| *known == pid) {
            Some(index) => drop(pids.remove(index)),
            None => pids.push(pid),
        });
    };
    let threads = match process.threads {
        0 | 1 => String::new(),
        threads => format!("{threads} threads"),
    };
    view! {
        <button
            type="button"
            class="picker-row"
            role="option"
            data-testid="process-row"
            data-pid=pid
            aria-selected=move || is_chosen().to_string()
            disabled=process.refusal.is_some()
            title=process.command.clone()
            on:click=toggle
        >
            <span class="picker-pid mono">{pid}</span>
            <span class="picker-name">{process.comm.clone()}</span>
            <span class="picker-user">{process.user.clone()}</span>
            <span class="picker-command mono">{process.command.clone()}</span>
            <span class="picker-threads">{threads}</span>
            {process.refusal.clone().map(|refusal| view! { <span class="picker-refusal">{refusal}</span> })}
        </button>
    }
}
