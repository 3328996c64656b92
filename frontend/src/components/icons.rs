//! The few icons, drawn in the text's colour. All are decoration: what carries one has words or a label.

use leptos::prelude::*;

fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

pub(crate) fn mark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="3.5"></rect>
            <path d="M3 5h6M3 8h10M6 11h5"></path>
        </svg>
    }
}

pub(crate) fn close() -> impl IntoView {
    icon("M4 4l8 8M12 4l-8 8")
}

pub(crate) fn contrast() -> impl IntoView {
    icon("M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 2v12M8 5l4.6-.6M8 8h6M8 11l4.6.6")
}

pub(crate) fn back() -> impl IntoView {
    icon("M9.5 3.5L5 8l4.5 4.5")
}

pub(crate) fn download() -> impl IntoView {
    icon("M8 2.5v7.5M4.8 7.2L8 10.4l3.2-3.2M3 13.5h10")
}

pub(crate) fn stop() -> impl IntoView {
    icon("M4 4h8v8H4z")
}

pub(crate) fn trash() -> impl IntoView {
    icon("M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4")
}

pub(crate) fn search() -> impl IntoView {
    icon("M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3L13.5 13.5")
}

pub(crate) fn chevron() -> impl IntoView {
    icon("M6 4l4 4-4 4")
}

pub(crate) fn help() -> impl IntoView {
    icon("M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.2v.3")
}
