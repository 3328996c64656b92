//! The first face of the page: start a trace, the traces there are, and examples to try.

use leptos::prelude::*;

use super::examples::Examples;
use super::page::{Brand, ThemeToggle};
use super::session_list::SessionList;
use super::start::StartPanel;

#[component]
pub(crate) fn Home() -> impl IntoView {
    document().set_title("syscope");
    view! {
        <header class="top-bar">
            <Brand/>
            <span class="top-bar-space"></span>
            <ThemeToggle/>
        </header>
        <main class="home">
            <StartPanel/>
            <div class="home-column">
                <SessionList/>
                <Examples/>
            </div>
        </main>
    }
}
