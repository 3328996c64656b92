//! The names of sessions: 128 random bits, so that an id can be neither guessed nor made to mean a path.

use std::fmt;

use crate::auth::random_hex;

const ID_BYTES: usize = 16;

/// A session's id: 32 lower-case hexadecimal digits, which is also the stem of its file's name in the store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// A new id.
    ///
    /// # Errors
    /// When the kernel has no random numbers to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        random_hex::<ID_BYTES>().map(Self)
    }

    /// The id that `text` spells; `None` for anything but 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 2 * ID_BYTES && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal_and_nothing_else() {
        let id = SessionId::generate().unwrap();
        assert_eq!(SessionId::parse(id.as_str()), Some(id));
        for bad in [
            "",
            "..",
            "../../../../../../etc/passwd",
            "0123456789abcdef0123456789abcde",
            "0123456789abcdef0123456789abcdef0",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef/123456789abcdef",
            "0123456789abcdef0123456789abcde\0",
        ] {
            assert_eq!(SessionId::parse(bad), None, "{bad}");
        }
    }
}
