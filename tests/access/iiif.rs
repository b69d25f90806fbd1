//! What every address below `/iiif` has in common: any page may read it, errors are short text, HEAD is GET without a
//! body, JSON comes in the kind that is asked for, and nothing that needed a token is kept by others.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds_schemas::Scope;

use super::routes::requests;
use super::world::{World, worlds};
use crate::support::Answer;

/// Paths below `/iiif` that are asked for with GET, those that lead nowhere too.
fn paths(world: &World) -> Vec<String> {
    let named = requests().filter_map(|request| request.strip_prefix("GET /iiif"));
    let mut paths: Vec<String> = named.map(|path| format!("/iiif{}", world.open[0].fill(path))).collect();
    paths.extend(["/iiif/", "/iiif", "/iiif/image/3/%FF/info.json", "/iiif/nowhere"].map(str::to_owned));
    paths
}

async fn send(world: &World, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.archive.send(request.body(Body::empty()).unwrap()).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn varies(answer: &Answer, by: &str) -> bool {
    let lines = answer.headers.get_all("vary").iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|name| name.trim().eq_ignore_ascii_case(by))
}

#[tokio::test]
async fn any_page_may_read_every_answer_and_every_error_says_why() {
    let (world, _) = worlds().await;
    let paths = paths(&world);
    assert!(paths.len() > 40, "{paths:?}");
    for path in &paths {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let answer = send(&world, method, path, &[("origin", "https://viewer.example")]).await;
            let at = format!("{method} {path}: {} {}", answer.status, answer.text());
            assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{at}");
            assert_eq!(header(&answer, "access-control-expose-headers"), "Link, ETag", "{at}");
            if answer.status.is_client_error() {
                assert!(header(&answer, "content-type").starts_with("text/plain"), "{at}");
                assert_eq!(header(&answer, "cache-control"), "no-store", "{at}");
                assert!(method == "HEAD" || (2..500).contains(&answer.body.len()), "{at}");
            }
            assert!(!answer.status.is_server_error(), "{at}");
            if method == "POST" || method == "DELETE" {
                assert!(matches!(answer.status.as_u16(), 404 | 405), "{at}");
            }
        }
        let preflight = send(&world, "OPTIONS", path, &[("access-control-request-headers", "authorization")]).await;
        assert_eq!((preflight.status, preflight.body.len()), (StatusCode::NO_CONTENT, 0), "{path}");
        assert_eq!(header(&preflight, "access-control-allow-origin"), "*", "{path}");
        assert!(header(&preflight, "access-control-allow-headers").contains("Authorization"), "{path}");
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let (world, _) = worlds().await;
    for path in paths(&world) {
        let (got, asked) = (send(&world, "GET", &path, &[]).await, send(&world, "HEAD", &path, &[]).await);
        assert_eq!((got.status, 0), (asked.status, asked.body.len()), "{path}");
        for name in ["content-type", "etag", "link", "cache-control", "location", "vary"] {
            assert_eq!(header(&got, name), header(&asked, name), "{name} of {path}");
        }
    }
}

#[tokio::test]
async fn json_comes_in_the_kind_that_is_asked_for_each_with_a_name_of_its_own() {
    let (world, _) = worlds().await;
    let mut negotiated = 0;
    for path in paths(&world) {
        let usual = send(&world, "GET", &path, &[]).await;
        let is_json = header(&usual, "content-type").contains("json") && usual.status == StatusCode::OK;
        // Where a state leads is no document of an API.
        if !is_json || path.starts_with("/iiif/content-state") {
            continue;
        }
        negotiated += 1;
        let linked = send(&world, "GET", &path, &[("accept", "application/ld+json")]).await;
        let plain = send(&world, "GET", &path, &[("accept", "application/json")]).await;
        let context = linked.json()["@context"].clone();
        let context = context.as_array().and_then(|all| all.last()).unwrap_or(&context).as_str().unwrap().to_owned();
        let kind = format!("application/ld+json;profile=\"{context}\"");
        assert_eq!((header(&linked, "content-type"), header(&plain, "content-type")), (&*kind, "application/json"));
        let is_two = ["/iiif/image/2/", "/iiif/presentation/2/"].iter().any(|two| path.starts_with(two));
        let by_itself = if is_two { "application/json" } else { &*kind };
        assert_eq!(header(&usual, "content-type"), by_itself, "{path}");
        assert_eq!(linked.body, plain.body, "{path}");
        assert_ne!(header(&linked, "etag"), header(&plain, "etag"), "{path}");
        for answer in [&linked, &plain] {
            assert!(varies(answer, "accept") && header(answer, "etag").starts_with('"'), "{path}");
        }
        let held = [("accept", "application/json"), ("if-none-match", header(&plain, "etag"))];
        let again = send(&world, "GET", &path, &held).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        assert_eq!(header(&again, "etag"), header(&plain, "etag"), "{path}");
        assert_eq!(header(&again, "cache-control"), header(&plain, "cache-control"), "{path}");
        assert!(varies(&again, "accept"), "{path}");
    }
    assert!(negotiated > 20, "{negotiated} documents");
}

#[tokio::test]
async fn names_are_those_of_the_public_address_whatever_host_is_asked() {
    let (world, _) = worlds().await;
    for path in paths(&world) {
        let answer =
            send(&world, "GET", &path, &[("host", "evil.example"), ("x-forwarded-host", "evil.example")]).await;
        let said = format!("{:?}\n{}", answer.headers, answer.text());
        assert!(!said.contains("evil.example"), "{path}: {said}");
        if answer.status == StatusCode::SEE_OTHER {
            assert!(header(&answer, "location").starts_with("https://archive.example.org/iiif/"), "{path}: {said}");
        }
        let link = header(&answer, "link");
        assert!(
            !link.contains("canonical") || link.contains("<https://archive.example.org/iiif/image/"),
            "{path}: {link}"
        );
        if answer.status == StatusCode::OK && header(&answer, "content-type").contains("json") {
            assert!(answer.text().contains("\"https://archive.example.org/"), "{path}: {said}");
        }
    }
}

#[tokio::test]
async fn what_needed_a_token_is_kept_by_nobody_else() {
    let (world, _) = worlds().await;
    let token = format!("Bearer {}", world.token(Scope::Read).await);
    let named = requests().filter_map(|request| request.strip_prefix("GET /iiif"));
    let of_object = |path: &&str| ["{id}", "{file}", "{annotation}"].iter().any(|name| path.contains(name));
    let mut seen = 0;
    for path in named.filter(of_object) {
        let path = format!("/iiif{}", world.restricted.fill(path));
        let answer = send(&world, "GET", &path, &[("authorization", &token)]).await;
        if answer.status.is_success() {
            seen += 1;
            assert_eq!(header(&answer, "cache-control"), "private, no-cache", "{path}");
        } else {
            assert!(matches!(header(&answer, "cache-control"), "no-store" | ""), "{path}: {}", answer.status);
        }
        let public = send(&world, "GET", &path, &[]).await;
        assert!(public.status.is_client_error(), "{path}: {}", public.status);
    }
    assert!(seen > 20, "{seen} answers");
}
