//! The page, embedded in the binary: its files, brotli-compressed beside themselves by `cargo xtask build`, with their types and
//! an ETag each.
//!
//! A request's path is compared with the names of the embedded files and never reaches the file system. A debug build reads
//! the files where they were built, so that the page can be worked on without building the server anew.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../frontend/dist"]
#[allow_missing = true]
struct Page;

const INDEX: &str = "index.html";
const PAGE_IS_MISSING: &str = "<!doctype html><html lang=\"en\"><title>syscope</title><p>This syscope was built without its page. \
     Run <code>cargo xtask build</code> in its source folder and start it again; the interface for programs, <code>/api</code>, works \
     as it is.</p></html>\n";

/// Whether the page is in this build.
#[must_use]
pub fn has_page() -> bool {
    find(INDEX).is_some()
}

/// The file of the page at `path` (`/` is the page itself), or 404.
pub(crate) fn serve(path: &str, request: &HeaderMap) -> Response {
    let name = match path.strip_prefix('/') {
        Some("") => INDEX,
        Some(name) if !name.ends_with(".br") => name,
        _ => return absent(),
    };
    match find(name) {
        Some(file) => {
            let packed = if accepts_brotli(request) { find(&format!("{name}.br")) } else { None };
            let encoding = packed.is_some().then_some("br");
            let file = packed.unwrap_or(file);
            respond(name, file.data, file.metadata.sha256_hash(), encoding, request)
        }
        None if name == INDEX => html(StatusCode::OK, PAGE_IS_MISSING),
        None => absent(),
    }
}

/// The embedded file whose whole name this is.
fn find(name: &str) -> Option<EmbeddedFile> {
    Page::iter().any(|known| known == name).then(|| Page::get(name)).flatten()
}

fn respond(
    name: &str,
    content: Cow<'static, [u8]>,
    hash: [u8; 32],
    encoding: Option<&'static str>,
    request: &HeaderMap,
) -> Response {
    let etag: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{etag}\"");

    let is_known = is_known_to_client(request, &etag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(content).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    // The names carry no version: a browser keeps the files and asks each time whether they still hold.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(ETAG, etag);
    }
    response
}

fn accepts_brotli(request: &HeaderMap) -> bool {
    let accepted = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        let is_refused = parts.any(|part| {
            part.strip_prefix("q=")
                .is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0))
        });
        is_brotli && !is_refused
    })
}

fn is_known_to_client(request: &HeaderMap, etag: &str) -> bool {
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn html(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

fn absent() -> Response {
    html(
        StatusCode::NOT_FOUND,
        "<!doctype html><html lang=\"en\"><title>syscope</title><p>There is nothing here; syscope's page is at <a href=\"/\">/</a>.</p></html>\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn brotli_is_used_when_it_is_welcome() {
        for welcome in ["br", "gzip, deflate, br, zstd", "gzip;q=0.5, BR;q=0.9"] {
            assert!(accepts_brotli(&with(ACCEPT_ENCODING, welcome)), "{welcome}");
        }
        for other in ["", "gzip", "br;q=0", "brotli", "br; q=0.0"] {
            assert!(!accepts_brotli(&with(ACCEPT_ENCODING, other)), "{other}");
        }
    }

    #[test]
    fn a_file_is_answered_with_its_type_and_again_with_not_modified() {
        let answer = |request: &HeaderMap| respond("style.css", b"a{}".into(), [7; 32], None, request);
        let first = answer(&HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(first.headers()[VARY], "accept-encoding");
        let etag = first.headers()[ETAG].clone();
        let again = answer(&HeaderMap::from_iter([(IF_NONE_MATCH, etag)]));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let changed = answer(&with(IF_NONE_MATCH, "\"other\""));
        assert_eq!(changed.status(), StatusCode::OK);
    }

    #[test]
    fn no_path_leads_out_of_the_page() {
        for path in
            ["/../Cargo.toml", "/..%2fCargo.toml", "//etc/passwd", "/etc/passwd", "/index.html.br", ""]
        {
            assert_eq!(serve(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
