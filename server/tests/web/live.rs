//! Real recordings: started, watched, stopped, attached to, and outliving their server.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::{Method, StatusCode};
use serde_json::json;
use syscope_shared::api::{Example, Problem, SessionInfo, SessionState};
use syscope_shared::options::Target;
use syscope_shared::query::{Answer, Filter, Query};
use syscope_shared::units::TimeRange;

use crate::harness::{Syscope, TestServer, Viewer, mode_of, until};

/// A shell command that makes calls for longer than a test takes, and not much longer.
const LOOP: &str = "i=0; while [ $i -lt 1000 ]; do sleep 0.02; i=$((i+1)); done";

fn is_over(info: &SessionInfo) -> bool {
    !info.state.is_live()
}

fn has_events(info: &SessionInfo) -> bool {
    info.events > 0
}

/// What the tracee wrote.
async fn output_of(viewer: &mut Viewer) -> String {
    let query = Query::Output { range: TimeRange::ALL, limit_bytes: 1 << 20 };
    let Answer::Output(output) = viewer.ask(77, query).await else { panic!() };
    let bytes = output.pieces.into_iter().flat_map(|piece| piece.bytes).collect();
    String::from_utf8(bytes).unwrap()
}

impl TestServer {
    /// Runs a command to its end and gives back its output.
    async fn output_of(&self, body: serde_json::Value) -> String {
        let id = self.post_session(body).await.id;
        let info = self.wait_for(&id, is_over).await;
        assert!(matches!(info.state, SessionState::Finished { .. }), "{info:?}");
        let mut viewer = self.view(&id).await;
        viewer.update(|update| update.session == info && update.revision > 0).await;
        output_of(&mut viewer).await
    }

    async fn stop(&self, id: &str) {
        let response = self.request(Method::POST, &format!("/api/sessions/{id}/stop")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED);
    }
}

