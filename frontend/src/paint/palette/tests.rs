//! The stylesheet itself is tested: its tokens are what the canvases and the page are drawn with.

use super::*;

/// The light and the dark theme's palettes, and their tokens' texts.
fn themes() -> [(&'static str, Palette); 2] {
    let css = include_str!("../../../../style/tokens.css");
    let (light, dark) = css.split_once("[data-theme=\"dark\"]").unwrap();
    [light, dark].map(|theme| (theme, Palette::from_tokens(|token| value(theme, token))))
}

/// What a theme says of a token; empty when it says nothing.
fn value(theme: &str, token: &str) -> String {
    let line = theme.lines().find_map(|line| line.trim().strip_prefix(&format!("{token}:")));
    line.map(|value| value.trim().trim_end_matches(';').to_owned()).unwrap_or_default()
}

#[test]
fn colours_are_read_and_mixed() {
    assert_eq!(Rgba::parse(" #fff"), Some(Rgba([255, 255, 255, 255])));
    assert_eq!(Rgba::parse("#10203040"), Some(Rgba([16, 32, 48, 64])));
    assert_eq!(Rgba::parse("red"), None);
    assert_eq!(Rgba([200, 0, 0, 255]).over(Rgba([0, 0, 100, 255]), 0.5), Rgba([100, 0, 50, 255]));
    assert_eq!(Rgba([16, 32, 48, 64]).css(), "#10203040");
}

#[test]
fn every_ink_is_a_token_of_both_themes() {
    for (theme, _) in themes() {
        for (_, token) in Ink::PLAIN {
            assert!(Rgba::parse(&value(theme, token)).is_some(), "{token}");
        }
        for class in Class::ALL {
            assert!(Rgba::parse(&value(theme, &format!("--class-{}", class.name()))).is_some(), "{class:?}");
        }
    }
}

/// Linear red, green and blue, 0 to 1 (sRGB, IEC 61966-2-1).
fn linear(Rgba([red, green, blue, _]): Rgba) -> [f64; 3] {
    [red, green, blue].map(|byte| {
        let value = f64::from(byte) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The contrast ratio of WCAG 2.1.
fn contrast(a: Rgba, b: Rgba) -> f64 {
    let (a, b) = (luminance(linear(a)), luminance(linear(b)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn words_contrast_with_what_is_behind_them() {
    for (theme, palette) in themes() {
        for class in Class::ALL {
            let ratio = contrast(palette.color(Ink::OnClass), palette.color(Ink::Class(class)));
            assert!(ratio >= 4.5, "{class:?}: {ratio:.2}");
        }
        for ink in ["--text", "--text-muted", "--error", "--accent", "--warning"] {
            for paper in ["--canvas", "--surface", "--surface-2", "--surface-hover", "--bg"] {
                let read = |token| Rgba::parse(&value(theme, token)).unwrap();
                let ratio = contrast(read(ink), read(paper));
                assert!(ratio >= 4.5, "{ink} on {paper}: {ratio:.2}");
            }
        }
    }
}

/// How protanopia, deuteranopia and tritanopia see linear colours (Machado, Oliveira and Fernandes 2009, severity 1).
const SIMULATIONS: [[[f64; 3]; 3]; 3] = [
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];

/// CIE L*a*b* (D65), in which a distance of 10 is seen at a glance.
fn lab([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
    let y = luminance([red, green, blue]);
    let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
    let [x, y, z] = [x, y, z].map(|t| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn classes_and_errors_can_be_told_apart_without_full_colour_vision() {
    for (_, palette) in themes() {
        let inks = Class::ALL.into_iter().map(Ink::Class).chain([Ink::Error]);
        for simulation in SIMULATIONS {
            let seen: Vec<(Ink, [f64; 3])> = inks
                .clone()
                .map(|ink| {
                    let color = linear(palette.color(ink));
                    let mixed =
                        simulation.map(|row| (0..3).map(|i| row[i] * color[i]).sum::<f64>().clamp(0.0, 1.0));
                    (ink, lab(mixed))
                })
                .collect();
            for (index, (a, seen_a)) in seen.iter().enumerate() {
                for (b, seen_b) in &seen[index + 1..] {
                    let distance = (0..3).map(|i| (seen_a[i] - seen_b[i]).powi(2)).sum::<f64>().sqrt();
                    assert!(distance >= 12.0, "{a:?} and {b:?}: {distance:.1}");
                }
            }
        }
    }
}
