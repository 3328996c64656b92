//! A window on a list of any length: fixed row heights, and an offset that is scaled where the list would be taller than a browser
//! lets an element be.

/// The tallest element that the page makes, in CSS pixels. Browsers stop at 16 to 33 million.
const MAX_HEIGHT_PX: f64 = 8_000_000.0;

/// Rows that are kept above and below what is visible.
const MARGIN_ROWS: u64 = 8;

/// A scrolled list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ListGeometry {
    pub(crate) rows: u64,
    pub(crate) row_px: f64,
    pub(crate) viewport_px: f64,
}

/// The rows to have in the document, and where the first of them stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RowWindow {
    pub(crate) first: u64,
    pub(crate) count: u64,
    /// The top of row `first`, in the scrolled element's own coordinates.
    pub(crate) top_px: f64,
}

impl ListGeometry {
    /// The height of the scrolled element.
    pub(crate) fn height_px(self) -> f64 {
        (self.rows as f64 * self.row_px).min(MAX_HEIGHT_PX)
    }

    fn max_scroll_px(self) -> f64 {
        (self.height_px() - self.viewport_px).max(0.0)
    }

    /// The greatest first row, fractional.
    fn max_row(self) -> f64 {
        (self.rows as f64 - self.viewport_px / self.row_px).max(0.0)
    }

    /// Whether a scrolled pixel is more than a pixel of rows.
    pub(crate) fn is_scaled(self) -> bool {
        self.rows as f64 * self.row_px > MAX_HEIGHT_PX
    }

    /// The (fractional) row at the top of the viewport.
    pub(crate) fn row_from_scroll(self, scroll_px: f64) -> f64 {
        let max = self.max_scroll_px();
        if max == 0.0 { 0.0 } else { scroll_px.clamp(0.0, max) / max * self.max_row() }
    }

    /// Where to scroll for `row` to be at the top of the viewport, or as near as the end lets it.
    pub(crate) fn scroll_from_row(self, row: f64) -> f64 {
        let max_row = self.max_row();
        if max_row == 0.0 { 0.0 } else { row.clamp(0.0, max_row) / max_row * self.max_scroll_px() }
    }

    /// Where to scroll so that `row` is fully visible, as little as possible.
    pub(crate) fn scroll_to_show(self, row: u64, scroll_px: f64) -> f64 {
        let top = self.row_from_scroll(scroll_px);
        let visible = self.viewport_px / self.row_px;
        let row = row as f64;
        if row < top {
            self.scroll_from_row(row)
        } else if row + 1.0 > top + visible {
            self.scroll_from_row(row + 1.0 - visible)
        } else {
            scroll_px
        }
    }

    /// The rows around what is visible when scrolled to `scroll_px`.
    pub(crate) fn window(self, scroll_px: f64) -> RowWindow {
        let top_row = self.row_from_scroll(scroll_px);
        let first = (top_row as u64).saturating_sub(MARGIN_ROWS);
        let visible = (self.viewport_px / self.row_px).ceil() as u64 + 1;
        let count = (visible + 2 * MARGIN_ROWS).min(self.rows.saturating_sub(first));
        let scroll = scroll_px.clamp(0.0, self.max_scroll_px());
        RowWindow { first, count, top_px: scroll - (top_row - first as f64) * self.row_px }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: u64) -> ListGeometry {
        ListGeometry { rows, row_px: 22.0, viewport_px: 660.0 }
    }

    #[test]
    fn a_short_list_is_not_scaled() {
        let window = list(1_000).window(2_200.0);
        assert_eq!(window.first, 92);
        assert!((window.top_px - 92.0 * 22.0).abs() < 1e-6);
        assert!(!list(1_000).is_scaled());
    }

    #[test]
    fn both_ends_of_ten_million_rows_can_be_reached() {
        let list = list(10_000_000);
        assert!(list.is_scaled() && list.height_px() <= MAX_HEIGHT_PX);
        assert_eq!(list.window(0.0).first, 0);
        let end = list.window(list.height_px());
        assert_eq!(end.first + end.count, 10_000_000);
        let bottom = end.top_px + end.count as f64 * 22.0;
        assert!((bottom - list.height_px()).abs() < 0.01, "the last row ends where the element ends");
    }

    #[test]
    fn the_document_never_holds_more_than_two_hundred_rows() {
        for rows in [0, 1, 30, 500, 10_000_000] {
            for scroll in [0.0, 1.0, 12_345.0, 7_999_999.0] {
                let geometry = ListGeometry { rows, row_px: 22.0, viewport_px: 2_000.0 };
                let window = geometry.window(scroll);
                assert!(window.count <= 200 && window.first + window.count <= rows);
            }
        }
    }

    #[test]
    fn showing_a_row_scrolls_as_little_as_possible() {
        let list = list(1_000);
        assert_eq!(list.scroll_to_show(5, 0.0), 0.0);
        assert!((list.scroll_to_show(30, 0.0) - 22.0).abs() < 1e-6);
        assert!((list.scroll_to_show(10, 2_200.0) - 220.0).abs() < 1e-6);
    }
}