/// A process to attach to; ended with the test.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        let mut sleep = Command::new("sh");
        sleep.args(["-c", "while sleep 0.05; do echo; done"]).stdout(Stdio::null());
        Self(sleep.spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The pid of its tracer; 0 for none.
    fn tracer(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).unwrap();
        line.trim().to_owned()
    }

    fn is_running(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        stat.rsplit_once(')')
            .is_some_and(|(_, rest)| matches!(rest.trim_start().chars().next(), Some('R' | 'S' | 'D')))
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        // It is still running, whatever the test found.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_watched_from_its_start_to_its_end() {
    let server = TestServer::start().await;
    let started =
        server.post_session(json!({"command": ["sh", "-c", "echo hello; sleep 0.3; exit 3"]})).await;
    assert_eq!(started.label, "sh -c 'echo hello; sleep 0.3; exit 3'");
    let asked = Instant::now();
    let mut viewer = server.view(&started.id).await;
    viewer.update(|update| update.session.events > 0 && update.session.state.is_live()).await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let last = viewer.update(|update| is_over(&update.session)).await;
    assert_eq!(last.session.state, SessionState::Finished { exit_status: Some(3) });
    assert_eq!(output_of(&mut viewer).await, "hello\n");
    let summary = Query::Summary { range: TimeRange::ALL, filter: Filter::default() };
    let Answer::Summary(summary) = viewer.ask(1, summary).await else { panic!() };
    let calls: u64 = summary.rows.iter().map(|row| row.calls).sum();
    assert!(calls > 20 && calls <= last.session.events, "{calls} of {}", last.session.events);
    assert_eq!(mode_of(&server.store.path().join(format!("{}.syscope", started.id))), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gets_its_folder_and_its_variables() {
    let server = TestServer::start().await;
    let output = server
        .output_of(json!({
            "command": ["sh", "-c", "pwd; echo $COLOUR-${HOME-none}"],
            "cwd": "/usr/share",
            "env": {"COLOUR": "light blue", "HOME": null},
        }))
        .await;
    assert_eq!(output, "/usr/share\nlight blue-none\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_inherits_no_descriptor_of_the_server_and_no_token() {
    let server = TestServer::start().await;
    // A second viewer and a second session, so that there is something to inherit.
    let busy = server.post_session(json!({"command": ["sleep", "30"]})).await;
    let _viewer = server.view(&busy.id).await;
    let script = "ls -l /proc/$$/fd | awk '{print $9, $10, $11}'; cat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/cmdline /proc/$PPID/environ | tr '\\0' '\\n'";
    let output = server.output_of(json!({"command": ["sh", "-c", script]})).await;
    let descriptors: Vec<&str> = output.lines().filter(|line| line.contains(" -> ")).collect();
    assert_eq!(descriptors.len(), 3, "{descriptors:?}");
    assert_eq!(descriptors[0], "0 -> /dev/null");
    assert!(descriptors[1..].iter().all(|line| line.contains("-> pipe:")), "{descriptors:?}");
    assert!(output.contains("record") && !output.contains(&server.token));
    server.stop(&busy.id).await;
    server.wait_for(&busy.id, is_over).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_be_executed_fails_in_a_sentence() {
    let server = TestServer::start().await;
    let script = server.store.path().join("script");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let id = server.post_session(json!({"command": [script]})).await.id;
    let info = server.wait_for(&id, is_over).await;
    let SessionState::Failed { reason } = info.state else { panic!("{info:?}") };
    assert!(reason.contains("script"), "{reason}");
    let response = server.request(Method::DELETE, &format!("/api/sessions/{id}")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_a_command() {
    let server = TestServer::start().await;
    let id = server.post_session(json!({"command": ["sleep", "30"]})).await.id;
    server.wait_for(&id, has_events).await;
    let refused = server.request(Method::DELETE, &format!("/api/sessions/{id}")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(refused.json::<Problem>().await.unwrap().error.contains("stop it first"));
    server.stop(&id).await;
    let info = server.wait_for(&id, is_over).await;
    assert_eq!(info.state, SessionState::Finished { exit_status: Some(128 + 15) });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_process_is_watched_and_let_go() {
    let server = TestServer::start().await;
    let sleeper = Sleeper::start();
    let started = server.post_session(json!({"attach": [sleeper.pid()]})).await;
    assert_eq!(started.target, Target::Attach(vec![sleeper.pid().cast_signed()]));
    server.wait_for(&started.id, has_events).await;
    assert_ne!(sleeper.tracer(), "0");
    server.stop(&started.id).await;
    let info = server.wait_for(&started.id, is_over).await;
    assert_eq!(info.state, SessionState::Finished { exit_status: None });
    assert_eq!(sleeper.tracer(), "0");
    assert!(sleeper.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_runs() {
    let server = TestServer::start().await;
    let examples: Vec<Example> = server.get("/api/examples").await;
    let mut started = Vec::new();
    for example in &examples {
        started.push(server.post_session(json!({"example": example.id})).await.id);
    }
    for (id, example) in started.iter().zip(&examples) {
        let info = server.wait_for(id, |info| is_over(info) || info.events > 100).await;
        assert!(!matches!(info.state, SessionState::Failed { .. }), "{}: {info:?}", example.id);
        if info.state.is_live() {
            let stop = server.request(Method::POST, &format!("/api/sessions/{id}/stop"));
            // It may have come to its end by itself just now.
            let status = stop.send().await.unwrap().status();
            assert!([StatusCode::ACCEPTED, StatusCode::CONFLICT].contains(&status), "{status}");
            server.wait_for(id, is_over).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_survives_the_death_of_its_server() {
    let store = Arc::new(tempfile::tempdir().unwrap());
    let mut first = Syscope::start(&["serve"], store.path());
    let server = first.client(&store);
    let marker = store.path().join("marker");
    let script = format!("sleep 0.5; echo done; touch {}; exit 4", marker.display());
    let short = server.post_session(json!({"command": ["sh", "-c", script]})).await.id;
    let long = server.post_session(json!({"command": ["sh", "-c", LOOP]})).await.id;
    server.wait_for(&short, has_events).await;
    server.wait_for(&long, has_events).await;
    first.signal(Signal::SIGKILL);
    first.end();
    until("the command goes on to its end", || marker.exists()).await;

    let second = Syscope::start(&["serve"], store.path());
    let server = second.client(&store);
    let info = server.wait_for(&short, is_over).await;
    assert_eq!(info.state, SessionState::Finished { exit_status: Some(4) });
    assert_eq!(info.warning, None);
    let mut viewer = server.view(&short).await;
    viewer.update(|update| update.session == info && update.revision > 0).await;
    assert_eq!(output_of(&mut viewer).await, "done\n");

    // The other one still records: it is followed, and ended through the lock that its recorder holds.
    let mut viewer = server.view(&long).await;
    let before = viewer.update(|update| update.session.state == SessionState::Recording).await;
    viewer.update(|update| update.session.events > before.session.events).await;
    server.stop(&long).await;
    let last = viewer.update(|update| is_over(&update.session)).await;
    assert_eq!(last.session.state, SessionState::Finished { exit_status: Some(128 + 15) });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_command_line_ends_with_it_and_one_of_the_page_does_not() {
    let store = Arc::new(tempfile::tempdir().unwrap());
    let mut syscope = Syscope::start(&["run", "--", "sleep", "30"], store.path());
    let own = syscope.url.rsplit_once("&session=").unwrap().1.to_owned();
    let server = syscope.client(&store);
    let other = server.post_session(json!({"command": ["sleep", "30"]})).await.id;
    server.wait_for(&own, has_events).await;
    server.wait_for(&other, has_events).await;
    syscope.signal(Signal::SIGINT);
    let (status, errors) = syscope.end();
    assert_eq!(status, Some(0));
    assert!(errors.contains("1 session records on without the server"), "{errors}");

    let next = TestServer::start_in(Arc::clone(&store)).await;
    let info = next.session(&own).await;
    assert_eq!(info.state, SessionState::Finished { exit_status: Some(128 + 15) });
    assert_eq!(next.session(&other).await.state, SessionState::Recording);
    next.stop(&other).await;
    let info = next.wait_for(&other, is_over).await;
    assert_eq!(info.state, SessionState::Finished { exit_status: Some(128 + 15) });
}

#[tokio::test(flavor = "multi_thread")]
async fn attaching_by_the_command_line_lets_go_at_the_end() {
    let store = Arc::new(tempfile::tempdir().unwrap());
    let sleeper = Sleeper::start();
    let mut syscope = Syscope::start(&["attach", &sleeper.pid().to_string()], store.path());
    let id = syscope.url.rsplit_once("&session=").unwrap().1.to_owned();
    syscope.client(&store).wait_for(&id, has_events).await;
    syscope.signal(Signal::SIGTERM);
    assert_eq!(syscope.end().0, Some(0));
    assert_eq!(sleeper.tracer(), "0");
    assert!(sleeper.is_running());
}
