//! One draw per animation frame, and only when something changed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::request_animation_frame;

/// A picture that can be asked to be drawn again.
#[derive(Clone)]
pub(crate) struct Redraw {
    inner: Rc<Inner>,
}

struct Inner {
    is_scheduled: Cell<bool>,
    draw: RefCell<Box<dyn FnMut()>>,
}

impl std::fmt::Debug for Redraw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redraw").field("is_scheduled", &self.inner.is_scheduled).finish_non_exhaustive()
    }
}

impl Redraw {
    pub(crate) fn new(draw: impl FnMut() + 'static) -> Self {
        let inner = Inner { is_scheduled: Cell::new(false), draw: RefCell::new(Box::new(draw)) };
        Self { inner: Rc::new(inner) }
    }

    /// Draws at the next animation frame, however often it is asked before.
    pub(crate) fn request(&self) {
        if self.inner.is_scheduled.replace(true) {
            return;
        }
        let inner = Rc::clone(&self.inner);
        request_animation_frame(move || {
            inner.is_scheduled.set(false);
            (inner.draw.borrow_mut())();
        });
    }
}
