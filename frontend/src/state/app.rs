//! What the whole page knows: the token, the theme, which session is open.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::address::{Address, without_token};
use crate::source::rest::{Rest, RestError};
use crate::state::theme::Theme;

const TOKEN_KEY: &str = "syscope.token";

#[derive(Clone, Copy, Debug)]
pub(crate) struct App {
    /// `None`: the page was opened without one, or the server does not accept it.
    pub(crate) rest: RwSignal<Option<Rest>>,
    pub(crate) theme: Theme,
    /// The session that is open; `None`: the list.
    pub(crate) session: RwSignal<Option<String>>,
    /// Something went wrong with what the person just asked for: one sentence, until dismissed.
    pub(crate) notice: RwSignal<Option<String>>,
}

impl App {
    /// Takes the token out of the address, and the rest of the address as what to show.
    pub(crate) fn start() -> Self {
        let (token, rest) = without_token(&fragment());
        let storage = window().session_storage().ok().flatten();
        if let Some(token) = &token {
            write_fragment(&rest, Entry::Replace);
            if let Some(storage) = &storage {
                // A browser that refuses storage only asks for the URL again after a reload.
                let _refused = storage.set_item(TOKEN_KEY, token);
            }
        }
        let token = token.or_else(|| storage.and_then(|storage| storage.get_item(TOKEN_KEY).ok().flatten()));
        let app = Self {
            rest: RwSignal::new(token.map(Rest::new)),
            theme: Theme::start(),
            session: RwSignal::new(Address::parse(&rest).session),
            notice: RwSignal::new(None),
        };
        let _listens_forever = window_event_listener(leptos::ev::popstate, move |_| app.on_address_changed());
        let _listens_forever =
            window_event_listener(leptos::ev::hashchange, move |_| app.on_address_changed());
        app
    }

    /// Back, Forward, or an address typed in: another session is another view; the open view reads the rest itself.
    fn on_address_changed(self) {
        let (token, rest) = without_token(&fragment());
        if let Some(token) = token {
            write_fragment(&rest, Entry::Replace);
            if let Ok(Some(storage)) = window().session_storage() {
                let _refused = storage.set_item(TOKEN_KEY, &token);
            }
            self.rest.set(Some(Rest::new(token)));
        }
        let session = Address::parse(&rest).session;
        if self.session.get_untracked() != session {
            self.session.set(session);
        }
    }

    pub(crate) fn open(self, session: &str) {
        let address = Address { session: Some(session.to_owned()), ..Address::default() };
        write_fragment(&address.to_fragment(), Entry::Push);
        self.session.set(Some(session.to_owned()));
    }

    pub(crate) fn show_list(self) {
        write_fragment("", Entry::Push);
        self.session.set(None);
    }

    /// Shows what went wrong; a token that is not accepted brings the page that says where to get one.
    pub(crate) fn report(self, error: &RestError) {
        match error {
            RestError::Unauthorized => self.rest.set(None),
            other => self.notice.set(Some(other.to_string())),
        }
    }
}

/// The app of this page. Every component is below the root that provides it.
pub(crate) fn use_app() -> App {
    expect_context()
}

/// What the address has after its `#`.
pub(crate) fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Whether Back returns to what the address was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Push,
    Replace,
}

/// Writes the address, unless it says so already.
pub(crate) fn write_fragment(text: &str, entry: Entry) {
    let has_token = fragment().contains("token=");
    if fragment() == text && !has_token {
        return;
    }
    let Ok(history) = window().history() else { return };
    let path = window().location().pathname().unwrap_or_else(|_| "/".to_owned());
    let url = if text.is_empty() { path } else { format!("{path}#{text}") };
    // Browsers refuse only floods of entries; the next write makes up for one.
    let _written = match entry {
        Entry::Push => history.push_state_with_url(&JsValue::NULL, "", Some(&url)),
        Entry::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(&url)),
    };
}
