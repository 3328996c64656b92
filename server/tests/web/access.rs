//! Who is let in: the rows 3 to 8 and 13 of what syscope promises about security.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::{Method, StatusCode};
use syscope::http::{Access, ROUTES};
use tokio_tungstenite::tungstenite::{self, http};

use crate::harness::{TestServer, save};

#[tokio::test]
async fn every_route_is_closed_without_the_token() {
    let server = TestServer::start().await;
    assert!(ROUTES.len() >= 10);
    for route in ROUTES {
        let path = route.path.replace("{id}", "0123456789abcdef0123456789abcdef");
        let origin = format!("http://{}", server.host());
        let request = || server.anonymous(route.method.clone(), &path).header("origin", &origin);
        let other_digit = if server.token.ends_with('0') { '1' } else { '0' };
        let nearly = format!("{}{other_digit}", &server.token[..63]);
        for (what, request) in [
            ("no token", request()),
            ("a wrong token", request().bearer_auth("0".repeat(64))),
            ("nearly the token", request().bearer_auth(&nearly)),
            ("an empty token", request().bearer_auth("")),
            ("another scheme", request().header("authorization", format!("Basic {}", server.token))),
        ] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{} {path} with {what}", route.method);
            let problem: syscope_shared::api::Problem = response.json().await.unwrap();
            assert!(!problem.error.is_empty());
        }
    }
}

