//! The page's files.

use reqwest::{Method, StatusCode};

use crate::harness::TestServer;

#[tokio::test]
async fn the_page_or_how_to_build_it_is_at_the_root() {
    let server = TestServer::start().await;
    let response = server.anonymous(Method::GET, "/").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let text = response.text().await.unwrap();
    if syscope::site::has_page() {
        assert!(text.contains("<script"), "{text}");
    } else {
        assert!(text.contains("cargo xtask build"), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_file_of_the_page_is_absent() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/index.html.br", "/..%2fCargo.toml", "/apis"] {
        let response = server.anonymous(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let posted = server.anonymous(Method::POST, "/").send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
}
