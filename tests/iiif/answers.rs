//! What goes around the pixels: status, headers, who may keep an answer, and how much work it takes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fonds::config::Limits;
use fonds::iiif::error::Error;
use fonds::iiif::http::{Asked, Keeping, open_to_all};
use fonds::iiif::image::describe;
use fonds::iiif::image::engine::Engine;
use fonds::iiif::image::geometry::TileSide;
use fonds::iiif::image::request::Version;
use futures::future::join_all;
use tower::ServiceExt as _;

use super::made::{Server, a_file, body, header as text};

fn info(accept: Option<&str>, sides: (u32, u32)) -> Response {
    let file = a_file(b"x", "image/png", "x.png", Some(sides));
    let headers = accept.map(|accept| (header::ACCEPT, accept.parse().unwrap())).into_iter().collect();
    let asked = Asked { method: Method::GET, headers };
    let service = "https://archive.example.org/iiif/image/3/x".to_owned();
    let (page, keeping, limits) = (file.page(1).unwrap(), Keeping::Everybody(3600), Limits::default());
    describe(Version::Three, &asked, page, TileSide::USUAL, service, keeping, &limits).into_response()
}

#[tokio::test]
async fn an_image_says_what_it_is_and_how_long_it_may_be_kept() {
    let response = Server::of_squares().get("pct:0,0,50,50/!100,200/0/color.jpg").await;
    assert_eq!(text(&response, "content-type"), "image/jpeg");
    assert_eq!(text(&response, "cache-control"), "public, max-age=86400");
    let canonical = "<https://archive.example.org/iiif/image/3/x/0,0,500,500/100,100/0/default.jpg>;rel=\"canonical\"";
    let profile = "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"";
    assert_eq!(text(&response, "link"), format!("{canonical}, {profile}"));
    let etag = text(&response, "etag");
    assert!(etag.starts_with('"') && etag.len() == 34, "{etag}");
}

#[tokio::test]
async fn what_needed_a_token_is_kept_by_nobody_else() {
    let mut server = Server::of_squares();
    server.keeping = Keeping::OnlyAsker;
    assert_eq!(text(&server.get("full/10,/0/default.jpg").await, "cache-control"), "private, no-cache");
}

