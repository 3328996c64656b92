//! A server in a store of its own, traces to put there, and a client for each end.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use nix::sys::signal::{Signal, kill};
use reqwest::{Method, RequestBuilder, StatusCode};
use syscope::http::{Config, Server};
use syscope::session::{Folder, Registry, SessionId};
use syscope::tracer::refusal::UidPolicy;
use syscope_shared::api::{SessionInfo, WsTicket};
use syscope_shared::event::{self, Change, Event, EventKind, Origin, Syscall, TaskChange};
use syscope_shared::file::{Chunk, Encoder, Header, Seal, SealReason};
use syscope_shared::ids::{Pid, TaskUid, Tid};
use syscope_shared::options::{Target, TraceOptions};
use syscope_shared::query::{Answer, Query};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::{Nanos, TraceTime};
use syscope_shared::wire::{self, ClientMessage, ServerMessage, Update, VERSION};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long a condition may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct TestServer {
    pub(crate) port: u16,
    pub(crate) token: String,
    pub(crate) store: Arc<TempDir>,
    pub(crate) client: reqwest::Client,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap())).await
    }

    pub(crate) async fn start_in(store: Arc<TempDir>) -> Self {
        let folder = Folder::open(store.path()).unwrap();
        let sessions =
            Arc::new(Registry::new(folder, env!("CARGO_BIN_EXE_syscope").into(), UidPolicy::SameUser));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::new(listener, &Config::default(), sessions).unwrap();
        let (port, token) = (server.address().port(), server.token().reveal().to_owned());
        tokio::spawn(server.run(std::future::pending()));
        Self::at(port, token, store)
    }

    /// A client of a server that is running.
    pub(crate) fn at(port: u16, token: String, store: Arc<TempDir>) -> Self {
        Self { port, token, store, client: reqwest::Client::new() }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A request without the token.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.host()))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    pub(crate) async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn session(&self, id: &str) -> SessionInfo {
        self.get(&format!("/api/sessions/{id}")).await
    }

    /// Starts a session and gives back what the server says of it.
    pub(crate) async fn post_session(&self, body: serde_json::Value) -> SessionInfo {
        let response = self.request(Method::POST, "/api/sessions").json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The session once it is in a state that `is_wanted`.
    pub(crate) async fn wait_for(&self, id: &str, is_wanted: impl Fn(&SessionInfo) -> bool) -> SessionInfo {
        let start = Instant::now();
        loop {
            let info = self.session(id).await;
            if is_wanted(&info) {
                return info;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain, and now: {info:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn ticket(&self) -> String {
        let response = self.request(Method::POST, "/api/ws-ticket").send().await.unwrap();
        response.json::<WsTicket>().await.unwrap().ticket
    }

    /// A websocket as the page opens it.
    pub(crate) async fn connect(&self) -> Viewer {
        let ticket = self.ticket().await;
        let origin = format!("http://{}", self.host());
        self.try_connect(&format!("?ticket={ticket}"), &[("origin", &origin)]).await.unwrap()
    }

    pub(crate) async fn try_connect(
        &self,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Viewer, tungstenite::Error> {
        let mut request = format!("ws://{}/ws{query}", self.host()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Ok(Viewer(tokio_tungstenite::connect_async(request).await?.0))
    }

    /// A viewer that has opened a session.
    pub(crate) async fn view(&self, id: &str) -> Viewer {
        let mut viewer = self.connect().await;
        viewer.send(&ClientMessage::Open { version: VERSION, session: id.to_owned() }).await;
        let opened = viewer.next().await;
        assert!(matches!(opened, ServerMessage::Opened { version: VERSION, .. }), "{opened:?}");
        viewer
    }
}

/// A started `syscope`, ended with the test.
pub(crate) struct Syscope {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Syscope {
    pub(crate) fn start(args: &[&str], store: &Path) -> Self {
        Self::start_with(args, store, &[])
    }

    /// Starts it on a free port, with nothing to open a browser on unless `env` says otherwise.
    pub(crate) fn start_with(args: &[&str], store: &Path, env: &[(&str, &str)]) -> Self {
        let (subcommand, rest) = args.split_at(args.len().min(1));
        let mut child = Command::new(env!("CARGO_BIN_EXE_syscope"))
            .args(subcommand)
            .args(["--port", "0", "--store"])
            .arg(store)
            .args(rest)
            .env("SYSCOPE_LOG", "trace")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        stdout.read_line(&mut url).unwrap();
        Self { child, stdout, url: url.trim().to_owned() }
    }

    /// Address and token.
    pub(crate) fn parts(&self) -> (&str, &str) {
        let rest = self.url.strip_prefix("http://").expect(&self.url);
        let (address, fragment) = rest.split_once("/#token=").expect(&self.url);
        (address, fragment.split('&').next().unwrap())
    }

    /// A client of this server.
    pub(crate) fn client(&self, store: &Arc<TempDir>) -> TestServer {
        let (address, token) = self.parts();
        let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
        TestServer::at(port, token.to_owned(), Arc::clone(store))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(nix::unistd::Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits for the end; its exit status and what it wrote to standard error.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

impl Drop for Syscope {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The page's end of a websocket.
pub(crate) struct Viewer(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Viewer {
    pub(crate) async fn send(&mut self, message: &ClientMessage) {
        self.0.send(Message::Binary(wire::encode(message).into())).await.unwrap();
    }

    /// The next message of the protocol.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap();
            match message {
                Message::Binary(bytes) => return wire::decode(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code that the server closes with, whatever it says before.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next update that `is_wanted`.
    pub(crate) async fn update(&mut self, is_wanted: impl Fn(&Update) -> bool) -> Update {
        loop {
            if let ServerMessage::Update(update) = self.next().await
                && is_wanted(&update)
            {
                return update;
            }
        }
    }

    pub(crate) async fn ask(&mut self, id: u32, query: Query) -> Answer {
        self.send(&ClientMessage::Ask { id, query }).await;
        loop {
            match self.next().await {
                ServerMessage::Answer { id: answered, answer } if answered == id => return answer,
                ServerMessage::Update(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A trace file in the making, locked as a recorder locks it.
pub(crate) struct TraceWriter {
    pub(crate) id: String,
    pub(crate) path: PathBuf,
    file: File,
    encoder: Encoder,
    events: u64,
}

impl TraceWriter {
    /// A file with a header, a task and nothing else.
    pub(crate) fn create(store: &Path) -> Self {
        let id = SessionId::generate().unwrap().to_string();
        let path = store.join(format!("{id}.syscope"));
        let mut file = File::create(&path).unwrap();
        file.lock().unwrap();
        file.write_all(&Encoder::preamble()).unwrap();
        let mut writer = Self { id, path, file, encoder: Encoder::new(), events: 0 };
        writer.append(&Chunk::Header(Header {
            target: Target::Command(vec!["ls".to_owned(), "-la".to_owned()]),
            options: TraceOptions::default(),
            started_unix_nanos: 1_700_000_000_000_000_000,
            cwd: "/".to_owned(),
            host: "testhost".to_owned(),
            kernel: "6.1".to_owned(),
            recorder: "0.1.0".to_owned(),
        }));
        let started =
            Change::Started { tid: Tid(7), process: Pid(7), origin: Origin::Spawned, comm: "ls".to_owned() };
        writer.append(&Chunk::Tasks(vec![TaskChange {
            task: TaskUid(0),
            time: TraceTime(0),
            change: started,
        }]));
        writer
    }

    pub(crate) fn append(&mut self, chunk: &Chunk) {
        self.file.write_all(&self.encoder.encode(chunk).unwrap()).unwrap();
    }

    /// Appends `count` calls, each ten microseconds after the one before; every tenth fails.
    pub(crate) fn calls(&mut self, count: u64) {
        let first = self.events;
        self.events += count;
        let events = (first..self.events).map(call).collect();
        self.append(&Chunk::Events(events));
    }

    pub(crate) fn output(&mut self, text: &str) {
        let output = event::Output { time: TraceTime(5), stream: event::Stream::Stdout, bytes: text.into() };
        self.append(&Chunk::Output(vec![output]));
    }

    /// Calls that have begun and not returned.
    pub(crate) fn in_flight(&mut self) {
        let mut event = call(self.events);
        if let EventKind::Syscall(call) = &mut event.kind {
            call.duration = None;
            call.errno = None;
        }
        self.append(&Chunk::InFlight(vec![event]));
    }

    /// Ends the recording in order; gives back the id.
    pub(crate) fn seal(mut self, exit_status: Option<i32>) -> String {
        let end = TraceTime(self.events * 10_000);
        let seal = Seal { end, events: self.events, reason: SealReason::Finished, exit_status };
        self.append(&Chunk::Seal(seal));
        self.id
    }

    /// Ends as a recorder that is killed does; gives back the id.
    pub(crate) fn abandon(mut self) -> String {
        self.file.write_all(b"EVNT\x00").unwrap();
        self.id
    }
}

fn call(number: u64) -> Event {
    let is_error = number.is_multiple_of(10);
    let call = Syscall {
        id: SyscallId::x86_64(257),
        duration: Some(Nanos(2_000)),
        args: format!("AT_FDCWD, \"/tmp/{number}\", O_RDONLY"),
        args_at_entry_bytes: 10,
        result: if is_error { "-1 ENOENT (No such file or directory)".to_owned() } else { "3".to_owned() },
        ret: if is_error { -2 } else { 3 },
        errno: is_error.then_some(2),
        fd: None,
        path: Some(format!("/tmp/{number}")),
        bytes: None,
        child: None,
    };
    Event { task: TaskUid(0), start: TraceTime(number * 10_000), kind: EventKind::Syscall(call) }
}

/// A finished trace of this many calls; its id.
pub(crate) fn save(store: &Path, calls: u64) -> String {
    let mut writer = TraceWriter::create(store);
    writer.calls(calls);
    writer.output("hello\n");
    writer.seal(Some(0))
}

/// Waits until `is_so`.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn mode_of(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
