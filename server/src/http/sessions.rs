//! The handlers of `/api/sessions`, `/api/processes` and `/api/examples`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use syscope_shared::api::{Example, NewSession, ProcessInfo, SessionInfo};

use super::App;
use super::refusal::Refusal;
use crate::session::{Registry, SessionError, SessionId};

/// Does file work of the registry away from the async workers.
pub(super) async fn blocking<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Arc<Registry>) -> Result<T, SessionError> + Send + 'static,
) -> Result<T, Refusal> {
    let sessions = Arc::clone(&app.sessions);
    let done = tokio::task::spawn_blocking(move || work(&sessions)).await;
    Ok(done.map_err(Refusal::internal)??)
}

/// An id as it stands in a path; what is no id names no session.
pub(super) fn session_id(text: &str) -> Result<SessionId, Refusal> {
    SessionId::parse(text).ok_or_else(|| SessionError::Absent.into())
}

/// `GET /api/sessions`
pub(super) async fn list(State(app): State<App>) -> Result<Json<Vec<SessionInfo>>, Refusal> {
    blocking(&app, |sessions| Ok(Json(sessions.list()))).await
}

/// `POST /api/sessions`
pub(super) async fn start(State(app): State<App>, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let request: NewSession = serde_json::from_slice(&body).map_err(|error| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("the body is not a session as /api/openapi.json describes it: {error}"),
        )
    })?;
    let info = blocking(&app, |sessions| Ok(sessions.start(request)?.info())).await?;
    let location = format!("/api/sessions/{}", info.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(info)))
}

/// `GET /api/sessions/{id}`
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<SessionInfo>, Refusal> {
    let id = session_id(&id)?;
    blocking(&app, move |sessions| Ok(Json(sessions.get(&id)?.info()))).await
}

/// `DELETE /api/sessions/{id}`
pub(super) async fn delete(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let id = session_id(&id)?;
    blocking(&app, move |sessions| sessions.delete(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/sessions/{id}/stop`
pub(super) async fn stop(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<SessionInfo>), Refusal> {
    let id = session_id(&id)?;
    let info = blocking(&app, move |sessions| {
        let session = sessions.get(&id)?;
        session.stop()?;
        Ok(session.info())
    });
    Ok((StatusCode::ACCEPTED, Json(info.await?)))
}

/// `GET /api/processes`
pub(super) async fn processes(State(app): State<App>) -> Result<Json<Vec<ProcessInfo>>, Refusal> {
    blocking(&app, |sessions| Ok(Json(sessions.processes()?))).await
}

/// `GET /api/examples`
pub(super) async fn examples() -> Json<Vec<Example>> {
    Json(crate::session::examples())
}
