//! The words of the timeline's tooltip, and what its colours mean.

use leptos::prelude::*;
use syscope_shared::query::{Answer, Query};
use syscope_shared::syscall::Class;

use super::picture::TimelineState;
use crate::view_model::text;

impl TimelineState {
    pub(super) fn take_tip(self, query: &Query, answer: Result<Answer, String>) {
        let (Query::Event { id }, Ok(Answer::Event(Some(detail)))) = (query, answer) else { return };
        // A tooltip that could not be filled simply stays short; the details say why if they are opened.
        self.tip.try_update(|tip| {
            if let Some(tip) = tip.as_mut().filter(|tip| tip.event == Some(*id)) {
                tip.text = text::shortened(&text::strace_line(&detail.row), 400);
            }
        });
    }
}

/// The classes' colours, and what the other signs and the gaps mean.
#[component]
pub(super) fn Legend() -> impl IntoView {
    let session = crate::components::session::use_session();
    view! {
        <div class="legend" aria-label="Legend">
            {Class::ALL.map(|class| {
                let is_on = move || session.filter.with(|filter| filter.class == Some(class));
                view! {
                    <button
                        class="legend-item legend-class"
                        title=format!("Only {} calls, or all again", class.name())
                        aria-pressed=move || is_on().to_string()
                        on:click=move |_| {
                            let next = if is_on() { None } else { Some(class) };
                            session.filter_by(|filter| filter.class = next);
                        }
                    >
                        <span class=format!("swatch swatch-{}", class.name())></span>
                        {class.name()}
                    </button>
                }
            }).collect_view()}
            <span class="legend-item"><span class="swatch swatch-error"></span>"failed"</span>
            <span class="legend-item"><span class="swatch swatch-unfinished"></span>"not returned"</span>
            <span class="legend-item" title="ptrace sees calls only. Between them a thread runs, or waits for a CPU; which, it cannot tell.">
                <span class="swatch swatch-outside"></span>"outside calls: running, or waiting for a CPU"
            </span>
            <span class="legend-item"><span class="glyph">"▾"</span>"signal"</span>
            <span class="legend-item"><span class="glyph">"◆"</span>"exec"</span>
        </div>
    }
}
