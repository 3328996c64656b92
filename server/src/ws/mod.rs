//! The websocket: a viewer opens one session, asks queries, and hears a few times a second how the trace grows.
//!
//! Each connection has a reader and a writer that only meet in a short queue of answers. A viewer that stops reading fills its own
//! queue, then its own few query slots, and then is not read from any more; nobody else notices. Answers are never dropped, updates
//! are: only the latest one is ever waiting.

mod connection;

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use syscope_shared::wire::MAX_CLIENT_MESSAGE_BYTES;

use crate::http::App;

/// `GET /ws`; the guard has seen the ticket.
pub(crate) async fn open(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    let sessions = Arc::clone(&app.sessions);
    upgrade
        .max_frame_size(MAX_CLIENT_MESSAGE_BYTES)
        .max_message_size(MAX_CLIENT_MESSAGE_BYTES)
        .on_upgrade(move |socket| connection::serve(socket, sessions))
}
