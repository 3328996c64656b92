//! The secret that stands in the URL's fragment: 256 random bits in hexadecimal.

use std::fmt;

use subtle::ConstantTimeEq;

/// How many random bytes a token or a ticket has.
const SECRET_BYTES: usize = 32;

/// The operator's token, made anew at each start of the server. It is shown once, in the URL, and never written anywhere.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token from the kernel's random numbers.
    ///
    /// # Errors
    /// When the kernel has none to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        random_hex::<SECRET_BYTES>().map(Self)
    }

    /// Whether `candidate` is this token. Takes as long for a near miss as for a far one.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }

    /// The token itself, for the URL that the person opens.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// `BYTES` random bytes in lower-case hexadecimal.
///
/// # Errors
/// When the kernel has no random numbers to give.
pub fn random_hex<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_itself_alone() {
        let token = Token::generate().unwrap();
        let text = token.reveal().to_owned();
        assert_eq!(text.len(), 64);
        assert!(token.matches(&text));
        assert!(!token.matches(&text[..63]) && !token.matches("") && !token.matches(&text.to_uppercase()));
        assert!(!token.matches(Token::generate().unwrap().reveal()));
    }

    #[test]
    fn a_token_is_not_in_its_debug_output() {
        let token = Token::generate().unwrap();
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
