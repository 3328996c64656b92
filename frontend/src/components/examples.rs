//! The programs that come with syscope to be tried: one click runs and traces one.

use leptos::prelude::*;
use syscope_shared::api::{Example, NewSession};
use wasm_bindgen_futures::spawn_local;

use super::start::start_session;
use crate::state::app::use_app;

#[component]
pub(crate) fn Examples() -> impl IntoView {
    let app = use_app();
    let examples = RwSignal::new(Vec::<Example>::new());
    let is_starting = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    if let Some(rest) = app.rest.get_untracked() {
        spawn_local(async move {
            match rest.examples().await {
                Ok(found) => drop(examples.try_set(found)),
                Err(error) => app.report(&error),
            }
        });
    }
    let start = move |id: &str| {
        let request = NewSession { example: Some(id.to_owned()), ..NewSession::default() };
        start_session(app, request, is_starting, problem);
    };
    let card = move |example: Example| {
        let id = example.id.clone();
        view! {
            <button
                type="button"
                class="example"
                data-testid=format!("example-{}", example.id)
                disabled=move || is_starting.get()
                on:click=move |_| start(&id)
            >
                <span class="example-title">{example.title}</span>
                <span class="example-about">{example.about}</span>
            </button>
        }
    };
    move || {
        let examples = examples.get();
        (!examples.is_empty()).then(|| view! {
            <section class="card" aria-labelledby="examples-title">
                <h2 id="examples-title">"Examples"</h2>
                <p class="hint card-hint">"Programs that come with syscope. A click runs one and traces it."</p>
                {move || problem.get().map(|problem| view! {
                    <p class="problem card-hint" role="alert">{problem}</p>
                })}
                <div class="examples">{examples.into_iter().map(card).collect_view()}</div>
            </section>
        })
    }
}
