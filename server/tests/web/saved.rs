//! Traces in the store: listed, shown, given out, deleted.

use reqwest::{Method, StatusCode};
use syscope_shared::api::{Example, Problem, ProcessInfo, SessionInfo, SessionState};
use syscope_shared::options::Target;

use crate::harness::{TestServer, TraceWriter, save};

#[tokio::test]
async fn a_sealed_trace_is_listed_with_its_counts() {
    let server = TestServer::start().await;
    assert!(server.get::<Vec<SessionInfo>>("/api/sessions").await.is_empty());
    let id = save(server.store.path(), 25);
    let listed: Vec<SessionInfo> = server.get("/api/sessions").await;
    assert_eq!(listed, [server.session(&id).await]);
    let info = &listed[0];
    assert_eq!(info.label, "ls -la");
    assert_eq!(info.target, Target::Command(vec!["ls".to_owned(), "-la".to_owned()]));
    assert_eq!(info.state, SessionState::Finished { exit_status: Some(0) });
    assert_eq!((info.events, info.errors, info.lost), (25, 3, 0));
    assert_eq!((info.host.as_str(), info.warning.as_deref()), ("testhost", None));
    assert_eq!(info.duration_nanos, 250_000);
    assert_eq!(
        info.file_bytes,
        std::fs::read(server.store.path().join(format!("{id}.syscope"))).unwrap().len() as u64
    );
}

#[tokio::test]
async fn a_trace_without_a_seal_is_live_while_it_is_locked_and_incomplete_afterwards() {
    let server = TestServer::start().await;
    let mut writer = TraceWriter::create(server.store.path());
    let id = writer.id.clone();
    writer.calls(5);
    writer.in_flight();
    assert_eq!(server.session(&id).await.state, SessionState::Recording);
    writer.calls(5);
    writer.in_flight();
    let live = server.session(&id).await;
    assert_eq!((live.state, live.events), (SessionState::Recording, 10));
    assert!(live.duration_nanos > 1_000_000_000, "while it records, its end is about now");

    writer.abandon();
    let dead = server.session(&id).await;
    assert_eq!(dead.state, SessionState::Incomplete);
    assert_eq!(dead.events, 11, "the call in flight is an unfinished event");
    let warning = dead.warning.unwrap();
    assert!(warning.contains("11 events") && warning.contains("5 bytes"), "{warning}");
}

#[tokio::test]
async fn a_damaged_trace_says_so() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 25);
    let path = server.store.path().join(format!("{id}.syscope"));
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let info = server.session(&id).await;
    assert_eq!((info.state, info.events), (SessionState::Incomplete, 25));
    assert!(info.warning.unwrap().contains("checksum"));

    let junk = "00112233445566778899aabbccddeeff";
    std::fs::write(server.store.path().join(format!("{junk}.syscope")), "no trace at all").unwrap();
    let SessionState::Failed { reason } = server.session(junk).await.state else { panic!() };
    assert!(reason.contains("not a syscope trace"), "{reason}");
}

#[tokio::test]
async fn a_trace_file_is_given_out_as_it_is() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 5000);
    let path = server.store.path().join(format!("{id}.syscope"));
    let response = server.request(Method::GET, &format!("/api/sessions/{id}/file")).send().await.unwrap();
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, format!("attachment; filename=\"{id}.syscope\""));
    assert_eq!(response.bytes().await.unwrap(), std::fs::read(path).unwrap());
}

#[tokio::test]
async fn a_saved_session_is_deleted_with_its_file_and_a_live_one_is_not() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 5);
    let writer = TraceWriter::create(server.store.path());
    let delete =
        async |id: &str| server.request(Method::DELETE, &format!("/api/sessions/{id}")).send().await.unwrap();
    let live = delete(&writer.id).await;
    assert_eq!(live.status(), StatusCode::CONFLICT);
    assert!(live.json::<Problem>().await.unwrap().error.contains("stop it first"));
    assert!(writer.path.exists());

    assert_eq!(delete(&id).await.status(), StatusCode::NO_CONTENT);
    assert!(!server.store.path().join(format!("{id}.syscope")).exists());
    assert_eq!(delete(&id).await.status(), StatusCode::NOT_FOUND);
    let gone = server.request(Method::GET, &format!("/api/sessions/{id}")).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_recording_cannot_be_stopped() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 5);
    let response = server.request(Method::POST, &format!("/api/sessions/{id}/stop")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_wrong_request_is_refused_with_the_remedy() {
    let server = TestServer::start().await;
    let own_pid = std::process::id();
    for (body, status, remedy) in [
        ("{".to_owned(), 400, "/api/openapi.json"),
        (r#"{"command":["true"],"shell":true}"#.to_owned(), 400, "unknown field `shell`"),
        (r#"{"command":["true"],"options":{"verbose":1}}"#.to_owned(), 400, "unknown field `verbose`"),
        (r#"{}"#.to_owned(), 400, "exactly one"),
        (r#"{"command":[]}"#.to_owned(), 400, "the command is empty"),
        (r#"{"command":["no-such-program"]}"#.to_owned(), 400, "check the spelling"),
        (r#"{"command":["true"],"cwd":"/no/such"}"#.to_owned(), 400, "create it"),
        (r#"{"example":"none"}"#.to_owned(), 400, "/api/examples"),
        (r#"{"attach":[]}"#.to_owned(), 400, "give the pid"),
        (r#"{"attach":[2147483647]}"#.to_owned(), 409, "there is no process"),
        (r#"{"attach":[1]}"#.to_owned(), 409, "would stop the system"),
        (format!(r#"{{"attach":[{own_pid}]}}"#), 409, "syscope itself"),
    ] {
        let request =
            server.request(Method::POST, "/api/sessions").header("content-type", "application/json");
        let response = request.body(body.clone()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{body}");
        let problem: Problem = response.json().await.unwrap();
        assert!(problem.error.contains(remedy), "{body}: {}", problem.error);
    }
}

#[tokio::test]
async fn processes_and_examples_are_listed() {
    let server = TestServer::start().await;
    let processes: Vec<ProcessInfo> = server.get("/api/processes").await;
    let own = processes.iter().find(|process| process.pid.cast_unsigned() == std::process::id()).unwrap();
    assert!(own.refusal.is_some() && own.threads >= 1 && !own.user.is_empty());
    assert!(!server.get::<Vec<Example>>("/api/examples").await.is_empty());
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let server = TestServer::start().await;
    let document: serde_json::Value = server.get("/api/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/sessions/{id}/stop"]["post"].is_object());
}
