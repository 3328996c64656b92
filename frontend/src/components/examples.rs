//! The programs that come with syscope to be tried: one click runs and traces one.

use leptos::prelude::*;
use syscope_shared::api::Example;
use wasm_bindgen_futures::spawn_local;

use super::icons;
use super::start::StartForm;
use crate::state::app::use_app;

#[component]
pub(crate) fn Examples(form: StartForm) -> impl IntoView {
    let app = use_app();
    let examples = RwSignal::new(None::<Vec<Example>>);
    if let Some(rest) = app.rest.get_untracked() {
        spawn_local(async move {
            match rest.examples().await {
                Ok(found) => drop(examples.try_set(Some(found))),
                Err(error) => app.report(&error),
            }
        });
    }
    view! {
        <div class="examples">
            {move || match examples.get() {
                None => view! { <p class="hint">"Reading the examples…"</p> }.into_any(),
                Some(examples) if examples.is_empty() => view! {
                    <p class="hint">"This server offers no examples."</p>
                }.into_any(),
                Some(examples) => examples.into_iter().map(|example| {
                    let id = example.id.clone();
                    view! {
                        <button
                            type="button"
                            class="example"
                            data-testid=format!("example-{}", example.id)
                            disabled=move || form.is_starting.get()
                            on:click=move |_| form.start_example(id.clone())
                        >
                            <span class="example-title">{example.title}</span>
                            <span class="example-about">{example.about}</span>
                            {icons::chevron()}
                        </button>
                    }
                }).collect_view().into_any(),
            }}
        </div>
    }
}
