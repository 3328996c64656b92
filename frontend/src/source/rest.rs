//! The REST interface, `/api/…`.

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use syscope_shared::api::{Example, NewSession, Problem, ProcessInfo, SessionInfo, WsTicket};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// Asks with the token that the page was opened with.
#[derive(Clone)]
pub(crate) struct Rest {
    token: String,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rest(token not shown)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RestError {
    /// The token is unknown: the server was started again, or never gave it.
    #[error("The server does not accept this page's token.")]
    Unauthorized,
    /// The server's own sentence.
    #[error("{0}")]
    Refused(String),
    #[error("The server cannot be reached. Is `syscope serve` still running?")]
    Unreachable,
    /// Not what this version of the page understands.
    #[error("The server's answer could not be read ({0}). Reload the page.")]
    Unreadable(String),
}

impl Rest {
    pub(crate) fn new(token: String) -> Self {
        Self { token }
    }

    pub(crate) async fn sessions(&self) -> Result<Vec<SessionInfo>, RestError> {
        self.read(Request::get("/api/sessions")).await
    }

    pub(crate) async fn processes(&self) -> Result<Vec<ProcessInfo>, RestError> {
        self.read(Request::get("/api/processes")).await
    }

    pub(crate) async fn examples(&self) -> Result<Vec<Example>, RestError> {
        self.read(Request::get("/api/examples")).await
    }

    pub(crate) async fn start(&self, session: &NewSession) -> Result<SessionInfo, RestError> {
        let request = self
            .authorized(Request::post("/api/sessions"))
            .json(session)
            .map_err(|error| RestError::Unreadable(error.to_string()))?;
        let response = request.send().await.map_err(|_| RestError::Unreachable)?;
        json(accepted(response).await?).await
    }

    pub(crate) async fn stop(&self, id: &str) -> Result<(), RestError> {
        self.send(Request::post(&format!("/api/sessions/{id}/stop"))).await.map(drop)
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<(), RestError> {
        self.send(Request::delete(&format!("/api/sessions/{id}"))).await.map(drop)
    }

    pub(crate) async fn ws_ticket(&self) -> Result<WsTicket, RestError> {
        self.read(Request::post("/api/ws-ticket")).await
    }

    /// Fetches the trace file and hands it to the browser as a download. A plain link could not carry the token.
    pub(crate) async fn download(&self, id: &str, file_name: &str) -> Result<(), RestError> {
        let response = self.send(Request::get(&format!("/api/sessions/{id}/file"))).await?;
        let unreadable = |_| RestError::Unreadable("the file broke off".to_owned());
        let raw: web_sys::Response = response.into();
        let blob = JsFuture::from(raw.blob().map_err(unreadable)?).await.map_err(unreadable)?;
        let blob: web_sys::Blob = blob.unchecked_into();
        let url = web_sys::Url::create_object_url_with_blob(&blob).map_err(unreadable)?;
        let element = leptos::prelude::document().create_element("a").map_err(unreadable)?;
        let anchor: web_sys::HtmlAnchorElement = element.unchecked_into();
        anchor.set_href(&url);
        anchor.set_download(file_name);
        anchor.click();
        web_sys::Url::revoke_object_url(&url).map_err(unreadable)
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("Authorization", &format!("Bearer {}", self.token))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, RestError> {
        let response = self.authorized(request).send().await.map_err(|_| RestError::Unreachable)?;
        accepted(response).await
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, RestError> {
        json(self.send(request).await?).await
    }
}

/// The response, if it is no refusal.
async fn accepted(response: Response) -> Result<Response, RestError> {
    match response.status() {
        200..300 => Ok(response),
        401 => Err(RestError::Unauthorized),
        status => Err(match response.json::<Problem>().await {
            Ok(problem) => RestError::Refused(problem.error),
            Err(_) => RestError::Refused(format!("The server refused with status {status}.")),
        }),
    }
}

async fn json<T: DeserializeOwned>(response: Response) -> Result<T, RestError> {
    response.json().await.map_err(|error| RestError::Unreadable(error.to_string()))
}
