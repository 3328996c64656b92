//! An open session: its header, what the panels are about, the panels, the details, and the keys.

use leptos::prelude::*;
use syscope_shared::api::SessionState;
use syscope_shared::units::TimeRange;
use wasm_bindgen::JsCast;

use super::details::Details;
use super::events::Events;
use super::flame::Flame;
use super::header::SessionHeader;
use super::help::Help;
use super::narrowing::Narrowing;
use super::output::OutputPanel;
use super::overview::Overview;
use super::summary::Summary;
use super::timeline::Timeline;
use super::tree::Tree;
use crate::interaction::keys::{self, Action, Press};
use crate::source::Link;
use crate::state::address::{Address, Tab};
use crate::state::app::{fragment, use_app};
use crate::state::session::Session;

/// The open session. Every component below [`SessionPage`] has one.
pub(crate) fn use_session() -> Session {
    expect_context()
}

#[component]
pub(crate) fn SessionPage(id: String) -> impl IntoView {
    let app = use_app();
    let session = Session::open(app, id, &Address::parse(&fragment()))?;
    provide_context(session);
    let shows_help = RwSignal::new(false);
    listen_to_keys(session, shows_help);
    give_up_focus_after_clicks();
    Effect::new(move |_| {
        if session.link.get() == Link::Unauthorized {
            app.rest.set(None);
        }
    });
    Effect::new(move |_| {
        let label = session.info.with(|info| info.as_ref().map(|info| info.label.clone()));
        document().set_title(&label.map_or("syscope".to_owned(), |label| format!("{label} · syscope")));
    });
    Some(view! {
        <div class="session">
            <SessionHeader shows_help=shows_help/>
            <ConnectionBanner/>
            <Body/>
            {move || shows_help.get().then(|| view! { <Help on_close=move || shows_help.set(false)/> })}
        </div>
    })
}

/// What is in the way of live answers, if something is.
#[component]
fn ConnectionBanner() -> impl IntoView {
    let session = use_session();
    move || {
        match session.link.get() {
        Link::Cut => Some(
            view! {
                <div class="banner" role="status" data-testid="reconnecting">
                    "The connection to the server is cut. Trying again; the recording goes on without this page."
                </div>
            }
            .into_any(),
        ),
        Link::Refused(reason) => Some(
            view! { <div class="banner banner-error" role="alert" data-testid="link-refused">{reason}</div> }.into_any(),
        ),
        Link::Connecting | Link::Open | Link::Unauthorized => None,
    }
    }
}

#[component]
fn Body() -> impl IntoView {
    let session = use_session();
    let failure = Memo::new(move |_| {
        session.info.with(|info| match info.as_ref().map(|info| &info.state) {
            Some(SessionState::Failed { reason }) => Some(reason.clone()),
            _ => None,
        })
    });
    move || {
        match failure.get() {
        Some(reason) => view! {
            <div class="blank">
                <div class="blank-card" data-testid="session-failure">
                    <h1>"Nothing was recorded"</h1>
                    <p>{reason}</p>
                    <button class="button" on:click=move |_| session.app.show_list()>"Back to the traces"</button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <Overview/>
            <Tabs/>
            <div class="work">
                <Panel/>
                {move || session.event.get().is_some().then(|| view! { <Details/> })}
            </div>
        }
        .into_any(),
    }
    }
}

#[component]
fn Tabs() -> impl IntoView {
    let session = use_session();
    view! {
        <div class="tab-bar">
            <div class="tabs" role="tablist" aria-label="Views">
                {Tab::ALL.map(|tab| view! {
                    <button
                        role="tab"
                        id=format!("tab-{}", tab.word())
                        data-testid=format!("tab-{}", tab.word())
                        aria-selected=move || (session.tab.get() == tab).to_string()
                        aria-controls="panel"
                        on:click=move |_| session.tab.set(tab)
                    >
                        {tab.title()}
                    </button>
                }).collect_view()}
            </div>
            <Narrowing/>
        </div>
    }
}

