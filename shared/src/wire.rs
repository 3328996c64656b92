//! What crosses the websocket: postcard-encoded messages, one per binary frame.
//!
//! The page opens a session, asks queries and gets answers that echo the query's id; meanwhile the server tells it, a few times a
//! second, that the trace has grown. The first message each way is the version; a peer of another version is refused in a sentence.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::api::SessionInfo;
use crate::query::{Answer, Query};
use crate::units::TraceTime;

/// Raised with every change of a type in this module or in [`crate::query`].
pub const VERSION: u32 = 1;

/// The largest message that the server accepts.
pub const MAX_CLIENT_MESSAGE_BYTES: usize = 64 * 1024;

/// Page to server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClientMessage {
    /// First: which version the page speaks, and which session it wants to see (its id as `/api/sessions` gives it).
    Open { version: u32, session: String },
    /// A question; `id` is the page's and comes back with the answer.
    Ask { id: u32, query: Query },
}

/// Server to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ServerMessage {
    /// The reply to `Open`; an [`Update`] follows at once.
    Opened {
        version: u32,
        session: SessionInfo,
    },
    /// The trace as it stands now. Sent after `Opened` and whenever something changed, at most some twenty times a second.
    Update(Update),
    Answer {
        id: u32,
        answer: Answer,
    },
    /// `id` could not be answered, or (with no id) the connection cannot go on: one sentence for a person.
    Failed {
        id: Option<u32>,
        reason: String,
    },
}

/// How far a trace has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// Grows with every change of the trace: answers asked for at an older revision may be stale.
    pub revision: u64,
    pub session: SessionInfo,
    /// The last moment that the trace knows of; while recording, about now.
    pub end: TraceTime,
    pub tasks: u32,
    pub output_bytes: u64,
}

/// Encodes a message for one binary frame.
#[must_use]
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_stdvec(message).unwrap_or_default()
}

/// Decodes one binary frame.
///
/// # Errors
/// When the bytes are not a message of this version.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(WireError::TrailingBytes(rest.len())),
        Err(error) => Err(WireError::Malformed(error.to_string())),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("the message is not one that this version understands ({0})")]
    Malformed(String),
    #[error("the message has {0} bytes too many")]
    TrailingBytes(usize),
}
