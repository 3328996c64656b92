//! Puts rasters and shapes on canvases. The only drawing code that touches the browser.

use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::palette::{Ink, Palette};
use super::raster::Raster;
use super::shape::{Font, Glyph, Rect, Shape, Word};

/// The sizes of [`Font`]s: `MONO_CHAR_PX` follows from the last.
const UI_FONT: &str = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const UI_STRONG_FONT: &str = "600 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const MONO_FONT: &str = "11px ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace";

/// What stands between the words of a label.
const WORD_GAP_PX: f64 = 7.0;

/// Device pixels a CSS pixel.
pub(crate) fn device_pixel_ratio() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio().max(0.5))
}

/// The canvas's context, its bitmap made to fit `width_px` by `height_px` CSS pixels.
pub(crate) fn fitted(
    canvas: &HtmlCanvasElement,
    width_px: f64,
    height_px: f64,
    dpr: f64,
) -> Option<CanvasRenderingContext2d> {
    let (width, height) = ((width_px * dpr).round() as u32, (height_px * dpr).round() as u32);
    if canvas.width() != width {
        canvas.set_width(width);
    }
    if canvas.height() != height {
        canvas.set_height(height);
    }
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// Replaces everything on the canvas.
pub(crate) fn put_raster(context: &CanvasRenderingContext2d, raster: &Raster) {
    let (width, height) = (raster.width() as u32, raster.height() as u32);
    if width == 0 || height == 0 {
        return;
    }
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(raster.bytes()), width, height);
    if let Ok(image) = image {
        // Fails only for a detached image, which this is not.
        let _put = context.put_image_data(&image, 0.0, 0.0);
    }
}

/// Clears the canvas and draws `shapes` in order.
pub(crate) fn draw(context: &CanvasRenderingContext2d, shapes: &[Shape], palette: &Palette, dpr: f64) {
    let Some(canvas) = context.canvas() else { return };
    // Resetting the transform of a live context cannot fail.
    let _reset = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
    let _scaled = context.scale(dpr, dpr);
    context.set_text_baseline("middle");
    let mut pen = Pen { context, palette, ink: None, font: None };
    for shape in shapes {
        pen.draw(shape);
    }
}

/// Remembers the canvas's state: setting a style parses a string.
struct Pen<'a> {
    context: &'a CanvasRenderingContext2d,
    palette: &'a Palette,
    ink: Option<Ink>,
    font: Option<Font>,
}

impl Pen<'_> {
    fn take_ink(&mut self, ink: Ink) {
        if self.ink != Some(ink) {
            let color = self.palette.color(ink).css();
            self.context.set_fill_style_str(&color);
            self.context.set_stroke_style_str(&color);
            self.ink = Some(ink);
        }
    }

    fn take_font(&mut self, font: Font) {
        if self.font != Some(font) {
            self.context.set_font(match font {
                Font::Ui => UI_FONT,
                Font::UiStrong => UI_STRONG_FONT,
                Font::Mono => MONO_FONT,
            });
            self.font = Some(font);
        }
    }

    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Fill { rect, ink } => {
                self.take_ink(*ink);
                self.context.fill_rect(rect.x, rect.y, rect.width, rect.height);
            }
            Shape::Outline { rect, ink } => {
                self.take_ink(*ink);
                self.outline(rect);
            }
            Shape::Text { x, y, text, ink, font, max_px } => {
                self.take_ink(*ink);
                self.take_font(*font);
                self.text(*x, *y, text, *max_px);
            }
            Shape::Words { x, y, words, max_px } => self.words(*x, *y, words, *max_px),
            Shape::Mark { x, y, glyph, ink } => {
                self.take_ink(*ink);
                self.mark(*x, *y, *glyph);
            }
        }
    }

    fn outline(&self, rect: &Rect) {
        self.context.set_line_width(1.5);
        self.context.stroke_rect(rect.x + 0.75, rect.y + 0.75, rect.width - 1.5, rect.height - 1.5);
    }

    fn words(&mut self, x: f64, y: f64, words: &[Word], max_px: f64) {
        let mut at = 0.0;
        for word in words {
            self.take_ink(word.ink);
            self.take_font(word.font);
            at += self.text(x + at, y, &word.text, max_px - at) + WORD_GAP_PX;
            if at >= max_px {
                return;
            }
        }
    }

    /// Text that is too wide is cut with an ellipsis. Returns the width of the whole.
    fn text(&self, x: f64, y: f64, text: &str, max_px: f64) -> f64 {
        let width = |text: &str| self.context.measure_text(text).map_or(0.0, |metrics| metrics.width());
        let full = width(text);
        if full <= max_px {
            let _drawn = self.context.fill_text(text, x, y);
            return full;
        }
        let mut limit = (text.chars().count() as f64 * max_px / full) as usize;
        let mut cut = crate::view_model::text::shortened(text, limit);
        while limit > 1 && width(&cut) > max_px {
            limit -= 1;
            cut = crate::view_model::text::shortened(text, limit);
        }
        if limit > 1 {
            let _drawn = self.context.fill_text(&cut, x, y);
        }
        full
    }

    fn mark(&self, x: f64, y: f64, glyph: Glyph) {
        let polygons: &[&[(f64, f64)]] = match glyph {
            Glyph::Triangle => &[&[(-5.0, -9.0), (5.0, -9.0), (0.0, 0.0)]],
            Glyph::Diamond => &[&[(0.0, -6.0), (5.0, 0.0), (0.0, 6.0), (-5.0, 0.0)]],
            Glyph::Start => &[&[(-1.0, -8.0), (1.0, -8.0), (1.0, 8.0), (-1.0, 8.0)]],
            Glyph::End => &[&[(-1.5, -8.0), (1.5, -8.0), (1.5, 8.0), (-1.5, 8.0)]],
            Glyph::Pause => &[
                &[(-4.0, -7.0), (-1.0, -7.0), (-1.0, 7.0), (-4.0, 7.0)],
                &[(1.0, -7.0), (4.0, -7.0), (4.0, 7.0), (1.0, 7.0)],
            ],
            Glyph::Open => &[&[(-4.0, -2.5), (4.0, -2.5), (0.0, 3.0)]],
            Glyph::Folded => &[&[(-2.5, -4.0), (3.0, 0.0), (-2.5, 4.0)]],
        };
        for polygon in polygons {
            self.polygon(x, y, polygon, matches!(glyph, Glyph::Triangle | Glyph::Diamond));
        }
    }

    fn polygon(&self, x: f64, y: f64, points: &[(f64, f64)], has_halo: bool) {
        self.context.begin_path();
        for (dx, dy) in points {
            self.context.line_to(x + dx, y + dy);
        }
        self.context.close_path();
        if has_halo {
            self.context.set_stroke_style_str(&self.palette.color(Ink::Canvas).css());
            self.context.set_line_width(2.0);
            self.context.stroke();
            let ink = self.ink.unwrap_or(Ink::Text);
            self.context.set_stroke_style_str(&self.palette.color(ink).css());
        }
        self.context.fill();
    }
}
