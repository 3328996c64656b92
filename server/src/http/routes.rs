//! The route table: every method and path of the interface, who may use it, what answers, and its line in the OpenAPI document.

use axum::http::Method;
use axum::routing::{self, MethodRouter};

use super::{App, download, openapi, sessions, ws_ticket};
use crate::ws;

/// One row of the table.
#[derive(Debug)]
pub struct Route {
    pub method: Method,
    /// With parameters in braces, as axum and OpenAPI both write them.
    pub path: &'static str,
    pub access: Access,
    pub(super) handler: fn() -> MethodRouter<App>,
    pub(super) doc: Doc,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The bearer of the operator's token.
    Operator,
    /// The holder of a websocket ticket, from syscope's own page; or the bearer of the operator's token.
    Ticket,
}

/// What the OpenAPI document says of a route.
#[derive(Debug)]
pub(super) struct Doc {
    pub(super) summary: &'static str,
    /// The schema of the body, if the route takes one.
    pub(super) body: Option<&'static str>,
    pub(super) success: u16,
    pub(super) answer: Content,
    /// Refusals that are particular to the route, besides those that every route shares.
    pub(super) refusals: &'static [(u16, &'static str)],
}

#[derive(Debug)]
pub(super) enum Content {
    None,
    Json(&'static str),
    JsonList(&'static str),
    /// A JSON object of any form.
    AnyJson,
    Bytes,
}

const ABSENT: (u16, &str) = (404, "There is no such session.");

/// The table.
pub static ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/sessions",
        access: Access::Operator,
        handler: || routing::get(sessions::list),
        doc: Doc {
            summary: "Every session, recording or saved, the newest first",
            body: None,
            success: 200,
            answer: Content::JsonList("SessionInfo"),
            refusals: &[],
        },
    },
    Route {
        method: Method::POST,
        path: "/api/sessions",
        access: Access::Operator,
        handler: || routing::post(sessions::start),
        doc: Doc {
            summary: "Starts a session: runs a command or an example, or attaches to processes",
            body: Some("NewSession"),
            success: 201,
            answer: Content::Json("SessionInfo"),
            refusals: &[
                (400, "The command cannot be run, or a field is wrong."),
                (403, "The process belongs to somebody else."),
                (409, "The process cannot be attached to."),
            ],
        },
    },
    Route {
        method: Method::GET,
        path: "/api/sessions/{id}",
        access: Access::Operator,
        handler: || routing::get(sessions::show),
        doc: Doc {
            summary: "One session",
            body: None,
            success: 200,
            answer: Content::Json("SessionInfo"),
            refusals: &[ABSENT],
        },
    },
    Route {
        method: Method::DELETE,
        path: "/api/sessions/{id}",
        access: Access::Operator,
        handler: || routing::delete(sessions::delete),
        doc: Doc {
            summary: "Deletes a saved session and its trace file",
            body: None,
            success: 204,
            answer: Content::None,
            refusals: &[ABSENT, (409, "The session is still recording, or its file lies outside the store.")],
        },
    },
    Route {
        method: Method::POST,
        path: "/api/sessions/{id}/stop",
        access: Access::Operator,
        handler: || routing::post(sessions::stop),
        doc: Doc {
            summary: "Ends a recording: its command is told to end, attached processes are let go",
            body: None,
            success: 202,
            answer: Content::Json("SessionInfo"),
            refusals: &[ABSENT, (409, "The session is not recording.")],
        },
    },
    Route {
        method: Method::GET,
        path: "/api/sessions/{id}/file",
        access: Access::Operator,
        handler: || routing::get(download::download),
        doc: Doc {
            summary: "The trace file, as far as it is written",
            body: None,
            success: 200,
            answer: Content::Bytes,
            refusals: &[ABSENT],
        },
    },
    Route {
        method: Method::GET,
        path: "/api/processes",
        access: Access::Operator,
        handler: || routing::get(sessions::processes),
        doc: Doc {
            summary: "The processes of this machine, and of each why it cannot be attached to, if so",
            body: None,
            success: 200,
            answer: Content::JsonList("ProcessInfo"),
            refusals: &[],
        },
    },
    Route {
        method: Method::GET,
        path: "/api/examples",
        access: Access::Operator,
        handler: || routing::get(sessions::examples),
        doc: Doc {
            summary: "The programs that come with syscope to be tried",
            body: None,
            success: 200,
            answer: Content::JsonList("Example"),
            refusals: &[],
        },
    },
    Route {
        method: Method::POST,
        path: "/api/ws-ticket",
        access: Access::Operator,
        handler: || routing::post(ws_ticket),
        doc: Doc {
            summary: "A ticket that opens one websocket within 30 seconds",
            body: None,
            success: 200,
            answer: Content::Json("WsTicket"),
            refusals: &[(429, "Too many tickets are waiting to be used.")],
        },
    },
    Route {
        method: Method::GET,
        path: "/api/openapi.json",
        access: Access::Operator,
        handler: || routing::get(openapi::document),
        doc: Doc {
            summary: "This document",
            body: None,
            success: 200,
            answer: Content::AnyJson,
            refusals: &[],
        },
    },
    Route {
        method: Method::GET,
        path: "/ws",
        access: Access::Ticket,
        handler: || routing::get(ws::open),
        doc: Doc {
            summary: "The websocket that carries queries, answers and live updates, in a binary form of its own",
            body: None,
            success: 101,
            answer: Content::None,
            refusals: &[],
        },
    },
];

/// Who may use a route; `None` when the table does not have it.
pub(super) fn access(method: &Method, path: &str) -> Option<Access> {
    let asked = if method == Method::HEAD { &Method::GET } else { method };
    ROUTES.iter().find(|route| route.method == *asked && route.path == path).map(|route| route.access)
}
