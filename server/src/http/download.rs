//! `GET /api/sessions/{id}/file`: the trace file as an attachment.

use std::io::Read;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::stream;

use super::App;
use super::refusal::Refusal;
use super::sessions::{blocking, session_id};

const PIECE_BYTES: usize = 256 * 1024;

/// The file's bytes up to its length now: of a session that is still recording, a trace that opens as an incomplete one.
pub(super) async fn download(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let id = session_id(&id)?;
    let name = format!("attachment; filename=\"{id}.syscope\"");
    let (file, length) = blocking(&app, move |sessions| sessions.get(&id)?.open_file()).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CONTENT_LENGTH, length.to_string()),
    ];
    let pieces = stream::try_unfold(file.take(length), |mut rest| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE_BYTES];
            let length = rest.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((piece, rest))
        });
        let (piece, rest) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>((!piece.is_empty()).then(|| (Bytes::from(piece), rest)))
    });
    Ok((headers, Body::from_stream(pieces)))
}
