//! A list of any length with some sixty rows in the document: the arithmetic is `view_model::window`'s.

use leptos::html;
use leptos::prelude::*;

use super::stage::observe_size;
use crate::view_model::window::{ListGeometry, RowWindow};

#[derive(Clone, Copy, Debug)]
pub(crate) struct VirtualList {
    pub(crate) node: NodeRef<html::Div>,
    rows: Memo<u64>,
    row_px: f64,
    size: RwSignal<(f64, f64)>,
    scroll: RwSignal<f64>,
}

impl VirtualList {
    pub(crate) fn new(row_px: f64, rows: Memo<u64>) -> Self {
        let list = Self {
            node: NodeRef::new(),
            rows,
            row_px,
            size: RwSignal::new((0.0, 0.0)),
            scroll: RwSignal::new(0.0),
        };
        observe_size(list.node, list.size);
        list
    }

    fn geometry(self) -> ListGeometry {
        ListGeometry { rows: self.rows.get(), row_px: self.row_px, viewport_px: self.size.get().1 }
    }

    /// The height of what is scrolled.
    pub(crate) fn height_px(self) -> f64 {
        self.geometry().height_px()
    }

    /// The rows to show.
    pub(crate) fn window(self) -> RowWindow {
        self.geometry().window(self.scroll.get())
    }

    /// To be called when the box was scrolled.
    pub(crate) fn on_scroll(self) {
        let Some(node) = self.node.get_untracked() else { return };
        let scroll = f64::from(node.scroll_top());
        // Element offsets are whole pixels: the list's own, finer offset stands as long as they agree.
        if (scroll - self.scroll.get_untracked()).abs() >= 1.0 {
            self.scroll.set(scroll);
        }
    }

    /// Where a pixel of scrolling is more than a pixel of rows, the wheel still moves by rows.
    pub(crate) fn on_wheel(self, event: &web_sys::WheelEvent) {
        let geometry = untrack(|| self.geometry());
        if !geometry.is_scaled() || event.ctrl_key() {
            return;
        }
        event.prevent_default();
        let row = geometry.row_from_scroll(self.scroll.get_untracked()) + event.delta_y() / self.row_px;
        self.scroll_to(geometry.scroll_from_row(row));
    }

    /// Scrolls as little as shows `row`.
    pub(crate) fn show_row(self, row: u64) {
        let geometry = untrack(|| self.geometry());
        self.scroll_to(geometry.scroll_to_show(row, self.scroll.get_untracked()));
    }

    pub(crate) fn is_at_end(self) -> bool {
        let geometry = untrack(|| self.geometry());
        self.scroll.get_untracked() >= geometry.height_px() - geometry.viewport_px - self.row_px
    }

    /// Does nothing for a list that is gone.
    pub(crate) fn scroll_to_end(self) {
        if self.node.try_get_untracked().flatten().is_none() {
            return;
        }
        let geometry = untrack(|| self.geometry());
        self.scroll_to(geometry.height_px());
    }

    fn scroll_to(self, scroll_px: f64) {
        let Some(node) = self.node.get_untracked() else { return };
        node.set_scroll_top(scroll_px as i32);
        let geometry = untrack(|| self.geometry());
        self.scroll.set(scroll_px.clamp(0.0, (geometry.height_px() - geometry.viewport_px).max(0.0)));
    }
}
