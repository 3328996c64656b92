//! The inks that drawing code names, and the colours that a theme gives them. Pure.

use syscope_shared::syscall::Class;

/// A colour as four bytes, straight alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Rgba(pub(crate) [u8; 4]);

impl Rgba {
    /// `self` laid over `below` with an opacity of `alpha`, 0 to 1.
    pub(crate) fn over(self, below: Self, alpha: f64) -> Self {
        let mix =
            |top: u8, bottom: u8| (f64::from(top) * alpha + f64::from(bottom) * (1.0 - alpha)).round() as u8;
        let (top, bottom) = (self.0, below.0);
        Self([mix(top[0], bottom[0]), mix(top[1], bottom[1]), mix(top[2], bottom[2]), 255])
    }

    /// Reads `#rgb`, `#rrggbb` or `#rrggbbaa`.
    pub(crate) fn parse(css: &str) -> Option<Self> {
        let digits = css.trim().strip_prefix('#')?;
        let nibble = |at: usize| digits.get(at..=at).and_then(|d| u8::from_str_radix(d, 16).ok());
        let byte = |at: usize| digits.get(at..at + 2).and_then(|d| u8::from_str_radix(d, 16).ok());
        match digits.len() {
            3 => Some(Self([nibble(0)? * 17, nibble(1)? * 17, nibble(2)? * 17, 255])),
            6 => Some(Self([byte(0)?, byte(2)?, byte(4)?, 255])),
            8 => Some(Self([byte(0)?, byte(2)?, byte(4)?, byte(6)?])),
            _ => None,
        }
    }

    pub(crate) fn css(self) -> String {
        let [red, green, blue, alpha] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}")
    }
}

/// A colour by its meaning. Each is a token `--…` of `style/tokens.css`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ink {
    /// Behind everything on a canvas.
    Canvas,
    /// Behind a row that is selected or under the pointer.
    Row,
    Grid,
    Text,
    Muted,
    /// Words on a class colour.
    OnClass,
    Accent,
    /// The selected range, translucent.
    Range,
    /// What lies outside the selected range, translucent.
    Veil,
    Error,
    /// A thread that lives, outside calls.
    Outside,
    Signal,
    /// Calls over time.
    Bar,
    Class(Class),
}

impl Ink {
    const PLAIN: [(Self, &str); 13] = [
        (Self::Canvas, "--canvas"),
        (Self::Row, "--canvas-row"),
        (Self::Grid, "--canvas-grid"),
        (Self::Text, "--text"),
        (Self::Muted, "--text-muted"),
        (Self::OnClass, "--on-class"),
        (Self::Accent, "--accent"),
        (Self::Range, "--canvas-range"),
        (Self::Veil, "--canvas-veil"),
        (Self::Error, "--canvas-error"),
        (Self::Outside, "--canvas-outside"),
        (Self::Signal, "--canvas-signal"),
        (Self::Bar, "--canvas-bar"),
    ];
}

/// The colours of one theme.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Palette {
    plain: [Rgba; 13],
    classes: [Rgba; 9],
}

impl Palette {
    /// Reads every token through `lookup` (`--error` → `#e5484d`); a token that is missing or no colour becomes mid-grey, which can
    /// be seen in either theme.
    pub(crate) fn from_tokens(lookup: impl Fn(&str) -> String) -> Self {
        let read = |token: &str| Rgba::parse(&lookup(token)).unwrap_or(Rgba([128, 128, 128, 255]));
        Self {
            plain: Ink::PLAIN.map(|(_, token)| read(token)),
            classes: Class::ALL.map(|class| read(&format!("--class-{}", class.name()))),
        }
    }

    pub(crate) fn color(&self, ink: Ink) -> Rgba {
        if let Ink::Class(class) = ink {
            return self.classes[class as usize];
        }
        let index = Ink::PLAIN.iter().position(|(plain, _)| *plain == ink).unwrap_or_default();
        self.plain[index]
    }
}

#[cfg(test)]
mod tests;
