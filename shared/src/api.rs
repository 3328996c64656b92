//! The JSON of the REST interface, `/api/…`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::options::{Target, TraceOptions};

/// A session, recording or saved: an element of `GET /api/sessions`, the answer of `GET /api/sessions/{id}` and of `POST /api/sessions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// 128 random bits in hexadecimal.
    pub id: String,
    /// One line for a person: the command, or `-p PID`.
    pub label: String,
    pub target: Target,
    pub options: TraceOptions,
    pub state: SessionState,
    /// When the trace began: nanoseconds since the Unix epoch.
    pub started_unix_nanos: u64,
    pub host: String,
    /// Events written so far.
    pub events: u64,
    /// Calls among them that returned an error.
    pub errors: u64,
    /// Events lost; 0 but for a file that was damaged or cut.
    pub lost: u64,
    /// The trace file's size.
    pub file_bytes: u64,
    /// From the trace's start to its last moment, in nanoseconds.
    pub duration_nanos: u64,
    /// A sentence about what is wrong with the trace, if something is: not sealed, damaged, the disk was full.
    pub warning: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// The recorder is starting; nothing has been traced yet.
    Starting,
    Recording,
    /// The trace is sealed.
    Finished {
        /// The command's exit status, or 128 + the signal that ended it. `None` after an attach.
        exit_status: Option<i32>,
    },
    /// The recorder is gone without sealing the file: what there is can be seen, and the warning says so.
    Incomplete,
    /// Nothing was recorded: one sentence says why and what to do.
    Failed {
        reason: String,
    },
}

impl SessionState {
    /// Whether the trace may still grow.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Starting | Self::Recording)
    }
}

/// The body of `POST /api/sessions`: exactly one of `command`, `attach` and `example`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach: Option<Vec<i32>>,
    /// The id of one of `GET /api/examples`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The command's working directory; the server's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Variables to set (a string) or unset (null) in the command's environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub options: TraceOptions,
}

/// A process that one might attach to: an element of `GET /api/processes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessInfo {
    pub pid: i32,
    pub parent: i32,
    pub uid: u32,
    pub user: String,
    pub comm: String,
    pub command: String,
    pub threads: u32,
    /// Why it cannot be attached to; `None` when it can.
    pub refusal: Option<String>,
}

/// A program that comes with syscope to be tried: an element of `GET /api/examples`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub id: String,
    pub title: String,
    /// What there is to see in it.
    pub about: String,
}

/// The answer of `POST /api/ws-ticket`: what opens one websocket within 30 seconds (`GET /ws?ticket=…`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WsTicket {
    pub ticket: String,
}

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// One sentence: what is wrong and what to do.
    pub error: String,
}
