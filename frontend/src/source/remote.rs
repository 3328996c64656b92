//! One session over one websocket.
//!
//! A cut is expected: the connection is tried again with growing pauses, the session is opened again, and every question that was
//! not answered is asked again. Answers whose question nobody waits for any more are dropped.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::{GetUntracked, RwSignal, Set, set_timeout, window};
use syscope_shared::query::{Answer, Query};
use syscope_shared::wire::{self, ClientMessage, ServerMessage, Update};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::rest::{Rest, RestError};

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting,
    Open,
    /// Cut; the next try comes by itself.
    Cut,
    /// There is no use in trying: one sentence says why.
    Refused(String),
    /// The token is not accepted.
    Unauthorized,
}

pub(crate) type Deliver = Rc<dyn Fn(Result<Answer, String>)>;

/// A session's connection. Closes when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Source {
    inner: Rc<Inner>,
}

struct Inner {
    rest: Rest,
    session: String,
    link: RwSignal<Link>,
    on_update: Box<dyn Fn(Update)>,
    socket: RefCell<Option<Socket>>,
    waiting: RefCell<BTreeMap<u32, (Query, Deliver)>>,
    next_id: Cell<u32>,
    /// Tries since the connection last stood.
    attempts: Cell<u32>,
}

/// A websocket and the callbacks that it holds.
struct Socket {
    socket: WebSocket,
    _callbacks: [Closure<dyn Fn(MessageEvent)>; 3],
}

impl Drop for Socket {
    fn drop(&mut self) {
        for unset in [WebSocket::set_onopen, WebSocket::set_onmessage, WebSocket::set_onclose] {
            unset(&self.socket, None);
        }
        // Closing a closed socket is no error that matters.
        let _closed = self.socket.close();
    }
}

/// Pauses before tries, in milliseconds; the last repeats.
const BACKOFF_MS: [u64; 6] = [200, 400, 800, 1_500, 3_000, 5_000];

impl Source {
    /// Connects to a session; `link` follows how that goes, `on_update` gets every update.
    pub(crate) fn open(
        rest: Rest,
        session: String,
        link: RwSignal<Link>,
        on_update: impl Fn(Update) + 'static,
    ) -> Self {
        let inner = Rc::new(Inner {
            rest,
            session,
            link,
            on_update: Box::new(on_update),
            socket: RefCell::new(None),
            waiting: RefCell::new(BTreeMap::new()),
            next_id: Cell::new(1),
            attempts: Cell::new(0),
        });
        connect(&Rc::downgrade(&inner));
        Self { inner }
    }

    /// Asks; `deliver` is called once, unless [`Source::forget`] comes first. Returns the question's id.
    pub(crate) fn ask(&self, query: Query, deliver: Deliver) -> u32 {
        let id = self.inner.next_id.get();
        self.inner.next_id.set(id.wrapping_add(1));
        self.inner.waiting.borrow_mut().insert(id, (query.clone(), deliver));
        if self.inner.link.get_untracked() == Link::Open {
            self.inner.send(&ClientMessage::Ask { id, query });
        }
        id
    }

    /// Drops a question: its answer will be ignored.
    pub(crate) fn forget(&self, id: u32) {
        self.inner.waiting.borrow_mut().remove(&id);
    }
}

impl Inner {
    fn send(&self, message: &ClientMessage) {
        if let Some(socket) = &*self.socket.borrow() {
            // A socket that just broke reports that by `onclose`, and the question is asked again.
            let _sent = socket.socket.send_with_u8_array(&wire::encode(message));
        }
    }

    fn on_open(&self) {
        let session = self.session.clone();
        self.send(&ClientMessage::Open { version: wire::VERSION, session });
    }

    fn on_message(&self, bytes: &[u8]) {
        match wire::decode::<ServerMessage>(bytes) {
            Ok(ServerMessage::Opened { .. }) => self.on_opened(),
            Ok(ServerMessage::Update(update)) => (self.on_update)(update),
            Ok(ServerMessage::Answer { id, answer }) => self.deliver(id, Ok(answer)),
            Ok(ServerMessage::Failed { id: Some(id), reason }) => self.deliver(id, Err(reason)),
            Ok(ServerMessage::Failed { id: None, reason }) => self.refuse(Link::Refused(reason)),
            Err(error) => self.refuse(Link::Refused(format!("Reload the page: {error}."))),
        }
    }

    fn on_opened(&self) {
        self.attempts.set(0);
        self.link.set(Link::Open);
        let waiting: Vec<(u32, Query)> =
            self.waiting.borrow().iter().map(|(id, (query, _))| (*id, query.clone())).collect();
        for (id, query) in waiting {
            self.send(&ClientMessage::Ask { id, query });
        }
    }

    fn deliver(&self, id: u32, answer: Result<Answer, String>) {
        // Taken out before it is called: it may ask again.
        let waiting = self.waiting.borrow_mut().remove(&id);
        if let Some((_, deliver)) = waiting {
            deliver(answer);
        }
    }

    fn refuse(&self, link: Link) {
        self.link.set(link);
    }

    fn is_refused(&self) -> bool {
        matches!(self.link.get_untracked(), Link::Refused(_) | Link::Unauthorized)
    }
}

/// Gets a ticket and opens the websocket with it.
fn connect(weak: &Weak<Inner>) {
    let weak = weak.clone();
    spawn_local(async move {
        let Some(rest) = weak.upgrade().map(|inner| inner.rest.clone()) else { return };
        let ticket = rest.ws_ticket().await;
        let Some(inner) = weak.upgrade() else { return };
        let opened = match ticket {
            Ok(ticket) => open_socket(&weak, &ticket.ticket),
            Err(RestError::Unauthorized) => return inner.refuse(Link::Unauthorized),
            Err(RestError::Refused(reason)) => return inner.refuse(Link::Refused(reason)),
            Err(RestError::Unreachable | RestError::Unreadable(_)) => None,
        };
        match opened {
            Some(socket) => *inner.socket.borrow_mut() = Some(socket),
            None => retry_later(&inner),
        }
    });
}

fn retry_later(inner: &Rc<Inner>) {
    if inner.is_refused() {
        return;
    }
    inner.link.set(Link::Cut);
    let attempt = inner.attempts.get();
    inner.attempts.set(attempt + 1);
    let pause = BACKOFF_MS[(attempt as usize).min(BACKOFF_MS.len() - 1)];
    let weak = Rc::downgrade(inner);
    set_timeout(move || connect(&weak), Duration::from_millis(pause));
}

fn open_socket(weak: &Weak<Inner>, ticket: &str) -> Option<Socket> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let url = format!("{scheme}://{}/ws?ticket={ticket}", location.host().ok()?);
    let socket = WebSocket::new(&url).ok()?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let with_inner = |react: fn(&Rc<Inner>, &MessageEvent)| {
        let weak = weak.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = weak.upgrade() {
                react(&inner, &event);
            }
        })
    };
    let callbacks = [
        with_inner(|inner, _| inner.on_open()),
        with_inner(|inner, event| {
            let bytes = js_sys::Uint8Array::new(&event.data()).to_vec();
            inner.on_message(&bytes);
        }),
        with_inner(|inner, _| retry_later(inner)),
    ];
    socket.set_onopen(Some(callbacks[0].as_ref().unchecked_ref()));
    socket.set_onmessage(Some(callbacks[1].as_ref().unchecked_ref()));
    socket.set_onclose(Some(callbacks[2].as_ref().unchecked_ref()));
    Some(Socket { socket, _callbacks: callbacks })
}
