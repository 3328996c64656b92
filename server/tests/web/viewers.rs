//! Viewers on the websocket, of saved and of growing traces.

use std::time::{Duration, Instant};

use futures_util::SinkExt;
use syscope_shared::api::SessionState;
use syscope_shared::query::{Answer, Filter, Query};
use syscope_shared::units::TimeRange;
use syscope_shared::wire::{ClientMessage, MAX_CLIENT_MESSAGE_BYTES, ServerMessage, VERSION};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{TestServer, TraceWriter, save};

fn events(limit: u32) -> Query {
    Query::Events { range: TimeRange::ALL, filter: Filter::default(), offset: 0, limit }
}

#[tokio::test]
async fn a_saved_trace_is_opened_and_asked_about() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 30);
    let mut viewer = server.view(&id).await;
    let update = viewer.update(|update| update.session.events == 30 && update.tasks == 1).await;
    assert_eq!(update.session.state, SessionState::Finished { exit_status: Some(0) });
    assert_eq!((update.end.0, update.output_bytes), (300_000, 6));
    let Answer::Summary(summary) =
        viewer.ask(1, Query::Summary { range: TimeRange::ALL, filter: Filter::default() }).await
    else {
        panic!()
    };
    assert_eq!((summary.rows[0].calls, summary.rows[0].errors), (30, 3));
    let Answer::Events(list) = viewer.ask(2, events(4)).await else { panic!() };
    assert_eq!((list.total, list.rows.len()), (30, 4));
}

#[tokio::test]
async fn a_growing_trace_is_told_of_and_seen_to_its_end() {
    let server = TestServer::start().await;
    let mut writer = TraceWriter::create(server.store.path());
    let mut viewer = server.view(&writer.id).await;
    let first = viewer.update(|update| update.tasks == 1).await;
    assert_eq!(first.session.state, SessionState::Recording);
    writer.calls(10);
    writer.in_flight();
    let grown = viewer.update(|update| update.session.events == 10).await;
    assert!(grown.revision > first.revision);
    let Answer::Events(list) = viewer.ask(1, events(100)).await else { panic!() };
    assert_eq!(list.total, 10);
    writer.calls(10);
    writer.seal(Some(3));
    let last = viewer.update(|update| !update.session.state.is_live()).await;
    assert_eq!(last.session.state, SessionState::Finished { exit_status: Some(3) });
    assert_eq!(last.session.events, 20);
    let Answer::Events(list) = viewer.ask(2, events(100)).await else { panic!() };
    assert_eq!(list.total, 20);
}

#[tokio::test]
async fn a_trace_that_breaks_off_closes_its_calls_in_flight() {
    let server = TestServer::start().await;
    let mut writer = TraceWriter::create(server.store.path());
    writer.calls(10);
    writer.in_flight();
    let mut viewer = server.view(&writer.id).await;
    viewer.update(|update| update.session.events == 10).await;
    writer.abandon();
    let last = viewer.update(|update| update.session.state == SessionState::Incomplete).await;
    assert_eq!(last.session.events, 11);
    let Answer::Events(list) = viewer.ask(1, events(100)).await else { panic!() };
    assert_eq!(list.total, 11);
}

#[tokio::test]
async fn a_viewer_must_speak_this_version_of_a_session_that_there_is() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 3);
    let open = |version, session: &str| ClientMessage::Open { version, session: session.to_owned() };
    for (message, sentence) in [
        (open(VERSION + 1, &id), "reload the page"),
        (open(VERSION, "0123456789abcdef0123456789abcdef"), "no such session"),
        (open(VERSION, "../../etc/passwd"), "no such session"),
        (ClientMessage::Ask { id: 1, query: events(1) }, "which session"),
    ] {
        let mut viewer = server.connect().await;
        viewer.send(&message).await;
        let ServerMessage::Failed { id: None, reason } = viewer.next().await else { panic!() };
        assert!(reason.contains(sentence), "{reason}");
        assert_eq!(viewer.close_code().await, 1008);
    }
}

#[tokio::test]
async fn a_message_over_64_kib_ends_the_connection() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 3);
    let mut viewer = server.view(&id).await;
    viewer.0.send(Message::Binary(vec![0; MAX_CLIENT_MESSAGE_BYTES + 1].into())).await.unwrap();
    assert_eq!(viewer.close_code().await, 1009);
    for (message, code) in
        [(Message::Binary(vec![0xff; 100].into()), 1002), (Message::Text("hello".into()), 1003)]
    {
        let mut viewer = server.view(&id).await;
        viewer.0.send(message).await.unwrap();
        assert_eq!(viewer.close_code().await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_come_at_most_twenty_times_a_second_and_the_last_one_always_comes() {
    let server = TestServer::start().await;
    let mut writer = TraceWriter::create(server.store.path());
    let mut viewer = server.view(&writer.id).await;
    let start = Instant::now();
    let id = writer.id.clone();
    let writing = tokio::task::spawn_blocking(move || {
        for _ in 0..400 {
            writer.calls(1);
            std::thread::sleep(Duration::from_millis(2));
        }
        writer.seal(None);
    });
    let mut updates = 0;
    loop {
        let ServerMessage::Update(update) = viewer.next().await else { panic!() };
        updates += 1;
        if !update.session.state.is_live() {
            assert_eq!(update.session.events, 400);
            break;
        }
    }
    writing.await.unwrap();
    let most = start.elapsed().as_millis() / 50 + 2;
    assert!(updates <= most, "{updates} updates in {:?}", start.elapsed());
    assert_eq!(server.session(&id).await.events, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_viewer_holds_up_nobody_else() {
    let server = TestServer::start().await;
    let mut writer = TraceWriter::create(server.store.path());
    writer.calls(20_000);
    let mut stalled = server.view(&writer.id).await;
    stalled.update(|update| update.session.events == 20_000).await;
    let flood = tokio::spawn(async move {
        // Each answer is over a megabyte, and none is ever read.
        for id in 0..50 {
            stalled.send(&ClientMessage::Ask { id, query: events(20_000) }).await;
        }
        // Far more than the sockets' buffers take in.
        let filter = Filter { text: "x".repeat(60_000), ..Filter::default() };
        for id in 50..2_000 {
            let query = Query::Events { range: TimeRange::ALL, filter: filter.clone(), offset: 0, limit: 1 };
            stalled.send(&ClientMessage::Ask { id, query }).await;
        }
        stalled
    });
    let mut other = server.view(&writer.id).await;
    other.update(|update| update.session.events == 20_000).await;
    for round in 0..20 {
        writer.calls(1);
        other.update(|update| update.session.events == 20_001 + round).await;
        let asked = Instant::now();
        let Answer::Events(list) = other.ask(0, events(1)).await else { panic!() };
        assert_eq!(list.total, 20_001 + round);
        assert!(asked.elapsed() < Duration::from_secs(5));
    }
    assert!(!flood.is_finished(), "the server must stop reading from a viewer that does not read");
    flood.abort();
}
