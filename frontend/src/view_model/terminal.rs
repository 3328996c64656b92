//! A program's output as plain text: what a terminal would act on is left out.

use syscope_shared::event::{Output, Stream};

/// Consecutive output of one stream, readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) stream: Stream,
    pub(crate) text: String,
}

/// Joins what was written in pieces, so that a character that a write cut in two is whole again.
pub(crate) fn passages(pieces: &[Output]) -> Vec<Passage> {
    let mut runs: Vec<(Stream, Vec<u8>)> = Vec::new();
    for piece in pieces {
        match runs.last_mut() {
            Some((stream, bytes)) if *stream == piece.stream => bytes.extend(&piece.bytes),
            _ => runs.push((piece.stream, piece.bytes.clone())),
        }
    }
    runs.into_iter().map(|(stream, bytes)| Passage { stream, text: plain_text(&bytes) }).collect()
}

/// Text without escape sequences (ECMA-48: CSI and OSC, and two-byte escapes) and without other control characters but tab and newline.
fn plain_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                Some('[') => while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {},
                Some(']') => skip_osc(&mut chars),
                _ => {}
            },
            '\n' | '\t' => plain.push(c),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => plain.push('\n'),
            c if c.is_control() => plain.push(char::REPLACEMENT_CHARACTER),
            c => plain.push(c),
        }
    }
    plain
}

/// Skips to the bell or the string terminator that ends an operating system command.
fn skip_osc(chars: &mut impl Iterator<Item = char>) {
    let mut last = ' ';
    for c in chars {
        if c == '\u{7}' || (last == '\u{1b}' && c == '\\') {
            return;
        }
        last = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscope_shared::units::TraceTime;

    fn piece(stream: Stream, bytes: &[u8]) -> Output {
        Output { time: TraceTime(0), stream, bytes: bytes.to_vec() }
    }

    #[test]
    fn a_character_cut_by_a_write_is_whole_again() {
        let pieces = [
            piece(Stream::Stdout, b"gr\xc3"),
            piece(Stream::Stdout, b"\xbcn\n"),
            piece(Stream::Stderr, b"x"),
        ];
        let found = passages(&pieces);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text, "grün\n");
        assert_eq!(found[1].stream, Stream::Stderr);
    }

    #[test]
    fn what_a_terminal_acts_on_is_left_out() {
        assert_eq!(plain_text(b"\x1b[1;31mred\x1b[0m\x1b]0;title\x07!\x1bc\r\n"), "red!\n");
        assert_eq!(plain_text(b"10%\r20%\x00"), "10%\n20%\u{fffd}");
        assert_eq!(plain_text(b"\x1b]0;never ends"), "");
    }
}
