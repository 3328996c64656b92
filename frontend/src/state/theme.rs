//! Light or dark: what the person chose, else what the system says. Reads the palette from the stylesheet.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::paint::palette::Palette;

const STORAGE_KEY: &str = "syscope.theme";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Light,
    Dark,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|mode| mode.name() == name)
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}

/// The theme and its colours, as signals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    pub(crate) mode: RwSignal<Mode>,
    /// Changes after the document has taken the mode on.
    pub(crate) palette: RwSignal<Palette>,
}

impl Theme {
    /// Starts with the stored choice or the system's, and follows the system as long as nothing was chosen.
    pub(crate) fn start() -> Self {
        let mode = stored().unwrap_or_else(of_system);
        apply(mode);
        let theme = Self { mode: RwSignal::new(mode), palette: RwSignal::new(read_palette()) };
        if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
            let on_change = Closure::<dyn Fn()>::new(move || {
                if stored().is_none() {
                    theme.set(of_system());
                }
            });
            query.set_onchange(Some(on_change.as_ref().unchecked_ref()));
            // Listens for as long as the page lives.
            on_change.forget();
            std::mem::forget(query);
        }
        theme
    }

    fn set(self, mode: Mode) {
        apply(mode);
        self.mode.set(mode);
        self.palette.set(read_palette());
    }

    /// Takes the other mode, and remembers that it was chosen.
    pub(crate) fn toggle(self) {
        let mode = self.mode.get_untracked().other();
        if let Ok(Some(storage)) = window().local_storage() {
            // A browser that refuses storage only forgets the choice.
            let _refused = storage.set_item(STORAGE_KEY, mode.name());
        }
        self.set(mode);
    }
}

fn stored() -> Option<Mode> {
    let storage = window().local_storage().ok()??;
    Mode::from_name(&storage.get_item(STORAGE_KEY).ok()??)
}

fn of_system() -> Mode {
    match window().match_media("(prefers-color-scheme: dark)") {
        Ok(Some(query)) if query.matches() => Mode::Dark,
        _ => Mode::Light,
    }
}

fn apply(mode: Mode) {
    if let Some(root) = document().document_element() {
        // Setting an attribute of the root cannot fail.
        let _set = root.set_attribute("data-theme", mode.name());
    }
}

fn read_palette() -> Palette {
    let style =
        document().document_element().and_then(|root| window().get_computed_style(&root).ok().flatten());
    Palette::from_tokens(|token| {
        style.as_ref().and_then(|style| style.get_property_value(token).ok()).unwrap_or_default()
    })
}
