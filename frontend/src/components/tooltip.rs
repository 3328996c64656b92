//! What the pointer is over, in words, beside the pointer.

use leptos::prelude::*;
use syscope_shared::ids::EventId;

/// A tooltip at a point of the stage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tip {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) head: String,
    /// strace's text, once it is known.
    pub(crate) text: String,
    /// The event that `text` is of.
    pub(crate) event: Option<EventId>,
}

/// The widest that a tooltip gets, as the stylesheet has it.
const WIDTH_PX: f64 = 460.0;

/// Stays inside `bounds` (width and height of the stage).
#[component]
pub(crate) fn Tooltip(tip: RwSignal<Option<Tip>>, bounds: RwSignal<(f64, f64)>) -> impl IntoView {
    move || {
        tip.get().map(|tip| {
            let (width, height) = bounds.get_untracked();
            let left = (tip.x + 14.0).min(width - WIDTH_PX).max(4.0);
            // Below the pointer, or above it in the lower part.
            let is_above = tip.y > height - 120.0;
            let shift = if is_above { "translateY(-100%)" } else { "none" };
            let top = if is_above { tip.y - 12.0 } else { tip.y + 18.0 };
            view! {
                <div
                    class="tooltip"
                    data-testid="stage-tooltip"
                    role="status"
                    style:left=format!("{left}px")
                    style:top=format!("{top}px")
                    style:transform=shift
                >
                    <span class="tooltip-head">{tip.head}</span>
                    {(!tip.text.is_empty()).then(|| view! { <span class="tooltip-text mono">{tip.text}</span> })}
                </div>
            }
        })
    }
}
