//! The first face of the page: start a trace, and the traces there are.

use leptos::prelude::*;

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
            <SessionList/>
        </main>
    }
}