#[tokio::test]
async fn what_is_no_route_is_closed_as_well() {
    let server = TestServer::start().await;
    for (method, path) in [
        (Method::GET, "/api"),
        (Method::GET, "/api/nothing"),
        (Method::GET, "/api/sessions/"),
        (Method::PUT, "/api/sessions"),
        (Method::DELETE, "/api/examples"),
        (Method::POST, "/ws"),
        (Method::GET, "/ws/more"),
    ] {
        let response = server.anonymous(method.clone(), path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    let known = server.request(Method::GET, "/api/nothing").send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_token_opens_every_route() {
    let server = TestServer::start().await;
    for route in ROUTES.iter().filter(|route| route.method == Method::GET && route.access == Access::Operator)
    {
        let id = save(server.store.path(), 3);
        let path = route.path.replace("{id}", &id);
        let response = server.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_ticket_opens_one_websocket() {
    let server = TestServer::start().await;
    let origin = format!("http://{}", server.host());
    let headers = [("origin", origin.as_str())];
    let query = format!("?ticket={}", server.ticket().await);
    server.try_connect(&query, &headers).await.unwrap();
    for bad in [query.as_str(), "", "?ticket=", "?ticket=0123", &format!("?token={}", server.token)] {
        assert_eq!(refusal(server.try_connect(bad, &headers).await), 401, "{bad}");
    }
    assert_eq!(refusal(server.try_connect(&format!("?ticket={}", server.token), &headers).await), 401);
}

#[tokio::test]
async fn a_program_opens_a_websocket_with_the_token() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", server.token);
    server.try_connect("", &[("authorization", &bearer)]).await.unwrap();
    let foreign = [("authorization", bearer.as_str()), ("origin", "http://evil.example")];
    assert_eq!(refusal(server.try_connect("", &foreign).await), 403);
}

#[tokio::test]
async fn only_the_page_opens_a_websocket_with_a_ticket() {
    let server = TestServer::start().await;
    let query = format!("?ticket={}", server.ticket().await);
    let port = server.port;
    for origin in [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        &format!("http://localhost:{port}"),
        &format!("https://127.0.0.1:{port}"),
        &format!("http://127.0.0.1:{port}.evil.example"),
    ] {
        assert_eq!(refusal(server.try_connect(&query, &[("origin", origin)]).await), 403, "{origin}");
    }
    assert_eq!(refusal(server.try_connect(&query, &[]).await), 403, "no origin");
    let own = format!("http://127.0.0.1:{port}");
    server.try_connect(&query, &[("origin", &own)]).await.expect("the refusals did not use the ticket up");
}

/// The status of a refused upgrade.
fn refusal<T>(result: Result<T, tungstenite::Error>) -> u16 {
    match result {
        Err(tungstenite::Error::Http(response)) => http::StatusCode::as_u16(&response.status()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the websocket was opened"),
    }
}

/// Sends a request as it stands and gives back the answer's status.
fn raw_status(port: u16, request: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_names_are_answered_to() {
    let server = TestServer::start().await;
    let port = server.port;
    let status = |path: &str, host: &str| {
        raw_status(port, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        assert_eq!(status("/", &format!("{host}:{port}")), 200, "{host}");
    }
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("localhost.:{port}"),
        format!("localhost6:{port}"),
        format!("10.0.2.555:{port}"),
        format!("127.0.0.1.evil.com:{port}"),
        format!("127.0.0.1:{port}.evil.com"),
        String::new(),
    ] {
        // The page's files and the interface alike, with the token or without.
        assert_eq!(status("/", &host), 403, "{host}");
        assert_eq!(status("/nothing.js", &host), 403, "{host}");
        assert_eq!(status("/api/sessions", &host), 403, "{host}");
        let known = server.request(Method::GET, "/api/sessions").header("host", &host).send().await;
        assert!(known.is_err() || known.unwrap().status() == StatusCode::FORBIDDEN, "{host}");
    }
    let twice = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    assert!([400, 403].contains(&raw_status(port, &twice)));
    let absolute =
        format!("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    assert_eq!(raw_status(port, &absolute), 403);
}

#[tokio::test]
async fn another_page_cannot_change_anything() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.host());
    let status = async |headers: &[(&'static str, &str)]| {
        let mut request = server.request(Method::POST, "/api/ws-ticket");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&[]).await, 200, "a program");
    assert_eq!(status(&[("origin", &own), ("sec-fetch-site", "same-origin")]).await, 200, "the page");
    for foreign in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(status(&[foreign]).await, 403, "{foreign:?}");
    }
    let mixed = [("origin", own.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(status(&mixed).await, 403);
}

#[tokio::test]
async fn a_body_must_be_json() {
    let server = TestServer::start().await;
    let body = r#"{"command":["true"]}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = server.request(Method::POST, "/api/sessions").header("content-type", content_type);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    let untyped = server.request(Method::POST, "/api/sessions").body(body).send().await.unwrap();
    assert_eq!(untyped.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(server.get::<Vec<serde_json::Value>>("/api/sessions").await.is_empty());
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_none_shares_with_other_pages() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.host());
    for request in [
        server.anonymous(Method::GET, "/"),
        server.anonymous(Method::GET, "/nothing"),
        server.anonymous(Method::GET, "/api/sessions"),
        server.request(Method::GET, "/api/sessions"),
        server.anonymous(Method::GET, "/").header("host", "evil.example"),
        server.anonymous(Method::OPTIONS, "/api/sessions").header("access-control-request-method", "POST"),
        server.request(Method::OPTIONS, "/api/sessions").header("origin", &own),
    ] {
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
        };
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|found| found == part), "{part} in {policy}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let names = || response.headers().keys().map(reqwest::header::HeaderName::as_str);
        assert!(
            names().all(|name| !name.starts_with("access-control-")),
            "{:?}",
            names().collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn no_path_reaches_the_file_system() {
    let server = TestServer::start().await;
    let id = save(server.store.path(), 3);
    std::fs::write(server.store.path().join("notes.syscope"), "mine").unwrap();
    let port = server.port;
    for path in [
        "/api/sessions/notes/file".to_owned(),
        "/api/sessions/..%2f..%2fetc%2fpasswd/file".to_owned(),
        format!("/api/sessions/{}/file", id.to_uppercase()),
        format!("/api/sessions/{id}.syscope/file"),
        "/api/sessions/%2e%2e/file".to_owned(),
        "/api/sessions/0123456789abcdef0123456789abcdef/file".to_owned(),
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            server.token
        );
        let status = tokio::task::spawn_blocking(move || raw_status(port, &request)).await.unwrap();
        assert_eq!(status, 404, "{path}");
    }
}
