//! The display list: what a sparse layer draws, as values that a test can look at.

use super::palette::Ink;

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Which face a text is set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Font {
    /// Labels.
    Ui,
    /// Labels that lead a group.
    UiStrong,
    /// What strace would print.
    Mono,
}

/// The form of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    /// A signal: a triangle that points down.
    Triangle,
    /// An exec: a diamond.
    Diamond,
    /// A start: a bar that opens to the right.
    Start,
    /// An end: a bar that closes to the left.
    End,
    /// A group-stop: two bars.
    Pause,
    /// An open group.
    Open,
    /// A folded group.
    Folded,
}

/// A part of [`Shape::Words`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) ink: Ink,
    pub(crate) font: Font,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Fill {
        rect: Rect,
        ink: Ink,
    },
    Outline {
        rect: Rect,
        ink: Ink,
    },
    /// Text whose vertical middle is `y`; what is wider than `max_px` is clipped.
    Text {
        x: f64,
        y: f64,
        text: String,
        ink: Ink,
        font: Font,
        max_px: f64,
    },
    /// Words one after the other, each as wide as it is; what does not fit `max_px` is cut.
    Words {
        x: f64,
        y: f64,
        words: Vec<Word>,
        max_px: f64,
    },
    /// A glyph of about ten pixels, centred.
    Mark {
        x: f64,
        y: f64,
        glyph: Glyph,
        ink: Ink,
    },
}

/// The width of a character of [`Font::Mono`] at the size that canvases use, in pixels.
pub(crate) const MONO_CHAR_PX: f64 = 6.7;

/// `text` cut to what fits `max_px` in [`Font::Mono`]; `None` when not even two characters do.
pub(crate) fn mono_fitting(text: &str, max_px: f64) -> Option<String> {
    let fitting = (max_px / MONO_CHAR_PX) as usize;
    if fitting < 2 && text.chars().count() > fitting {
        return None;
    }
    Some(crate::view_model::text::shortened(text, fitting))
}
