//! How a request is refused: a status and one sentence, as `Problem` JSON.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use syscope_shared::api::Problem;

use crate::session::SessionError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// What is wrong and what to do.
    pub(crate) error: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }

    /// For an error that is nobody's mistake; it is logged here.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!("{error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(Problem { error: self.error })).into_response()
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        let status = match &error {
            SessionError::Absent => StatusCode::NOT_FOUND,
            SessionError::Invalid(_) => StatusCode::BAD_REQUEST,
            SessionError::Forbidden(_) => StatusCode::FORBIDDEN,
            SessionError::Conflict(_) => StatusCode::CONFLICT,
            SessionError::Io { .. } => return Self::internal(error),
        };
        Self::new(status, error.to_string())
    }
}
