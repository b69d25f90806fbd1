//! The API: what programs make, change and read, and what they are told when it cannot be.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds::api::openapi::OPERATIONS;
use fonds::clock::Clock;
use fonds_schemas::event::BatchKind;
use fonds_schemas::{AgentKind, Scope, Sha256};
use serde_json::{Value, json};

use crate::support::{Answer, TestArchive, archive, archive_at, archive_with, checkout, noon};

/// An archive and a token for it.
struct Api {
    archive: TestArchive,
    token: String,
}

impl Api {
    async fn new(scope: Scope) -> Self {
        Self::of(archive().await, scope).await
    }

    async fn of(archive: TestArchive, scope: Scope) -> Self {
        let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
        let batch = archive.open_batch(agent, BatchKind::Edit, "tokens", None, None).await.unwrap();
        let acting = fonds::commands::Acting { agent, on_behalf_of: None, batch };
        let issued = archive.issue_token(acting, agent, scope, "a test", None).await.unwrap();
        archive.settle().await;
        Self { archive, token: issued.secret.reveal().to_owned() }
    }

    async fn send(&self, method: &str, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("content-type", content_type);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        self.archive.send(request.body(body.into()).unwrap()).await
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, "application/json", body.to_string()).await
    }

    /// Reads what was asked for, once it can be found.
    async fn get(&self, path: &str) -> Value {
        self.archive.settle().await;
        let answer = self.archive.ask_with(&self.token, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }

    /// Brings a public object into being, and says where it is.
    async fn create(&self, title: &str) -> String {
        let statements = json!([{ "property": "title", "text": title }]);
        let new = json!({ "level": "work", "access": { "state": "public" }, "statements": statements });
        let answer = self.json("POST", "/api/v1/objects", &new).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        format!("/api/v1/objects/{}", answer.json()["object"].as_str().unwrap())
    }
}

