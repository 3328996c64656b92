//! One view's questions: one on the way, the latest waiting, none sooner after the last than the view can use.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::{set_timeout, window};
use syscope_shared::query::{Answer, Query};

use super::Source;

/// Asks for one view. Nothing is delivered after the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Asker {
    inner: Rc<Inner>,
}

/// What a view does with an answer, beside the question that it is to.
type Deliver = dyn Fn(&Query, Result<Answer, String>);

struct Inner {
    source: Source,
    /// The least time between two questions that differ only in the trace having grown, in milliseconds.
    gap_ms: f64,
    deliver: Box<Deliver>,
    on_its_way: RefCell<Option<(u32, Query)>>,
    wanted: RefCell<Option<Query>>,
    last_asked_ms: Cell<f64>,
    has_timer: Cell<bool>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some((id, _)) = self.on_its_way.get_mut().take() {
            self.source.forget(id);
        }
    }
}

/// Milliseconds since the page was loaded.
pub(crate) fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

impl Asker {
    pub(crate) fn new(
        source: Source,
        gap_ms: f64,
        deliver: impl Fn(&Query, Result<Answer, String>) + 'static,
    ) -> Self {
        let inner = Inner {
            source,
            gap_ms,
            deliver: Box::new(deliver),
            on_its_way: RefCell::new(None),
            wanted: RefCell::new(None),
            last_asked_ms: Cell::new(f64::NEG_INFINITY),
            has_timer: Cell::new(false),
        };
        Self { inner: Rc::new(inner) }
    }

    /// Asks `query` as soon as the question on its way is answered: the person changed something.
    pub(crate) fn ask(&self, query: Query) {
        *self.inner.wanted.borrow_mut() = Some(query);
        self.inner.last_asked_ms.set(f64::NEG_INFINITY);
        pump(&self.inner);
    }

    /// Asks `query` when the view's pause is over: the trace has grown.
    pub(crate) fn ask_again(&self, query: Query) {
        *self.inner.wanted.borrow_mut() = Some(query);
        pump(&self.inner);
    }
}

fn pump(inner: &Rc<Inner>) {
    if inner.on_its_way.borrow().is_some() || inner.wanted.borrow().is_none() {
        return;
    }
    let wait_ms = inner.last_asked_ms.get() + inner.gap_ms - now_ms();
    if wait_ms > 0.0 {
        if !inner.has_timer.replace(true) {
            let weak = Rc::downgrade(inner);
            let wake = move || {
                if let Some(inner) = weak.upgrade() {
                    inner.has_timer.set(false);
                    pump(&inner);
                }
            };
            set_timeout(wake, Duration::from_millis(wait_ms.ceil() as u64));
        }
        return;
    }
    let Some(query) = inner.wanted.borrow_mut().take() else { return };
    inner.last_asked_ms.set(now_ms());
    let weak = Rc::downgrade(inner);
    let deliver = move |answer: Result<Answer, String>| {
        let Some(inner) = weak.upgrade() else { return };
        let on_its_way = inner.on_its_way.borrow_mut().take();
        if let Some((_, query)) = on_its_way {
            (inner.deliver)(&query, answer);
        }
        pump(&inner);
    };
    let id = inner.source.ask(query.clone(), Rc::new(deliver));
    *inner.on_its_way.borrow_mut() = Some((id, query));
}
