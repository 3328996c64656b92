//! The page: which of its two faces is shown, and what is said when something is wrong with the page itself.

use leptos::prelude::*;

use super::home::Home;
use super::icons;
use super::session::SessionPage;
use crate::state::app::{App, use_app};

/// Mounts the page.
pub(crate) fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        show_crash();
    }));
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    mount_to_body(Page);
}

/// A bug stopped the program: says so where everything else would only stand still. Uses the document alone, since nothing else can
/// be trusted now.
fn show_crash() {
    let Some(body) = document().body() else { return };
    let Ok(notice) = document().create_element("div") else { return };
    notice.set_class_name("crash");
    notice.set_text_content(Some(
        "The page stopped because of a bug in syscope. Traces are not affected; reload the page to go on. \
         The browser's console says more.",
    ));
    // Nothing is left to try if even this fails.
    let _appended = body.append_child(&notice);
}

#[component]
fn Page() -> impl IntoView {
    let app = App::start();
    provide_context(app);
    view! {
        <Notice/>
        {move || match (app.rest.with(Option::is_some), app.session.get()) {
            (false, _) => view! { <NoToken/> }.into_any(),
            (true, None) => view! { <Home/> }.into_any(),
            (true, Some(id)) => view! { <SessionPage id=id/> }.into_any(),
        }}
    }
}

/// What went wrong with what was just asked for.
#[component]
fn Notice() -> impl IntoView {
    let app = use_app();
    move || {
        app.notice.get().map(|text| {
            view! {
                <div class="notice" role="alert" data-testid="notice">
                    <span>{text}</span>
                    <button class="icon-button" aria-label="Dismiss" on:click=move |_| app.notice.set(None)>
                        {icons::close()}
                    </button>
                </div>
            }
        })
    }
}

/// No token, or one that the server does not accept.
#[component]
fn NoToken() -> impl IntoView {
    view! {
        <main class="blank" data-testid="no-token">
            <div class="blank-card">
                <Brand/>
                <h1>"This page needs its token"</h1>
                <p>
                    "Open the URL that " <code>"syscope serve"</code>
                    " printed when it started: it ends in " <code>"#token=…"</code>
                    ". The token is new each time the server starts, so a link from before no longer works."
                </p>
            </div>
        </main>
    }
}

/// The product's name and mark.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! { <span class="brand">{icons::mark()} <span>"syscope"</span></span> }
}

/// Switches between light and dark.
#[component]
pub(crate) fn ThemeToggle() -> impl IntoView {
    let app = use_app();
    let label = move || {
        format!(
            "Switch to {}",
            match app.theme.mode.get() {
                crate::state::theme::Mode::Light => "dark",
                crate::state::theme::Mode::Dark => "light",
            }
        )
    };
    view! {
        <button
            class="icon-button"
            data-testid="theme-toggle"
            aria-label=label
            title=label
            on:click=move |_| app.theme.toggle()
        >
            {icons::contrast()}
        </button>
    }
}
