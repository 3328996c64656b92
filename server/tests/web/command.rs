//! `syscope serve` as a program: where it listens, what it prints, what others can see of it.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::{PATIENCE, Syscope, mode_of, save};

/// Runs a command line that is expected to end by itself.
fn run(args: &[&str], store: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_syscope")).args(args).arg("--store").arg(store).output().unwrap()
}

#[test]
fn it_listens_on_loopback_only() {
    let store = tempfile::tempdir().unwrap();
    let syscope = Syscope::start(&["serve"], store.path());
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
    let mut syscope = Syscope::start(&["serve"], store.path());
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
    let _syscope = Syscope::start(&["serve"], &store);
    assert_eq!(mode_of(&store), 0o700);
}

#[test]
fn it_ends_in_order_when_told_to() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let store = tempfile::tempdir().unwrap();
        let mut syscope = Syscope::start(&["serve"], store.path());
        // A connection that says nothing must not hold it up.
        let _idle = std::net::TcpStream::connect(syscope.parts().0).unwrap();
        syscope.signal(signal);
        assert_eq!(syscope.end().0, Some(0), "{signal}");
    }
}

#[test]
fn the_browser_is_opened_without_the_token_in_its_arguments() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("store");
    let id = save(home.path(), 12);
    let trace = home.path().join(format!("{id}.syscope")).display().to_string();
    // A browser that keeps what it was given.
    let browser = home.path().join("xdg-open");
    let (arguments, page) = (home.path().join("arguments"), home.path().join("page"));
    let script = format!(
        "#!/bin/sh\ncp -p \"$1\" {}\necho \"$@\" > {}.new\nmv {}.new {}\n",
        page.display(),
        arguments.display(),
        arguments.display(),
        arguments.display()
    );
    fs::write(&browser, script).unwrap();
    fs::set_permissions(&browser, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
    let syscope = Syscope::start_with(&["open", &trace], &store, &[("DISPLAY", ":0"), ("PATH", &path)]);
    let start = Instant::now();
    while !arguments.exists() {
        assert!(start.elapsed() < PATIENCE, "the browser was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!fs::read_to_string(&arguments).unwrap().contains(syscope.parts().1));
    assert_eq!(mode_of(&page), 0o600);
    let link = syscope.url.replace('&', "&amp;");
    assert!(fs::read_to_string(&page).unwrap().contains(&link));
}

#[test]
fn no_subcommand_means_serve() {
    let store = tempfile::tempdir().unwrap();
    let syscope = Syscope::start(&[], store.path());
    assert!(syscope.parts().0.starts_with("127.0.0.1:"));
}

#[test]
fn saved_traces_are_opened_where_they_lie() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("store");
    let id = save(home.path(), 12);
    let trace = home.path().join(format!("{id}.syscope")).display().to_string();
    let syscope = Syscope::start(&["open", &trace], &store);
    let session = syscope.url.rsplit_once("&session=").unwrap().1;
    assert_eq!(session.len(), 32);
    assert_eq!(fs::read_dir(&store).unwrap().count(), 0, "nothing is copied");

    let junk = home.path().join("junk");
    fs::write(&junk, "open(\"/etc/passwd\") = 3\n").unwrap();
    let refused = run(&["open", "--port", "0", &junk.display().to_string()], &store);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not a syscope trace"));
}
