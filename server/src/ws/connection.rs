//! One viewer.

use std::sync::Arc;
use std::time::Duration;

use axum::Error;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use syscope_shared::query::Query;
use syscope_shared::wire::{self, ClientMessage, ServerMessage, Update, VERSION};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite;

use crate::session::{Feed, Registry, SessionId};

/// How long a viewer may take to say what it wants to see.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);

/// The least time between two updates: twenty a second.
const UPDATE_PAUSE: Duration = Duration::from_millis(50);

/// Queries of one viewer that are answered at the same time.
const QUERIES_AT_ONCE: usize = 4;

/// Answers that wait for a viewer to read them.
const WAITING_ANSWERS: usize = 8;

const PING_PAUSE: Duration = Duration::from_secs(20);

/// A viewer that takes nothing, or says nothing, not even to pings, for this long is given up.
const STALL_PATIENCE: Duration = Duration::from_secs(180);

/// How long a closed connection is kept so that the viewer can read why.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// What the writer is to send.
enum Outgoing {
    /// An encoded message.
    Message(Bytes),
    /// The end of the connection: a code of RFC 6455 and a reason.
    Close(u16, &'static str),
}

/// Serves a viewer until it goes.
pub(super) async fn serve(mut socket: WebSocket, sessions: Arc<Registry>) {
    match opening(&mut socket, &sessions).await {
        Ok((feed, news)) => view(socket, feed, news).await,
        Err(Some(reason)) => refuse(socket, reason).await,
        Err(None) => {}
    }
}

/// Waits for `Open` and answers it. The error is what to tell the viewer, if it is still there.
async fn opening(
    socket: &mut WebSocket,
    sessions: &Arc<Registry>,
) -> Result<(Arc<Feed>, watch::Receiver<Update>), Option<String>> {
    let Ok(first) = timeout(OPEN_PATIENCE, socket.recv()).await else {
        return Err(Some("the first message, which says what to show, did not come".to_owned()));
    };
    let Some(Ok(Message::Binary(bytes))) = first else { return Err(None) };
    let id = requested_session(&bytes).map_err(Some)?;
    let sessions = Arc::clone(sessions);
    let watching = tokio::task::spawn_blocking(move || Some(sessions.get(&id?).ok()?.watch()));
    let Ok(Some((feed, news))) = watching.await else {
        return Err(Some("there is no such session".to_owned()));
    };
    let session = news.borrow().session.clone();
    let opened = ServerMessage::Opened { version: VERSION, session };
    socket.send(Message::Binary(encoded(&opened))).await.map_err(|_| None)?;
    Ok((feed, news))
}

/// The session that the first message asks for; `None` for what is no id.
fn requested_session(bytes: &Bytes) -> Result<Option<SessionId>, String> {
    // The version comes first in the message, so that it can be told even of one that has changed otherwise.
    match wire::decode(bytes) {
        Ok(ClientMessage::Open { version: VERSION, session }) => Ok(SessionId::parse(&session)),
        Ok(ClientMessage::Open { version, .. }) => Err(format!(
            "this page speaks version {version} and the server version {VERSION}: reload the page"
        )),
        Ok(ClientMessage::Ask { .. }) => Err("the first message must say which session to open".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

async fn refuse(mut socket: WebSocket, reason: String) {
    let failed = ServerMessage::Failed { id: None, reason };
    // A viewer that is gone already needs no reason.
    let _ = socket.send(Message::Binary(encoded(&failed))).await;
    let _ = socket.send(close(close_code::POLICY, "refused")).await;
    sleep(CLOSE_PATIENCE).await;
}

fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

async fn view(socket: WebSocket, feed: Arc<Feed>, news: watch::Receiver<Update>) {
    let (sink, stream) = socket.split();
    let (outbox, outgoing) = mpsc::channel(WAITING_ANSWERS);
    let reader = read(stream, feed, outbox);
    let writer = write(sink, outgoing, news);
    tokio::pin!(writer);
    tokio::select! {
        // The outbox closes with the reader; the writer sends what is left in it, its reason to close included.
        () = reader => {
            // A viewer that has stopped reading does not get to hear why.
            let _ = timeout(CLOSE_PATIENCE * 2, &mut writer).await;
        }
        () = &mut writer => {}
    }
}

/// Takes questions in until the viewer goes or misbehaves.
async fn read(mut stream: SplitStream<WebSocket>, feed: Arc<Feed>, outbox: mpsc::Sender<Outgoing>) {
    let slots = Arc::new(Semaphore::new(QUERIES_AT_ONCE));
    loop {
        let close = match timeout(STALL_PATIENCE, stream.next()).await {
            Err(_) => Outgoing::Close(close_code::AWAY, "nothing was heard for long"),
            Ok(None | Some(Ok(Message::Close(_)))) => return,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
            Ok(Some(Ok(Message::Text(_)))) => Outgoing::Close(close_code::UNSUPPORTED, "messages are binary"),
            Ok(Some(Err(error))) => match code_of(&error) {
                Some((code, reason)) => Outgoing::Close(code, reason),
                None => return,
            },
            Ok(Some(Ok(Message::Binary(bytes)))) => match wire::decode(&bytes) {
                Ok(ClientMessage::Ask { id, query }) => {
                    let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
                    let (feed, outbox) = (Arc::clone(&feed), outbox.clone());
                    tokio::spawn(async move {
                        let answer = answer(feed, id, query).await;
                        // The viewer may be gone.
                        let _ = outbox.send(Outgoing::Message(answer)).await;
                        drop(slot);
                    });
                    continue;
                }
                Ok(ClientMessage::Open { .. }) => {
                    Outgoing::Close(close_code::POLICY, "a connection shows one session")
                }
                Err(_) => Outgoing::Close(close_code::PROTOCOL, "unintelligible message"),
            },
        };
        let _ = outbox.send(close).await;
        return;
    }
}

/// The answer to a query, encoded. Computing it and encoding it both take their time.
async fn answer(feed: Arc<Feed>, id: u32, query: Query) -> Bytes {
    let answered = tokio::task::spawn_blocking(move || {
        encoded(&ServerMessage::Answer { id, answer: feed.answer(&query) })
    });
    answered.await.unwrap_or_else(|_| {
        let reason = "this question cannot be answered; the server's log says more".to_owned();
        encoded(&ServerMessage::Failed { id: Some(id), reason })
    })
}

/// How to close after an error in reading; `None` when the connection is broken.
fn code_of(error: &Error) -> Option<(u16, &'static str)> {
    let mut source = Some(error as &dyn std::error::Error);
    while let Some(current) = source {
        match current.downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => {
                return Some((close_code::SIZE, "a message may have 64 KiB"));
            }
            Some(tungstenite::Error::Utf8(_)) => return Some((close_code::INVALID, "text is not UTF-8")),
            Some(tungstenite::Error::Protocol(_)) => return Some((close_code::PROTOCOL, "protocol error")),
            _ => source = current.source(),
        }
    }
    None
}

/// Sends answers as they come, the latest update at most twenty times a second, and pings.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut outgoing: mpsc::Receiver<Outgoing>,
    mut news: watch::Receiver<Update>,
) {
    news.mark_changed();
    let mut next_update = Instant::now();
    let mut pings = interval(PING_PAUSE);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let updated = async {
            sleep_until(next_update).await;
            news.changed().await
        };
        let message = tokio::select! {
            biased;
            next = outgoing.recv() => match next {
                Some(Outgoing::Message(message)) => Message::Binary(message),
                Some(Outgoing::Close(code, reason)) => {
                    // A viewer that is gone already needs no reason.
                    let _ = timeout(CLOSE_PATIENCE, sink.send(close(code, reason))).await;
                    return sleep(CLOSE_PATIENCE).await;
                }
                None => return,
            },
            Ok(()) = updated => {
                next_update = Instant::now() + UPDATE_PAUSE;
                let update = news.borrow_and_update().clone();
                Message::Binary(encoded(&ServerMessage::Update(update)))
            }
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        match timeout(STALL_PATIENCE, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

fn encoded(message: &ServerMessage) -> Bytes {
    wire::encode(message).into()
}
