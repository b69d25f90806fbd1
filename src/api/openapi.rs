//! The description of the API (OpenAPI 3.1). One visible list of operations; shapes come from the types themselves.

use axum::Json;
use axum::extract::State;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::annotations::{AltoQuery, AnnotationRecorded, AnnotationView, NewAnnotation, NewTranscript, TranscriptView};
use super::events::{AgentView, BatchView, EventView, From};
use super::files::{Reason, Upload};
use super::objects::{AccessDecision, Description, NewArrangement, NewObject, Objects, Page, Recorded, Relations};
use super::search::Hits;
use super::tokens::{NewToken, NewTokenView, TokenView};
use crate::archive::App;

/// How the shape of something is found.
type Shape = fn(&mut SchemaGenerator) -> schemars::Schema;

/// One operation.
pub struct Operation {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    summary: &'static str,
    /// The scope that it needs, if any.
    scope: Option<&'static str>,
    query: Option<Shape>,
    body: Option<Shape>,
    answer: Option<Shape>,
}

#[expect(clippy::unnecessary_wraps, reason = "every place for a shape may be empty; this fills one")]
const fn shape<T: JsonSchema>() -> Option<Shape> {
    Some(SchemaGenerator::subschema_for::<T>)
}

const fn get(path: &'static str, summary: &'static str, answer: Option<Shape>) -> Operation {
    Operation { method: "get", path, summary, scope: None, query: None, body: None, answer }
}

const fn change(method: &'static str, path: &'static str, summary: &'static str, scope: &'static str) -> Operation {
    Operation { method, path, summary, scope: Some(scope), query: None, body: None, answer: shape::<Recorded>() }
}

/// Every operation, in the order of the description.
pub const OPERATIONS: &[Operation] = &[
    // What everybody may ask; a token with the scope `read` sees more.
    get("/api/v1/search", "Search: q words, f.PROPERTY facet values, image=1, limit, after", shape::<Hits>()),
    Operation { query: shape::<Page>(), ..get("/api/v1/objects", "Objects by id", shape::<Objects>()) },
    get("/api/v1/objects/{id}", "An object as it stands", shape::<fonds_schemas::Object>()),
    get("/api/v1/files/{file}", "What a file is", shape::<fonds_schemas::StoredFile>()),
    get("/api/v1/files/{file}/content", "The bytes as deposited, whole or a range", None),
    get("/api/v1/files/{file}/transcript", "The text that stands on an image", shape::<TranscriptView>()),
    get("/api/v1/objects/{id}/annotations", "What is said of the images", shape::<Vec<AnnotationView>>()),
    get("/api/v1/annotations/{id}", "What is said of an image", shape::<AnnotationView>()),
    // What holders of a token may ask.
    Operation {
        scope: Some("read"),
        ..get("/api/v1/objects/{id}/history", "The events of an object", shape::<Vec<EventView>>())
    },
    Operation {
        scope: Some("read"),
        query: shape::<From>(),
        ..get("/api/v1/events", "The ledger from an event on", shape::<Vec<EventView>>())
    },
    Operation { scope: Some("read"), ..get("/api/v1/events/{id}", "An event by its id", shape::<EventView>()) },
    Operation {
        scope: Some("read"),
        query: shape::<From>(),
        ..get("/api/v1/batches", "Acts of several events, newest first", shape::<Vec<BatchView>>())
    },
    Operation { scope: Some("read"), ..get("/api/v1/batches/{id}", "An act", shape::<BatchView>()) },
    Operation { scope: Some("read"), ..get("/api/v1/agents/{id}", "Who acts", shape::<AgentView>()) },
    // What changes something.
    Operation {
        body: shape::<NewObject>(),
        ..change("post", "/api/v1/objects", "Bring an object into being", "write")
    },
    Operation {
        body: shape::<Description>(),
        ..change("post", "/api/v1/objects/{id}/statements", "Change the description", "write")
    },
    Operation {
        body: shape::<Relations>(),
        ..change("post", "/api/v1/objects/{id}/relations", "Change the relations", "write")
    },
    Operation {
        query: shape::<Upload>(),
        ..change("post", "/api/v1/objects/{id}/files", "Store a file: its bytes are the body", "write")
    },
    Operation {
        query: shape::<Reason>(),
        ..change("delete", "/api/v1/objects/{id}/files/{file}", "Take a file off; its bytes stay in storage", "write")
    },
    Operation {
        body: shape::<NewArrangement>(),
        ..change("put", "/api/v1/objects/{id}/arrangement", "Say how its files are shown", "write")
    },
    Operation {
        body: shape::<NewAnnotation>(),
        answer: shape::<AnnotationRecorded>(),
        ..change("post", "/api/v1/objects/{id}/annotations", "Say something of an image", "write")
    },
    Operation {
        body: shape::<NewAnnotation>(),
        answer: shape::<AnnotationRecorded>(),
        ..change("put", "/api/v1/annotations/{id}", "Say something else in its place", "write")
    },
    Operation { query: shape::<Reason>(), ..change("delete", "/api/v1/annotations/{id}", "Take it back", "write") },
    Operation {
        query: shape::<AltoQuery>(),
        body: shape::<NewTranscript>(),
        ..change(
            "put",
            "/api/v1/files/{file}/transcript",
            "Say what text stands on an image: as this JSON, or as ALTO or PAGE XML (application/xml), which the query completes",
            "write",
        )
    },
    Operation {
        body: shape::<AccessDecision>(),
        ..change("put", "/api/v1/objects/{id}/access", "Decide who may see it", "admin")
    },
    Operation { scope: Some("admin"), ..get("/api/v1/tokens", "Every token", shape::<Vec<TokenView>>()) },
    Operation {
        body: shape::<NewToken>(),
        answer: shape::<NewTokenView>(),
        ..change("post", "/api/v1/tokens", "Issue a token; the secret is shown once", "admin")
    },
    Operation {
        query: shape::<Reason>(),
        answer: None,
        ..change("delete", "/api/v1/tokens/{id}", "End the validity of a token", "admin")
    },
];

