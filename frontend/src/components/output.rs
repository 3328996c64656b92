//! What the traced command wrote to its standard output and error.

use leptos::html;
use leptos::prelude::*;
use syscope_shared::event::Stream;
use syscope_shared::query::{Answer, OutputAnswer, Query};

use super::panel::{Loading, Problem};
use super::session::use_session;
use crate::view_model::terminal::passages;
use crate::view_model::text;

/// The most that is shown: the end of it.
const LIMIT_BYTES: u64 = 256 * 1024;

#[component]
pub(crate) fn OutputPanel() -> impl IntoView {
    let session = use_session();
    let answer = RwSignal::new(None::<Result<OutputAnswer, String>>);
    let node = NodeRef::<html::Pre>::new();
    session.keep_asking(
        150.0,
        move || Some(Query::Output { range: session.query_range(), limit_bytes: LIMIT_BYTES }),
        move |_, found| {
            let found = match found {
                Ok(Answer::Output(found)) => Ok(found),
                Ok(_) => return,
                Err(reason) => Err(reason),
            };
            if answer.with_untracked(|known| known.as_ref() == Some(&found)) {
                return;
            }
            // What was at its end stays there.
            let follows = node
                .get_untracked()
                .is_none_or(|pre| pre.scroll_top() + pre.client_height() >= pre.scroll_height() - 4);
            answer.set(Some(found));
            if follows {
                request_animation_frame(move || {
                    if let Some(pre) = node.try_get_untracked().flatten() {
                        pre.set_scroll_top(pre.scroll_height());
                    }
                });
            }
        },
    );
    let is_attached = move || {
        session.info.with(|info| {
            info.as_ref()
                .is_some_and(|info| matches!(info.target, syscope_shared::options::Target::Attach(_)))
        })
    };
    let missing = move || match (is_attached(), session.range().is_some(), session.is_live()) {
        (true, _, _) => {
            "An attached process keeps its own terminal: its output is not recorded. Its writes are among the events."
        }
        (false, true, _) => "Nothing was written in the selected range.",
        (false, false, true) => "Nothing written yet.",
        (false, false, false) => "The command wrote nothing to its standard output or error.",
    };
    view! {
        {move || match answer.get() {
            None => view! { <Loading/> }.into_any(),
            Some(Err(reason)) => view! { <Problem reason=reason/> }.into_any(),
            Some(Ok(answer)) if answer.pieces.is_empty() => view! {
                <div class="nothing" data-testid="output"><p class="hint">{missing}</p></div>
            }.into_any(),
            Some(Ok(answer)) => view! {
                <div class="panel-bar">
                    <span class="panel-fact"><span class="stream-key"></span>"standard output"</span>
                    <span class="panel-fact"><span class="stream-key stream-key-stderr"></span>"standard error"</span>
                    {(answer.omitted_bytes > 0).then(|| view! {
                        <span class="panel-fact">
                            {format!("The first {} are left out.", text::size(answer.omitted_bytes))}
                        </span>
                    })}
                </div>
                <pre class="output mono" node_ref=node data-testid="output" tabindex="0">
                    {passages(&answer.pieces).into_iter().map(|passage| {
                        let class = match passage.stream {
                            Stream::Stdout => "stdout",
                            Stream::Stderr => "stderr",
                        };
                        view! { <span class=class>{passage.text}</span> }
                    }).collect_view()}
                </pre>
            }.into_any(),
        }}
    }
}
