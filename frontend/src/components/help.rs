//! The keys and gestures that exist.

use leptos::prelude::*;

use super::icons;
use crate::interaction::keys::{BINDINGS, GESTURES};

#[component]
pub(crate) fn Help(on_close: impl Fn() + Copy + 'static) -> impl IntoView {
    let close_button = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if let Some(button) = close_button.get() {
            // A button that was just shown can take the focus.
            let _focused = button.focus();
        }
    });
    view! {
        <div class="veil" on:click=move |_| on_close()>
            <div
                class="dialog"
                role="dialog"
                aria-modal="true"
                aria-label="Keys and gestures"
                data-testid="help"
                on:click=|event| event.stop_propagation()
            >
                <div class="dialog-head">
                    <h2>"Keys and gestures"</h2>
                    <button node_ref=close_button class="icon-button" aria-label="Close" on:click=move |_| on_close()>
                        {icons::close()}
                    </button>
                </div>
                <div class="help-columns">
                    <dl class="help-list">
                        {BINDINGS.iter().map(|binding| view! {
                            <div><dt><kbd>{binding.keys}</kbd></dt><dd>{binding.does}</dd></div>
                        }).collect_view()}
                    </dl>
                    <dl class="help-list">
                        {GESTURES.iter().map(|(gesture, does)| view! {
                            <div><dt><kbd>{*gesture}</kbd></dt><dd>{*does}</dd></div>
                        }).collect_view()}
                    </dl>
                </div>
            </div>
        </div>
    }
}