#[component]
fn Panel() -> impl IntoView {
    let session = use_session();
    view! {
        <section
            id="panel"
            class="panel"
            role="tabpanel"
            aria-labelledby=move || format!("tab-{}", session.tab.get().word())
        >
            {move || match session.tab.get() {
                Tab::Timeline => view! { <Timeline/> }.into_any(),
                Tab::Flame => view! { <Flame/> }.into_any(),
                Tab::Tree => view! { <Tree/> }.into_any(),
                Tab::Summary => view! { <Summary/> }.into_any(),
                Tab::Events => view! { <Events/> }.into_any(),
                Tab::Output => view! { <OutputPanel/> }.into_any(),
            }}
        </section>
    }
}

/// What a key press is, as the table of bindings wants to know it.
pub(crate) fn press_of(event: &web_sys::KeyboardEvent) -> Press {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let tag = target.map(|element| element.tag_name()).unwrap_or_default();
    let is_pressing_button = tag == "BUTTON" && matches!(event.code().as_str(), "Space" | "Enter");
    Press {
        code: event.code(),
        key: event.key(),
        has_modifier: event.ctrl_key() || event.alt_key() || event.meta_key(),
        is_typing: matches!(tag.as_str(), "INPUT" | "TEXTAREA" | "SELECT") || is_pressing_button,
    }
}

fn listen_to_keys(session: Session, shows_help: RwSignal<bool>) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let Some(action) = keys::action(&press_of(&event)) else { return };
        if obey(session, shows_help, action) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// A button that was clicked with a pointer keeps no focus: Space would press it again instead of freezing the view.
fn give_up_focus_after_clicks() {
    let handle = window_event_listener(leptos::ev::click, move |event| {
        let is_by_pointer = event.detail() > 0;
        let focused = document().active_element().and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(button) = focused.filter(|element| is_by_pointer && element.tag_name() == "BUTTON") {
            // An element that has the focus can lose it.
            let _blurred = button.blur();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Does what every panel has in common; whether it did something.
fn obey(session: Session, shows_help: RwSignal<bool>, action: Action) -> bool {
    match action {
        Action::Tab(tab) => session.tab.set(tab),
        Action::Help => shows_help.update(|shows| *shows = !*shows),
        Action::Theme => session.app.theme.toggle(),
        Action::Freeze => session.toggle_frozen(),
        Action::FailedOnly => session.filter_by(|filter| filter.failed_only = !filter.failed_only),
        Action::Filter => focus_filter(),
        Action::SliceToRange => session.select_range(slice_or_visible(session)),
        Action::Leave => return leave(session, shows_help),
        Action::ZoomIn
        | Action::ZoomOut
        | Action::PanLeft
        | Action::PanRight
        | Action::LaneUp
        | Action::LaneDown
        | Action::Fold
        | Action::NextSlice
        | Action::PreviousSlice
        | Action::Fit => return false,
    }
    true
}

/// One step out: of the help, of what is typed in, of the details, of the range.
fn leave(session: Session, shows_help: RwSignal<bool>) -> bool {
    if shows_help.get_untracked() {
        shows_help.set(false);
    } else if blur_input() {
    } else if session.event.get_untracked().is_some() {
        session.select(None);
    } else {
        return session.leave_range();
    }
    true
}

/// Takes the focus out of a field; whether it was in one.
fn blur_input() -> bool {
    let focused =
        document().active_element().and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    match focused {
        Some(element) if matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA") => {
            element.blur().is_ok()
        }
        _ => false,
    }
}

fn focus_filter() {
    let field = document().get_element_by_id("filter-text");
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A field that cannot take the focus is not shown.
        let _focused = field.focus();
    }
}

/// The selected call's span, else what the timeline shows.
fn slice_or_visible(session: Session) -> TimeRange {
    let selected = untrack(|| session.selected());
    match selected {
        Some(selected) => {
            let end = selected.end.unwrap_or_else(|| session.now_untracked());
            TimeRange {
                start: selected.start,
                end: end.max(selected.start + syscope_shared::units::Nanos(1)),
            }
        }
        None => session.viewport_untracked().range(),
    }
}
