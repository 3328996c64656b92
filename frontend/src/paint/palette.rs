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
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_mixed() {
        assert_eq!(Rgba::parse(" #fff"), Some(Rgba([255, 255, 255, 255])));
        assert_eq!(Rgba::parse("#10203040"), Some(Rgba([16, 32, 48, 64])));
        assert_eq!(Rgba::parse("red"), None);
        assert_eq!(Rgba([200, 0, 0, 255]).over(Rgba([0, 0, 100, 255]), 0.5), Rgba([100, 0, 50, 255]));
        assert_eq!(Rgba([16, 32, 48, 64]).css(), "#10203040");
    }

    /// The stylesheet itself, so that a token that drawing code needs cannot go missing from either theme.
    #[test]
    fn every_ink_is_a_token_of_both_themes() {
        let css = include_str!("../../../style/tokens.css");
        let (light, dark) = css.split_once("[data-theme=\"dark\"]").unwrap();
        for theme in [light, dark] {
            let lookup = |token: &str| {
                let line = theme.lines().find_map(|line| line.trim().strip_prefix(&format!("{token}:")));
                line.map(|value| value.trim().trim_end_matches(';').to_owned()).unwrap_or_default()
            };
            for (_, token) in Ink::PLAIN {
                assert!(Rgba::parse(&lookup(token)).is_some(), "{token}");
            }
            for class in Class::ALL {
                assert!(Rgba::parse(&lookup(&format!("--class-{}", class.name()))).is_some(), "{class:?}");
            }
        }
    }

    /// WCAG 2.1: relative luminance and contrast ratio.
    fn contrast(a: Rgba, b: Rgba) -> f64 {
        let luminance = |Rgba([r, g, b, _]): Rgba| {
            let linear = |byte: u8| {
                let value = f64::from(byte) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        let (lighter, darker) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
        (lighter + 0.05) / (darker + 0.05)
    }

    #[test]
    fn words_contrast_with_what_is_behind_them() {
        let css = include_str!("../../../style/tokens.css");
        let (light, dark) = css.split_once("[data-theme=\"dark\"]").unwrap();
        for theme in [light, dark] {
            let palette = Palette::from_tokens(|token| {
                let line = theme.lines().find_map(|line| line.trim().strip_prefix(&format!("{token}:")));
                line.map(|value| value.trim().trim_end_matches(';').to_owned()).unwrap_or_default()
            });
            for class in Class::ALL {
                let ratio = contrast(palette.color(Ink::OnClass), palette.color(Ink::Class(class)));
                assert!(ratio >= 4.5, "{class:?}: {ratio:.2}");
            }
            for ink in [Ink::Text, Ink::Muted, Ink::Error, Ink::Accent] {
                let ratio = contrast(palette.color(ink), palette.color(Ink::Canvas));
                assert!(ratio >= 4.5, "{ink:?}: {ratio:.2}");
            }
        }
    }
}
