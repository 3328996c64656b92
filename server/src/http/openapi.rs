//! `GET /api/openapi.json`: the document is made from the route table, so that it cannot lack a route; the schemas of the bodies
//! stand in `schemas.json`.

use std::sync::LazyLock;

use axum::Json;
use serde_json::{Map, Value, json};

use super::routes::{Access, Content, ROUTES, Route};

const SCHEMAS: &str = include_str!("schemas.json");

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "syscope",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Starts tracing sessions, lists them, and gives out their trace files.",
        },
        "security": [{"token": []}],
        "paths": paths(),
        "components": {
            "schemas": serde_json::from_str::<Value>(SCHEMAS).unwrap_or_default(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The token of the URL that `syscope serve` prints."},
                "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "From POST /api/ws-ticket; works once, for 30 seconds."},
            },
        },
    })
});

pub(super) async fn document() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

fn paths() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    Value::Object(paths)
}

fn operation(route: &Route) -> Value {
    let doc = &route.doc;
    let mut success = json!({"description": doc.summary});
    if let Some(content) = content(&doc.answer) {
        success["content"] = content;
    }
    let mut responses = Map::from_iter([(doc.success.to_string(), success)]);
    let shared = [
        (401, "The token or ticket is missing or wrong."),
        (403, "The host name or the origin is not syscope's own."),
    ];
    for (status, description) in shared.iter().chain(doc.refusals) {
        let problem = json!({"description": description, "content": content(&Content::Json("Problem"))});
        responses.insert(status.to_string(), problem);
    }
    let mut operation = json!({"summary": doc.summary, "responses": responses});
    if route.path.contains("{id}") {
        operation["parameters"] = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}}]);
    }
    if let Some(name) = doc.body {
        operation["requestBody"] = json!({"required": true, "content": content(&Content::Json(name))});
    }
    if route.access == Access::Ticket {
        operation["security"] = json!([{"ticket": []}, {"token": []}]);
    }
    operation
}

fn content(content: &Content) -> Option<Value> {
    let json_of = |schema: Value| json!({"application/json": {"schema": schema}});
    match content {
        Content::None => None,
        Content::Json(name) => Some(json_of(reference(name))),
        Content::JsonList(name) => Some(json_of(json!({"type": "array", "items": reference(name)}))),
        Content::AnyJson => Some(json_of(json!({"type": "object"}))),
        Content::Bytes => {
            Some(json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}))
        }
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Serialize;
    use syscope_shared::api::{
        Example, NewSession, Problem, ProcessInfo, SessionInfo, SessionState, WsTicket,
    };
    use syscope_shared::options::{Target, TraceOptions};

    use super::*;

    #[test]
    fn the_document_and_the_route_table_name_the_same_routes() {
        let in_table: BTreeSet<(String, String)> = ROUTES
            .iter()
            .map(|route| (route.path.to_owned(), route.method.as_str().to_lowercase()))
            .collect();
        let mut in_document = BTreeSet::new();
        for (path, operations) in DOCUMENT["paths"].as_object().unwrap() {
            in_document
                .extend(operations.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())));
        }
        assert_eq!(in_document, in_table);
        assert_eq!(in_table.len(), ROUTES.len(), "a route stands in the table twice");
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        fn check(value: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(target)) = members.get("$ref") {
                        assert!(DOCUMENT.pointer(&target[1..]).is_some(), "{target} leads nowhere");
                    }
                    members.values().for_each(check);
                }
                Value::Array(items) => items.iter().for_each(check),
                _ => {}
            }
        }
        assert!(DOCUMENT["components"]["schemas"].is_object());
        check(&DOCUMENT);
    }

    /// The names in a value's JSON are those of its schema.
    fn assert_described(schema: &str, value: &impl Serialize) {
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let described = names(&DOCUMENT["components"]["schemas"][schema]["properties"]);
        assert_eq!(names(&serde_json::to_value(value).unwrap()), described, "{schema}");
    }

    #[test]
    fn the_schemas_name_every_field_of_their_types() {
        let options = TraceOptions { trace: Some("%file".to_owned()), ..TraceOptions::default() };
        assert_described(
            "SessionInfo",
            &SessionInfo {
                id: String::new(),
                label: String::new(),
                target: Target::Attach(vec![1]),
                options: options.clone(),
                state: SessionState::Recording,
                started_unix_nanos: 0,
                host: String::new(),
                events: 0,
                errors: 0,
                lost: 0,
                file_bytes: 0,
                duration_nanos: 0,
                warning: None,
            },
        );
        assert_described(
            "NewSession",
            &NewSession {
                command: Some(vec!["ls".to_owned()]),
                attach: Some(vec![1]),
                example: Some("pool".to_owned()),
                cwd: Some("/".to_owned()),
                env: [("A".to_owned(), None)].into(),
                options: options.clone(),
            },
        );
        assert_described("TraceOptions", &options);
        assert_described("WsTicket", &WsTicket { ticket: String::new() });
        assert_described("Problem", &Problem { error: String::new() });
        assert_described(
            "Example",
            &Example { id: String::new(), title: String::new(), about: String::new() },
        );
        let process = ProcessInfo {
            pid: 1,
            parent: 0,
            uid: 0,
            user: String::new(),
            comm: String::new(),
            command: String::new(),
            threads: 1,
            refusal: None,
        };
        assert_described("ProcessInfo", &process);
    }
}