/// Answers with the description.
pub async fn document(State(app): State<App>) -> Json<Value> {
    Json(describe(&app.settings.archive.name, app.stores.addresses.base()))
}

/// The description as JSON.
#[must_use]
pub fn describe(name: &str, base: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let described = operation.describe(&mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{name}: fonds"),
            "version": "1",
            "description": "Reading what is public needs no token. Errors are problem details (RFC 9457).",
        },
        "servers": [{ "url": base }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

impl Operation {
    fn describe(&self, generator: &mut SchemaGenerator) -> Value {
        let mut described = json!({ "summary": self.summary });
        if let Some(scope) = self.scope {
            described["security"] = json!([{ "token": [] }]);
            described["description"] = json!(format!("Needs a token with the scope {scope}."));
        }
        let mut parameters: Vec<Value> = self.path_parameters().collect();
        if let Some(query) = self.query {
            parameters.extend(query_parameters(query(generator), generator));
        }
        if !parameters.is_empty() {
            described["parameters"] = json!(parameters);
        }
        if let Some(body) = self.body {
            let content = json!({ "application/json": { "schema": body(generator) } });
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        let mut done = json!({ "description": "Done" });
        if let Some(answer) = self.answer {
            done["content"] = json!({ "application/json": { "schema": answer(generator) } });
        }
        described["responses"] = json!({ "2XX": done, "4XX": { "description": "A problem (RFC 9457)" } });
        described
    }

    fn path_parameters(&self) -> impl Iterator<Item = Value> {
        let names = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
    }
}

/// The fields of a query's shape as parameters.
fn query_parameters(shape: schemars::Schema, generator: &SchemaGenerator) -> Vec<Value> {
    let shape = shape.to_value();
    let name = shape["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    let definition = generator.definitions().get(name).cloned().unwrap_or(shape);
    let Some(fields) = definition["properties"].as_object() else { return Vec::new() };
    let required: Vec<&Value> = definition["required"].as_array().map(|list| list.iter().collect()).unwrap_or_default();
    let described = fields.iter().map(|(name, schema)| {
        json!({ "name": name, "in": "query", "required": required.contains(&&json!(name)), "schema": schema })
    });
    described.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_has_its_definition() {
        let document = describe("Museum", "https://archive.example.org");
        let text = document.to_string();
        let references: Vec<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!references.is_empty());
        for name in references {
            assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not defined");
        }
    }
}
