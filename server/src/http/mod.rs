//! The HTTP side: every request passes the [guard] and then one row of the [route table](routes).
//!
//! The guard decides by the table who may do what, so that a route that is not in it, or whose row says nothing else, is closed to
//! everyone without the token. Handlers only translate: what a request means is decided in `session`, `auth` and `site`.

mod download;
mod guard;
mod openapi;
mod refusal;
mod routes;
mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

pub use routes::{Access, ROUTES, Route};

use crate::auth::{AllowedHosts, Tickets, Token};
use crate::session::Registry;
use crate::site;

/// The largest body that a request may have: a command line with its environment fits.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long a stopping server waits for answers that are under way.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// What the handlers share.
pub(crate) type App = Arc<Shared>;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) token: Token,
    pub(crate) tickets: Tickets,
    pub(crate) hosts: AllowedHosts,
    pub(crate) sessions: Arc<Registry>,
}

/// How a server answers, apart from its address.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Names besides the loopback ones that requests may use.
    pub allowed_hosts: Vec<String>,
    /// An encrypting proxy stands in front.
    pub is_behind_proxy: bool,
}

/// A server that has its address and is not yet answering.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
}

impl Server {
    /// A server on `listener`, with a token of its own.
    ///
    /// # Errors
    /// When the listener has no address or the kernel no random numbers.
    pub fn new(listener: TcpListener, config: &Config, sessions: Arc<Registry>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let token = Token::generate().map_err(std::io::Error::other)?;
        let hosts = AllowedHosts::new(address.port(), &config.allowed_hosts, config.is_behind_proxy);
        let app = Arc::new(Shared { token, tickets: Tickets::default(), hosts, sessions });
        Ok(Self { listener, address, app })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn token(&self) -> &Token {
        &self.app.token
    }

    /// The page's address with the token in its fragment, which no browser sends anywhere.
    #[must_use]
    pub fn url(&self) -> String {
        let host = if self.address.ip().is_ipv6() { "[::1]" } else { "127.0.0.1" };
        format!("http://{host}:{}/#token={}", self.address.port(), self.app.token.reveal())
    }

    /// Answers until `shutdown` completes; then finishes what is under way, for two seconds at most.
    ///
    /// # Errors
    /// When the listening socket fails.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
        let signal = async move {
            shutdown.await;
            // The receiver is gone only when the server has ended by itself.
            let _ = stopping.send(());
        };
        let server = axum::serve(self.listener, router(self.app)).with_graceful_shutdown(signal);
        let too_late = async {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(SHUTDOWN_PATIENCE).await;
        };
        tokio::select! {
            result = server.into_future() => result,
            () = too_late => Ok(()),
        }
    }
}

fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, (route.handler)());
    }
    router
        .fallback(page)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}

/// The page's files: whatever is no route.
async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method == Method::GET || method == Method::HEAD {
        site::serve(uri.path(), &headers)
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    }
}

/// `POST /api/ws-ticket`
async fn ws_ticket(
    State(app): State<App>,
    axum::Extension(role): axum::Extension<crate::auth::Role>,
) -> Result<axum::Json<syscope_shared::api::WsTicket>, refusal::Refusal> {
    let ticket = app.tickets.issue(role, Instant::now()).ok_or(refusal::Refusal {
        status: StatusCode::TOO_MANY_REQUESTS,
        error: "too many websocket tickets are waiting to be used: try again in 30 seconds".to_owned(),
    })?;
    Ok(axum::Json(syscope_shared::api::WsTicket { ticket }))
}
