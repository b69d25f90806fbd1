//! What holders of a token see and may do.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds_schemas::Scope;

use super::world::worlds;

#[tokio::test]
async fn a_reader_sees_everything_that_is_hidden() {
    let (world, _) = worlds().await;
    let token = world.token(Scope::Read).await;
    for hidden in world.hidden() {
        for address in [
            "/o/{id}",
            "/o/{id}/history",
            "/o/{id}.json",
            "/o/{id}.ttl",
            "/search?q={word}",
            "/api/v1/objects/{id}",
            "/api/v1/objects/{id}/history",
            "/api/v1/search?q={word}",
            "/api/v1/batches/{batch}",
            "/api/v1/files/{file}",
            "/iiif/presentation/3/{id}/manifest",
            "/iiif/presentation/3/collection/top",
        ] {
            let answer = world.archive.ask_with(&token, &hidden.fill(address)).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            assert!(answer.text().contains(&hidden.word), "{address}: {}", answer.text());
            let kept = answer.headers.get("cache-control").map(|value| value.to_str().unwrap().to_owned());
            assert!(!kept.unwrap_or_default().contains("public"), "{address} may be kept by others");
        }
        let bytes = world.archive.ask_with(&token, &hidden.fill("/api/v1/files/{file}/content")).await;
        assert_eq!(bytes.body, super::world::png(&hidden.word));
        let tile = world.archive.ask_with(&token, &hidden.fill("/iiif/image/3/{file}/full/max/0/default.png")).await;
        assert_eq!(
            (tile.status, &tile.headers["cache-control"]),
            (StatusCode::OK, &"private, no-cache".parse().unwrap())
        );
        let event = world.archive.ask_with(&token, &hidden.fill("/api/v1/events/{event}")).await;
        assert!(event.text().contains(&hidden.word));
    }
}

#[tokio::test]
async fn an_open_page_names_hidden_relations_to_a_reader_alone() {
    let (world, _) = worlds().await;
    let token = world.token(Scope::Read).await;
    let teapot = &world.open[1];
    for address in
        ["/o/{id}", "/o/{id}.json", "/o/{id}.nt", "/api/v1/objects/{id}", "/iiif/presentation/3/{id}/manifest"]
    {
        let address = teapot.fill(address);
        let (house, public) = (world.archive.ask_with(&token, &address).await, world.archive.ask(&address).await);
        let hidden = world.restricted.id.to_string();
        assert!(house.text().contains(&hidden) && !public.text().contains(&hidden), "{address}");
        let kept = house.headers.get("cache-control").map(|value| value.to_str().unwrap().to_owned());
        assert!(!kept.unwrap_or_default().contains("public"), "{address} may be kept by others");
    }
}

#[tokio::test]
async fn a_token_allows_what_its_scope_says() {
    let (world, _) = worlds().await;
    let tokens = [world.token(Scope::Read).await, world.token(Scope::Write).await, world.token(Scope::Admin).await];
    let access = r#"{"access":{"state":"withdrawn"},"reason":"a test"}"#;
    let note = r#"{"asserted":[{"property":"note","text":"seen"}]}"#;
    for (method, address, body, answers) in [
        ("POST", "/api/v1/objects/{id}/statements", note, [403, 200, 200]),
        ("PUT", "/api/v1/objects/{id}/access", access, [403, 403, 200]),
        ("GET", "/api/v1/tokens", "", [403, 403, 200]),
        ("GET", "/api/v1/events", "", [200, 200, 200]),
    ] {
        for (token, status) in tokens.iter().zip(answers) {
            let request = Request::builder().method(method).uri(world.restricted.fill(address));
            let request = request.header("authorization", format!("Bearer {token}"));
            let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
            let answer = world.archive.send(request).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {address}: {}", answer.text());
        }
    }
}
