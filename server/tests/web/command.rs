//! `syscope serve` as a program: where it listens, what it prints, what others can see of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{mode_of, save};

/// A started `syscope`, ended with the test.
struct Syscope {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl Syscope {
    fn start(args: &[&str], store: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_syscope"))
            .args(args)
            .arg("--store")
            .arg(store)
            .env("SYSCOPE_LOG", "trace")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
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
    fn parts(&self) -> (&str, &str) {
        let rest = self.url.strip_prefix("http://").expect(&self.url);
        let (address, fragment) = rest.split_once("/#token=").expect(&self.url);
        (address, fragment.split('&').next().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits for the end; its exit status and what it wrote to standard error.
    fn end(&mut self) -> (Option<i32>, String) {
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

/// Runs a command line that is expected to end by itself.
fn run(args: &[&str], store: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_syscope")).args(args).arg("--store").arg(store).output().unwrap()
}

#[test]
fn it_listens_on_loopback_only() {
    let store = tempfile::tempdir().unwrap();
    let syscope = Syscope::start(&["serve", "--port", "0"], store.path());
    let port: u16 = syscope.parts().0.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    // The kernel's own account: local addresses in hexadecimal, state 0A is LISTEN (proc_net(5)).
    let sockets =
        fs::read_to_string("/proc/net/tcp").unwrap() + &fs::read_to_string("/proc/net/tcp6").unwrap();
    let listening: Vec<&str> = sockets
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[3] == "0A" && fields[1].ends_with(&format!(":{port:04X}")))
        .map(|fields| fields[1])
        .collect();
    assert_eq!(listening, [format!("0100007F:{port:04X}")]);
}

#[test]
fn it_refuses_to_listen_beyond_loopback_without_a_proxy() {
    let store = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0", "::", "192.0.2.1"] {
        let refused = run(&["serve", "--port", "0", "--bind", address], store.path());
        assert_eq!(refused.status.code(), Some(2), "{address}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--behind-proxy"));
        assert!(refused.stdout.is_empty());
    }
}

#[test]
fn a_taken_port_is_reported_with_the_remedy() {
    let store = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = run(&["serve", "--port", &port], store.path());
    assert_eq!(refused.status.code(), Some(1));
    let sentence = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(sentence.contains(&port) && sentence.contains("--port"), "{sentence}");
}

#[test]
fn the_token_is_seen_in_the_url_and_nowhere_else() {
    let store = tempfile::tempdir().unwrap();
    let mut syscope = Syscope::start(&["serve", "--port", "0"], store.path());
    let (address, token) = (syscope.parts().0.to_owned(), syscope.parts().1.to_owned());
    assert_eq!(token.len(), 64);
    let id = save(store.path(), 3);
    let get = |path: &str| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for path in ["/", "/api/sessions", "/api/processes", &format!("/ws?ticket={token}")] {
        assert!(!get(path).contains(&token), "{path}");
    }
    assert!(get("/api/sessions").contains(&id), "the token works");

    let pid = syscope.child.id();
    for file in ["cmdline", "environ"] {
        let content = fs::read(format!("/proc/{pid}/{file}")).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains(&token), "{file}");
    }
    for entry in fs::read_dir(store.path()).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&content).contains(&token));
    }
    syscope.signal(Signal::SIGTERM);
    let mut rest = String::new();
    syscope.stdout.read_to_string(&mut rest).unwrap();
    let (_, errors) = syscope.end();
    assert!(!rest.contains(&token) && !errors.contains(&token), "not in the most talkative log either");
}

#[test]
fn the_store_is_its_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("data/syscope");
    let _syscope = Syscope::start(&["serve", "--port", "0"], &store);
    assert_eq!(mode_of(&store), 0o700);
}

#[test]
fn it_ends_in_order_when_told_to() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let store = tempfile::tempdir().unwrap();
        let mut syscope = Syscope::start(&["serve", "--port", "0"], store.path());
        // A connection that says nothing must not hold it up.
        let _idle = std::net::TcpStream::connect(syscope.parts().0).unwrap();
        syscope.signal(signal);
        assert_eq!(syscope.end().0, Some(0), "{signal}");
    }
}

#[test]
fn saved_traces_are_opened_where_they_lie() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("store");
    let id = save(home.path(), 12);
    let trace = home.path().join(format!("{id}.syscope")).display().to_string();
    let syscope = Syscope::start(&["open", "--port", "0", &trace], &store);
    let session = syscope.url.rsplit_once("&session=").unwrap().1;
    assert_eq!(session.len(), 32);
    assert_eq!(fs::read_dir(&store).unwrap().count(), 0, "nothing is copied");

    let junk = home.path().join("junk");
    fs::write(&junk, "open(\"/etc/passwd\") = 3\n").unwrap();
    let refused = run(&["open", "--port", "0", &junk.display().to_string()], &store);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not a syscope trace"));
}
