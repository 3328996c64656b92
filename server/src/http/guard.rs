//! What every request passes before a handler sees it, and every answer on its way out.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN,
    REFERRER_POLICY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;
use super::routes::{self, Access};
use super::{App, Shared};
use crate::auth::{Provenance, Role, Side};

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses, or lets the request on with its [`Role`]; either way the answer carries the security headers.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let mut response = match admit(&app, &request) {
        Ok(role) => {
            if let Some(role) = role {
                request.extensions_mut().insert(role);
            }
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The role in which the request may go on; `None` for the page's files, which are anybody's.
fn admit(app: &Shared, request: &Request) -> Result<Option<Role>, Refusal> {
    let host = own_host(app, request.headers(), request.uri())?;
    let headers = request.headers();
    let provenance = Provenance {
        host,
        origin: text(headers, &ORIGIN),
        fetch_site: text(headers, &HeaderName::from_static("sec-fetch-site")),
    };
    let is_unsafe = !matches!(*request.method(), Method::GET | Method::HEAD);
    if is_unsafe && provenance.side(&app.hosts) == Side::Foreign {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "another page may not change anything here"));
    }
    let role = match access(request) {
        None => None,
        Some(Access::Operator) => Some(bearer(app, headers).ok_or_else(unauthorized)?),
        Some(Access::Ticket) => Some(websocket_role(app, request, provenance)?),
    };
    if is_unsafe {
        check_body_type(headers)?;
    }
    Ok(role)
}

/// The `Host` header, if it is a name of this server.
fn own_host<'a>(app: &Shared, headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str, Refusal> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).filter(|host| app.hosts.allows(host));
    let is_same_in_uri = uri.authority().is_none_or(|authority| Some(authority.as_str()) == host);
    match host {
        Some(host) if hosts.next().is_none() && is_same_in_uri => Ok(host),
        _ => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "syscope does not answer to this host name: use the address that it printed, or start it with --allow-host NAME",
        )),
    }
}

/// Who may make this request: by its row in the table; a route without one is the operator's. `None`: the page's files.
fn access(request: &Request) -> Option<Access> {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_own_name = |prefix: &str| {
        let rest = request.uri().path().strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match path {
        Some(path) => Some(routes::access(request.method(), path).unwrap_or(Access::Operator)),
        None if is_own_name("/api") || is_own_name("/ws") => Some(Access::Operator),
        None => None,
    }
}

fn bearer(app: &Shared, headers: &HeaderMap) -> Option<Role> {
    let (scheme, token) = text(headers, &AUTHORIZATION)?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && app.token.matches(token)).then_some(Role::Operator)
}

/// A websocket is opened by the page, with a ticket, or by a program, with the token.
fn websocket_role(app: &Shared, request: &Request, provenance: Provenance<'_>) -> Result<Role, Refusal> {
    let by_bearer = bearer(app, request.headers());
    let is_welcome = match provenance.side(&app.hosts) {
        Side::Own => provenance.origin.is_some() || by_bearer.is_some(),
        Side::Unknown => by_bearer.is_some(),
        Side::Foreign => false,
    };
    if !is_welcome {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "only syscope's own page may open its websocket"));
    }
    let ticket = request.uri().query().and_then(ticket_in);
    let by_ticket = || app.tickets.redeem(ticket?, Instant::now());
    by_bearer.or_else(by_ticket).ok_or_else(|| {
        Refusal::new(
            StatusCode::UNAUTHORIZED,
            "the websocket needs an unused ticket: POST /api/ws-ticket gives one, good for 30 seconds",
        )
    })
}

/// The ticket in a query such as `ticket=0123…`; tickets are hexadecimal, so that nothing is ever escaped.
fn ticket_in(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("ticket="))
}

/// A body that is not JSON could be a form that another page posted.
fn check_body_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let has_body = headers.contains_key(TRANSFER_ENCODING)
        || text(headers, &CONTENT_LENGTH).is_some_and(|length| length != "0");
    let content_type =
        text(headers, &CONTENT_TYPE).map(|value| value.split(';').next().unwrap_or_default().trim());
    let is_json = content_type.is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    if is_json || (!has_body && !headers.contains_key(CONTENT_TYPE)) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "a body must be JSON: send it with the header `Content-Type: application/json`",
    ))
}

fn unauthorized() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "this needs the token of the URL that syscope printed, as `Authorization: Bearer TOKEN`; a new start makes a new one",
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // A value that is no text cannot be trusted to be absent: it stands for a foreign one.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_or_absent() {
        let status = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            check_body_type(&headers.collect()).map_err(|refusal| refusal.status.as_u16())
        };
        assert_eq!(status(&[]), Ok(()));
        assert_eq!(status(&[(CONTENT_LENGTH, "0")]), Ok(()));
        assert_eq!(
            status(&[(CONTENT_LENGTH, "2"), (CONTENT_TYPE, "application/json; charset=utf-8")]),
            Ok(())
        );
        assert_eq!(status(&[(CONTENT_LENGTH, "2")]), Err(415));
        assert_eq!(status(&[(TRANSFER_ENCODING, "chunked")]), Err(415));
        assert_eq!(status(&[(CONTENT_TYPE, "text/plain")]), Err(415));
        assert_eq!(status(&[(CONTENT_TYPE, "application/x-www-form-urlencoded")]), Err(415));
    }

    #[test]
    fn a_ticket_is_found_in_the_query() {
        assert_eq!(ticket_in("ticket=abc"), Some("abc"));
        assert_eq!(ticket_in("a=b&ticket=abc&c"), Some("abc"));
        assert_eq!(ticket_in("noticket=abc"), None);
    }
}