#[tokio::test]
async fn who_holds_the_answer_gets_304_without_work() {
    let server = Server::of_squares();
    let etag = text(&server.ask(Method::HEAD, "full/10,/0/default.jpg", &[]).await, "etag");
    // Another spelling of the same request is the same answer.
    let again = server.ask(Method::GET, "full/10,10/360/color.jpg", &[(header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!(again.status(), 304);
    assert_eq!(text(&again, "etag"), etag);
    assert!(text(&again, "link").contains("canonical"));
    assert!(body(again).await.is_empty());
    assert_eq!(server.times_fetched(), 0);
}

#[tokio::test]
async fn a_head_is_answered_without_work_and_without_a_false_length() {
    let server = Server::of_squares();
    let response = server.ask(Method::HEAD, "full/10,/0/default.png", &[]).await;
    assert_eq!((response.status().as_u16(), text(&response, "content-type").as_str()), (200, "image/png"));
    assert_eq!(text(&response, "content-length"), "");
    assert_eq!(server.times_fetched(), 0);
}

#[tokio::test]
async fn a_bad_request_costs_no_fetch() {
    let server = Server::of_squares();
    for (path, status) in [("full/9999,/0/default.jpg", 400), ("full/^99999,/0/default.jpg", 400), ("x/y/z/w", 400)] {
        let response = server.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert!(text(&response, "content-type").starts_with("text/plain"), "{path}");
    }
    assert_eq!(server.times_fetched(), 0);
}

#[tokio::test]
async fn thirty_tiles_of_one_image_decode_it_once() {
    let server = Server::of_squares();
    let paths: Vec<String> = (0..30).map(|n| format!("{n},0,9,9/max/0/default.jpg")).collect();
    for response in join_all(paths.iter().map(|path| server.get(path))).await {
        assert_eq!(response.status(), 200);
    }
    assert_eq!(server.times_fetched(), 1);
}

#[tokio::test]
async fn an_answer_at_hand_is_given_again_with_its_length() {
    let server = Server::of_squares();
    let first = body(server.get("full/50,/0/default.jpg").await).await;
    let second = server.get("full/!50,50/0/default.jpg").await;
    assert_eq!(text(&second, "content-length"), first.len().to_string());
    assert_eq!(body(second).await, first);
    assert_eq!(server.times_fetched(), 1);
}

#[tokio::test]
async fn canonical_links_and_names_stay_when_an_answer_is_at_hand() {
    for version in [Version::Two, Version::Three] {
        let mut server = Server::of_squares();
        server.version = version;
        // Worked out, at hand, and a range of the pack.
        for path in ["full/50,/0/default.jpg", "full/50,/0/default.jpg", "0,0,512,512/512,/0/default.jpg"] {
            if path.starts_with('0') {
                server = server.packed();
            }
            let (head, get) = (server.ask(Method::HEAD, path, &[]).await, server.get(path).await);
            for name in ["link", "etag", "content-type", "cache-control"] {
                assert_eq!(text(&head, name), text(&get, name), "{name} of {path} in {version:?}");
            }
            assert!(text(&get, "link").contains("rel=\"canonical\", <http"), "{}", text(&get, "link"));
        }
    }
}

#[tokio::test]
async fn a_head_is_refused_where_a_get_is() {
    let mut server = Server::of_squares();
    server.file = a_file(b"x", "image/png", "x.png", Some((12_000, 9000)));
    for (path, status) in [
        ("full/max/45/default.jpg", 400),
        ("0,0,100,10/^16400,/0/default.webp", 400),
        ("full/400,/0/default.jpg", 503),
        ("full/400,/0/default.xyz", 400),
    ] {
        for method in [Method::HEAD, Method::GET] {
            for held in [&[][..], &[(header::IF_NONE_MATCH, "*")]] {
                assert_eq!(server.ask(method.clone(), path, held).await.status(), status, "{method} {path}");
            }
        }
    }
    assert_eq!(server.times_fetched(), 0);
}

#[tokio::test]
async fn too_many_are_sent_away_and_told_when_to_come_back() {
    let engine = Arc::new(Engine::new());
    // Each asks for an image of its own whose bytes never come: the first holds the only permit, the others queue.
    let mut asked: Vec<_> = (0..258u32)
        .map(|n| {
            let mut server = Server::new(n.to_be_bytes().to_vec(), "image/png", (1000, 1000));
            server.engine = Arc::clone(&engine);
            server.limits.decodes = 1;
            server.bytes_never_come = true;
            Box::pin(async move { server.get("full/10,/0/default.jpg").await })
        })
        .collect();
    // Only the one for whom there is no place is ever answered.
    let (response, _, waiting) = futures::future::select_all(asked.drain(..)).await;
    assert_eq!((response.status().as_u16(), waiting.len()), (503, 257));
    assert_eq!(text(&response, "retry-after"), "2");
}

#[tokio::test]
async fn a_decode_goes_on_when_the_asker_goes_away() {
    let server = Server::of_squares();
    let mut asked = Box::pin(server.get("full/10,/0/default.jpg"));
    assert!(futures::poll!(asked.as_mut()).is_pending());
    drop(asked);
    assert_eq!(server.get("full/20,/0/default.jpg").await.status(), 200);
    assert_eq!(server.times_fetched(), 1);
}

#[tokio::test]
async fn files_that_cannot_be_shown_say_why() {
    for (media_type, sides, words) in [
        ("application/pdf", None, "application/pdf"),
        ("image/png", None, "image/png"),
        ("image/bmp", Some((10, 10)), "image/bmp"),
        ("image/png", Some((100_000, 100_000)), "10000000000 pixels"),
    ] {
        let mut server = Server::of_squares();
        server.file = a_file(b"x", media_type, "x", sides);
        let response = server.get("full/max/0/default.jpg").await;
        assert_eq!(response.status(), 501, "{media_type}");
        let said = String::from_utf8(body(response).await.to_vec()).unwrap();
        assert!(said.contains(words), "{said}");
        assert_eq!(server.fetched.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn info_json_is_json_ld_unless_json_is_asked_for() {
    let linked = "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"";
    for (accept, media_type) in
        [(None, linked), (Some("application/ld+json"), linked), (Some("application/json"), "application/json")]
    {
        let response = info(accept, (1000, 1000));
        assert_eq!(text(&response, "content-type"), media_type, "{accept:?}");
        assert_eq!(text(&response, "vary"), "Accept");
        assert_eq!(text(&response, "link"), "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"");
    }
}

#[tokio::test]
async fn info_json_of_a_page() {
    insta::assert_snapshot!(String::from_utf8(body(info(None, (4000, 3000))).await.to_vec()).unwrap());
}

#[tokio::test]
async fn info_json_of_a_page_in_version_2() {
    let file = a_file(b"x", "image/png", "x.png", Some((4000, 3000)));
    let asked = Asked { method: Method::GET, headers: HeaderMap::new() };
    let service = "https://archive.example.org/iiif/image/2/x".to_owned();
    let said = describe(
        Version::Two,
        &asked,
        file.page(1).unwrap(),
        TileSide::USUAL,
        service,
        Keeping::OnlyAsker,
        &Limits::default(),
    );
    insta::assert_snapshot!(String::from_utf8(body(said.into_response()).await.to_vec()).unwrap());
}

#[tokio::test]
async fn info_json_begins_with_its_context_and_tells_limits_where_they_bite() {
    let bytes = body(info(None, (70_000, 3000))).await;
    assert!(bytes.starts_with(b"{\"@context\":\"http://iiif.io/api/image/3/context.json\","));
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&document["maxWidth"], &document["maxArea"]), (&65_535.into(), &67_108_864.into()));
    let largest = document["sizes"].as_array().unwrap().last().unwrap();
    assert_eq!((&largest["width"], &largest["height"]), (&35_000.into(), &1500.into()));
}

fn small_router() -> Router {
    let router = Router::new()
        .route("/ok", get(async || "ok"))
        .route("/lost", get(async || Error::NotFound))
        .route("/broken", get(broken))
        .route("/moved", get(async || (axum::http::StatusCode::SEE_OTHER, [(header::LOCATION, "/ok")])));
    open_to_all(router)
}

#[expect(clippy::panic, reason = "the handler of this test breaks down")]
async fn broken() -> &'static str {
    panic!("this is a test")
}

async fn through(method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    small_router().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn pages_of_any_origin_read_answers_errors_and_redirects() {
    for (path, status) in [("/ok", 200), ("/lost", 404), ("/moved", 303), ("/nowhere", 404), ("/broken", 500)] {
        let response = through(Method::GET, path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(text(&response, "access-control-allow-origin"), "*", "{path}");
        assert_eq!(text(&response, "access-control-expose-headers"), "Link, ETag", "{path}");
    }
}

#[tokio::test]
async fn a_preflight_is_told_that_a_token_may_come() {
    let response = through(Method::OPTIONS, "/ok").await;
    assert_eq!(response.status(), 204);
    assert!(text(&response, "access-control-allow-headers").contains("Authorization"));
    assert_eq!(text(&response, "access-control-allow-origin"), "*");
    assert!(body(response).await.is_empty());
}

#[tokio::test]
async fn an_error_is_not_remembered() {
    for path in ["/lost", "/broken"] {
        assert_eq!(text(&through(Method::GET, path).await, "cache-control"), "no-store");
    }
}

#[test]
fn the_addresses_do_not_collide() {
    // axum panics where two routes cannot be told apart.
    let _router = fonds::iiif::router();
}