/// That an answer is a problem of that status, whose detail says so.
fn assert_problem(answer: &Answer, status: u16, detail: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let said = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(said.contains(detail), "{said}");
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn what_is_created_is_read_and_found() {
    let api = Api::new(Scope::Write).await;
    let path = api.create("Moon jar").await;
    let object = api.get(&path).await;
    assert_eq!(object["statements"][0]["text"], "Moon jar");
    let found = api.get("/api/v1/search?q=moon").await;
    assert_eq!((&found["total"], &found["objects"][0]["id"]), (&json!(1), &json!(id(&path))));
    let listed = api.get("/api/v1/objects").await;
    assert_eq!((listed["objects"].as_array().unwrap().len(), &listed["next"]), (1, &Value::Null));
}

#[tokio::test]
async fn the_same_source_is_the_same_object_and_not_created_twice() {
    let api = Api::new(Scope::Write).await;
    let new = json!({ "level": "work", "source": { "namespace": "museum", "identifier": "A 1" } });
    let first = api.json("POST", "/api/v1/objects", &new).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_problem(&api.json("POST", "/api/v1/objects", &new).await, 409, "exists already");
    api.archive.settle().await;
    let path = format!("/api/v1/objects/{}", first.json()["object"].as_str().unwrap());
    assert_problem(&api.archive.ask(&path).await, 404, "no such object");
}

#[tokio::test]
async fn an_edit_of_what_somebody_changed_meanwhile_is_refused() {
    let api = Api::new(Scope::Write).await;
    let path = api.create("Jar").await;
    let seen = api.get(&path).await;
    let statements = format!("{path}/statements");
    let edit = json!({
        "version": seen["version"], "reason": "it is white",
        "asserted": [{ "property": "title", "text": "White jar" }], "retracted": [seen["statements"][0]["id"]],
    });
    assert_eq!(api.json("POST", &statements, &edit).await.status, StatusCode::OK);
    assert_problem(&api.json("POST", &statements, &edit).await, 409, "somebody changed it in between");
    let object = api.get(&path).await;
    let titles: Vec<&Value> = object["statements"].as_array().unwrap().iter().map(|said| &said["text"]).collect();
    assert_eq!(titles, ["White jar"]);
    let story = api.get(&format!("{path}/history")).await;
    let kinds: Vec<&Value> = story.as_array().unwrap().iter().map(|event| &event["envelope"]["type"]).collect();
    assert_eq!(kinds, ["accessioned", "described"]);
}

#[tokio::test]
async fn a_whole_that_would_be_part_of_itself_is_refused() {
    let api = Api::new(Scope::Write).await;
    let (series, file, letter) = (api.create("Series").await, api.create("File").await, api.create("Letter").await);
    for (part, whole) in [(&letter, &file), (&file, &series)] {
        let relation = json!({ "asserted": [{ "kind": "part_of", "target": id(whole) }] });
        assert_eq!(api.json("POST", &format!("{part}/relations"), &relation).await.status, StatusCode::OK);
    }
    let circle = json!({ "asserted": [{ "kind": "part_of", "target": id(&letter) }] });
    assert_problem(&api.json("POST", &format!("{series}/relations"), &circle).await, 422, "cannot be part of");
    let itself = json!({ "asserted": [{ "kind": "related", "target": id(&series) }] });
    assert_problem(&api.json("POST", &format!("{series}/relations"), &itself).await, 422, "related to itself");
}

#[tokio::test]
async fn a_file_is_given_back_as_it_was_deposited() {
    let api = Api::new(Scope::Write).await;
    let path = api.create("Letter").await;
    let bytes = b"Dear Ada, the engine weaves algebraical patterns.".as_slice();
    let upload = format!("{path}/files?name=letter%20%E2%84%961.txt&role=transcript");
    let first = api.send("POST", &upload, "text/plain", bytes).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = api.send("POST", &upload, "text/plain", bytes).await;
    assert_eq!(again.status, StatusCode::OK, "the object has these bytes already: {}", again.text());
    let object = api.get(&path).await;
    assert_eq!(object["files"].as_array().unwrap().len(), 1);
    let file = object["files"][0]["file"].as_str().unwrap();
    assert_eq!(object["files"][0]["sha256"], Sha256::of(bytes).to_string());

    let content = format!("/api/v1/files/{file}/content");
    let whole = api.archive.ask(&content).await;
    assert_eq!((whole.status, whole.body.as_slice()), (StatusCode::OK, bytes));
    assert_eq!(whole.headers["content-disposition"], "attachment; filename*=UTF-8''letter%20%E2%84%961.txt");
    for (range, status, part) in [
        ("bytes=5-7", StatusCode::PARTIAL_CONTENT, &bytes[5..8]),
        ("bytes=40-", StatusCode::PARTIAL_CONTENT, &bytes[40..]),
        ("bytes=-3", StatusCode::PARTIAL_CONTENT, &bytes[bytes.len() - 3..]),
        ("bytes=999-", StatusCode::RANGE_NOT_SATISFIABLE, b""),
    ] {
        let request = Request::get(&content).header("range", range).body(Body::empty()).unwrap();
        let answer = api.archive.send(request).await;
        assert_eq!((answer.status, answer.body.as_slice()), (status, part), "{range}");
    }

    let taken_off = api.send("DELETE", &format!("{path}/files/{file}?reason=a%20copy"), "text/plain", "").await;
    assert_eq!(taken_off.status, StatusCode::OK, "{}", taken_off.text());
    api.archive.settle().await;
    assert_problem(&api.archive.ask(&content).await, 404, "no such");
}

#[tokio::test]
async fn what_is_too_large_or_empty_is_refused_as_a_file() {
    let archive = archive_with(Clock::System, |settings| settings.limits.file_bytes = 1_000).await;
    let api = Api::of(archive, Scope::Write).await;
    let path = api.create("Letter").await;
    let upload = format!("{path}/files?name=letter.txt");
    assert_problem(&api.send("POST", &upload, "text/plain", vec![b'a'; 1_001]).await, 413, "more than 1000 bytes");
    assert_problem(&api.send("POST", &upload, "text/plain", "").await, 422, "empty");
    assert_eq!(api.send("POST", &upload, "text/plain", vec![b'a'; 1_000]).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn who_may_see_it_is_decided_by_an_administrator() {
    let api = Api::new(Scope::Admin).await;
    let path = api.create("Letter").await;
    api.archive.settle().await;
    let restricted = json!({ "access": { "state": "restricted" }, "reason": "the family asked for it" });
    let access = format!("{path}/access");
    assert_eq!(api.json("PUT", &access, &restricted).await.status, StatusCode::OK);
    assert_problem(&api.json("PUT", &access, &restricted).await, 422, "changes nothing");
    api.archive.settle().await;
    assert_eq!(api.archive.ask(&path).await.status, StatusCode::NOT_FOUND);
    let no_reason = json!({ "access": { "state": "public" }, "reason": " " });
    assert_problem(&api.json("PUT", &access, &no_reason).await, 422, "a reason");
}

#[tokio::test]
async fn a_token_is_valid_until_it_is_revoked_or_its_time_is_up() {
    let api = Api::of(archive_at(Clock::standing_at(noon())).await, Scope::Admin).await;
    let wanted = json!({
        "holder": "Grace", "scope": "read", "label": "a reading room", "expires_at": "2026-06-01T13:00:00Z",
    });
    let mut issued = Vec::new();
    for _ in 0..2 {
        let answer = api.json("POST", "/api/v1/tokens", &wanted).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        issued.push(answer.json());
    }
    api.archive.settle().await;
    let secret = |place: usize| issued[place]["secret"].as_str().unwrap();
    let listed = api.get("/api/v1/tokens").await.to_string();
    assert!(listed.contains("a reading room") && !listed.contains(secret(0)), "{listed}");
    assert_eq!(api.archive.ask_with(secret(0), "/api/v1/events").await.status, StatusCode::OK);

    let revoke = format!("/api/v1/tokens/{}?reason=lost", issued[0]["token"].as_str().unwrap());
    assert_eq!(api.send("DELETE", &revoke, "text/plain", "").await.status, StatusCode::NO_CONTENT);
    assert_problem(&api.send("DELETE", &revoke, "text/plain", "").await, 404, "no valid token");
    api.archive.settle().await;
    assert_eq!(api.archive.ask_with(secret(0), "/api/v1/search").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(api.archive.ask_with(secret(1), "/api/v1/search").await.status, StatusCode::OK);
    api.archive.clock.advance_seconds(3_600);
    assert_eq!(api.archive.ask_with(secret(1), "/api/v1/search").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_brings_no_valid_token_is_told_so() {
    let api = Api::new(Scope::Read).await;
    let unknown = api.archive.ask_with("fnd_nothing", "/api/v1/objects").await;
    assert_eq!(
        (unknown.status, &unknown.headers["www-authenticate"]),
        (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
    );
    assert!(unknown.text().contains("not valid"), "{}", unknown.text());
    let basic = Request::get("/api/v1/objects").header("authorization", "Basic QWRhOg==").body(Body::empty()).unwrap();
    assert_eq!(api.archive.send(basic).await.status, StatusCode::UNAUTHORIZED);
    let nobody = api.archive.ask("/api/v1/events").await;
    assert_problem(&nobody, 401, "scope read");
    let reader = api.json("POST", "/api/v1/objects", &json!({ "level": "work" })).await;
    assert_problem(&reader, 403, "scope write");
}

#[tokio::test]
async fn a_wrong_body_is_refused_with_the_reason_and_leaves_nothing() {
    let api = Api::new(Scope::Write).await;
    let path = api.create("Jar").await;
    api.archive.settle().await;
    let before = api.archive.ledger.head().await.unwrap().size;
    let statements = format!("{path}/statements");
    for (address, body, status, why) in [
        ("/api/v1/objects", "{", 400, "EOF"),
        ("/api/v1/objects", "{}", 422, "missing field `level`"),
        ("/api/v1/objects", r#"{"level":"pot"}"#, 422, "unknown variant `pot`"),
        ("/api/v1/objects", r#"{"level":"work","colour":"red"}"#, 422, "unknown field `colour`"),
        ("/api/v1/objects", r#"{"level":"work","statements":[{"property":"title","text":" "}]}"#, 422, "is empty"),
        (statements.as_str(), r#"{"asserted":[{"property":"title"}]}"#, 422, "missing field `text`"),
        (statements.as_str(), r#"{"asserted":[{"property":"no such","text":"a"}]}"#, 422, "no such"),
        (statements.as_str(), "null", 422, "invalid type: null"),
    ] {
        assert_problem(&api.send("POST", address, "application/json", body).await, status, why);
    }
    assert_problem(&api.send("POST", &statements, "text/plain", "{}").await, 415, "application/json");
    assert_eq!(api.archive.ledger.head().await.unwrap().size, before);
    let nothing = api.json("POST", &statements, &json!({})).await;
    assert_problem(&nothing, 422, "changes nothing");
    let missing = "/api/v1/objects/0000000000000000/statements";
    assert_problem(&api.json("POST", missing, &json!({ "asserted": [] })).await, 404, "no object");
    assert_problem(&api.archive.ask("/api/v1/objects?limit=many").await, 400, "limit");
    assert_problem(&api.archive.ask("/api/v1/search?colour=red").await, 400, "colour");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let api = Api::new(Scope::Write).await;
    let long = json!({ "level": "work", "statements": [{ "property": "note", "text": "a".repeat(4 << 20) }] });
    assert_problem(&api.json("POST", "/api/v1/objects", &long).await, 413, "length limit");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_problem_too() {
    let archive = archive().await;
    assert_problem(&archive.ask("/api/v1/nothing").await, 404, "no such address");
    assert_problem(&archive.ask("/api/v1/objects/NOT-AN-ID").await, 404, "nothing under this address");
}

#[test]
fn the_description_has_every_operation_of_the_router() {
    let source = fs::read_to_string(checkout().join("src/api/mod.rs")).unwrap();
    let mut routed = BTreeSet::new();
    for route in source.split(".route(\"").skip(1) {
        let (path, rest) = route.split_once('"').unwrap();
        // A route's methods stand on its line.
        let line = rest.lines().next().unwrap();
        for method in ["get", "post", "put", "delete"] {
            if line.contains(&format!(" {method}(")) || line.contains(&format!(".{method}(")) {
                routed.insert((method, path.to_owned()));
            }
        }
    }
    let undescribed = ["/api/v1/openapi.json", "/api/{*rest}"];
    routed.retain(|(_, path)| !undescribed.contains(&path.as_str()));
    let described = OPERATIONS.iter().map(|operation| (operation.method, operation.path.to_owned())).collect();
    assert_eq!(routed, described);
}
