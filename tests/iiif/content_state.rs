//! Content states: what is read of them, what is refused, and where they lead in an archive.

use std::fs;

use fonds::clock::Clock;
use fonds::commands::{Accession, Acting, Deposit};
use fonds::iiif::content_state::{BadState, Kind, STATE_BYTES_MAX, Target, decode, encoded};
use fonds::web::form::encode;
use fonds_schemas::event::BatchKind;
use fonds_schemas::*;
use serde_json::{Value, json};

use crate::support::{Answer, TestArchive, archive_at, noon, real};

const MANIFEST: &str = "https://example.org/object1/manifest";
const CANVAS: &str = "https://example.org/object1/canvas7";
/// The example of §6.3, condensed, and as the specification encodes it.
const PLAIN: &str = r#"{"id":"https://example.org/object1/canvas7#xywh=1000,2000,1000,2000","type":"Canvas","partOf":[{"id":"https://example.org/object1/manifest","type":"Manifest"}]}"#;
const ENCODED: &str = "JTdCJTIyaWQlMjIlM0ElMjJodHRwcyUzQSUyRiUyRmV4YW1wbGUub3JnJTJGb2JqZWN0MSUyRmNhbnZhczclMjN4eXdoJTNEMTAwMCUyQzIwMDAlMkMxMDAwJTJDMjAwMCUyMiUyQyUyMnR5cGUlMjIlM0ElMjJDYW52YXMlMjIlMkMlMjJwYXJ0T2YlMjIlM0ElNUIlN0IlMjJpZCUyMiUzQSUyMmh0dHBzJTNBJTJGJTJGZXhhbXBsZS5vcmclMkZvYmplY3QxJTJGbWFuaWZlc3QlMjIlMkMlMjJ0eXBlJTIyJTNBJTIyTWFuaWZlc3QlMjIlN0QlNUQlN0Q";

fn canvas_with_region() -> Target {
    let mut target = decode(&format!("{CANVAS}#xywh=1000,2000,1000,2000")).unwrap().remove(0);
    target.kind = Kind::Canvas;
    target.manifest = Some(MANIFEST.to_owned());
    target
}

fn check(text: &str, target: &Target) {
    assert_eq!(decode(text).as_deref(), Ok(std::slice::from_ref(target)), "{text}");
}

fn check_refused(text: &str, why: BadState) {
    assert_eq!(decode(text), Err(why), "{text}");
}

/// base64url of the JSON alone, as many write it.
fn in_base64(json: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE.encode(json)
}

#[test]
fn the_example_of_the_specification_is_read_and_written() {
    check(ENCODED, &canvas_with_region());
    assert_eq!(encoded(PLAIN), ENCODED);
    assert_eq!(canvas_with_region().parameter(), ENCODED);
}

#[test]
fn every_form_of_a_state_says_the_same() {
    let target: Value = serde_json::from_str(PLAIN).unwrap();
    let annotation = json!({"type": "Annotation", "motivation": ["bookmarking", "contentState"], "target": target});
    let specific = json!({"type": "Annotation", "motivation": "contentState", "target": {
        "type": "SpecificResource",
        "source": {"id": CANVAS, "type": "Canvas", "partOf": {"id": MANIFEST, "type": "Manifest"}},
        "selector": {"type": "FragmentSelector", "value": "xywh=1000,2000,1000,2000"},
    }});
    for json in [PLAIN.to_owned(), annotation.to_string(), specific.to_string()] {
        check(&json, &canvas_with_region());
        check(&encoded(&json), &canvas_with_region());
        check(&in_base64(&json), &canvas_with_region());
    }
}

#[test]
fn an_address_stands_for_itself() {
    let target = Target { kind: Kind::Unsaid, ..Target::manifest(MANIFEST.to_owned()) };
    check(MANIFEST, &target);
    assert_eq!(Target::manifest(MANIFEST.to_owned()).parameter(), MANIFEST);
    check_refused(&in_base64(MANIFEST), BadState::EncodedAddress);
    check_refused(&encoded(MANIFEST), BadState::EncodedAddress);
}

#[test]
fn what_is_written_is_read_back() {
    for region in ["xywh=0,0,1,1", "xywh=pixel:1,2,3,4", "xywh=percent:12.5,0,50,33.3", "t=3&xywh=1,2,3,4"] {
        let mut target = decode(&format!("{CANVAS}#{region}")).unwrap().remove(0);
        target.kind = Kind::Canvas;
        check(&target.parameter(), &target);
        target.manifest = Some(MANIFEST.to_owned());
        check(&target.parameter(), &target);
    }
}

#[test]
fn several_targets_are_kept_in_their_order() {
    let target = |number: u32| json!({"id": format!("{CANVAS}{number}"), "type": "Canvas"});
    let state = |count: u32| {
        let targets: Vec<Value> = (0..count).map(target).collect();
        json!({"type": "Annotation", "motivation": "contentState", "target": targets}).to_string()
    };
    let ids: Vec<String> = decode(&state(3)).unwrap().into_iter().map(|target| target.id).collect();
    assert_eq!(ids, [0, 1, 2].map(|number| format!("{CANVAS}{number}")));
    check_refused(&state(0), BadState::Targets);
    check_refused(&state(9), BadState::Targets);
}

#[test]
fn what_is_no_state_is_refused_with_the_reason() {
    let deep = format!("{}{}", "{\"a\":".repeat(40), "1");
    for (text, why) in [
        (" ", BadState::Empty),
        ("moon jar", BadState::Encoding),
        ("javascript:alert(1)", BadState::Encoding),
        ("%%%", BadState::Encoding),
        ("////", BadState::Encoding),
        ("{\"id\":", BadState::Json),
        ("{}", BadState::Kind),
        (r#"{"type":"Image","id":"https://example.org/x"}"#, BadState::Kind),
        (r#"{"type":"Canvas"}"#, BadState::Address),
        (r#"{"type":"Canvas","id":"javascript:alert(1)"}"#, BadState::Address),
        (r#"{"type":"Canvas","id":"https://example.org/\u00e9"}"#, BadState::Address),
        (r#"{"type":"Canvas","id":"https://example.org/x","partOf":"urn:x"}"#, BadState::Address),
        (r#"{"type":"Canvas","id":"https://example.org/x#xywh=1,2,3"}"#, BadState::Region),
        (r#"{"type":"Canvas","id":"https://example.org/x#xywh=1,2,0,4"}"#, BadState::Region),
        (r#"{"type":"Canvas","id":"https://example.org/x#xywh=-1,2,3,4"}"#, BadState::Region),
        (r#"{"type":"Canvas","id":"https://example.org/x#xywh=inf,2,3,4"}"#, BadState::Region),
        (r#"{"type":"Canvas","id":"https://example.org/x#xywh=metre:1,2,3,4"}"#, BadState::Region),
        (r#"{"type":"Annotation","motivation":"tagging","target":"https://example.org/x"}"#, BadState::Motivation),
        (r#"{"type":"Annotation","motivation":"contentState"}"#, BadState::Targets),
        (r#"{"type":"SpecificResource","source":{"type":"SpecificResource"}}"#, BadState::Kind),
        (deep.as_str(), BadState::TooDeep),
    ] {
        check_refused(text, why);
    }
    check_refused(&"a".repeat(STATE_BYTES_MAX + 1), BadState::TooLong);
    check_refused(&format!("https://example.org/{}", "a".repeat(3000)), BadState::Address);
}

#[test]
fn the_recipes_of_the_cookbook_are_read() {
    for (recipe, targets) in [("0485-contentstate-canvas-region", 1), ("0540-link-for-opening-multiple-canvases", 2)] {
        let Some(path) = real(&format!("fixtures/iiif-cookbook/recipe/{recipe}/annotation.json")) else { return };
        let text = fs::read_to_string(path).unwrap();
        let text =
            text.replace("{{ id.path }}", "https://example.org").replace("{{ id.url }}", "https://example.org/a");
        let read = decode(&text).unwrap();
        assert_eq!(read.len(), targets);
        assert!(read.iter().all(|target| target.kind == Kind::Canvas && target.manifest.is_some()), "{read:?}");
        assert_eq!(decode(&encoded(&text)).unwrap(), read);
    }
}

proptest::proptest! {
    #[test]
    fn nothing_that_comes_makes_it_stumble(text in "\\PC{0,200}", bytes: Vec<u8>) {
        let _ = decode(&text);
        let _ = decode(&in_base64(&text));
        let _ = decode(&String::from_utf8_lossy(&bytes));
    }
}

/// An archive with a picture that everybody sees and one that nobody sees.
async fn gallery() -> (TestArchive, [(String, String); 2]) {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
    let acting = Acting { agent, on_behalf_of: None, batch };
    let mut made = Vec::new();
    for (name, access) in [("open", Access::Public), ("hidden", Access::Restricted)] {
        let source = SourceKey { identifier: name.to_owned(), namespace: "state".to_owned() };
        let object = source.object_id();
        let (level, statements, relations) = (Level::Work, Vec::new(), Vec::new());
        let accession = Accession { object, level, source: Some(source), access, statements, relations };
        archive.accession(acting, vec![accession]).await.unwrap();
        let mut png = std::io::Cursor::new(Vec::new());
        ::image::RgbImage::new(400, 300).write_to(&mut png, ::image::ImageFormat::Png).unwrap();
        let staged = futures::stream::iter([Ok(bytes::Bytes::from(png.into_inner()))]);
        let staged = archive.storage.stage_stream(staged, 1_000_000).await.unwrap();
        let file = FileId::derived(object, &staged.sha256);
        let deposit = Deposit { staged, name: "a.png".to_owned(), role: FileRole::Master, order: 0 };
        archive.deposit(acting, object, vec![deposit]).await.unwrap();
        let base = format!("https://archive.example.org/iiif/presentation/3/{object}");
        made.push((format!("{base}/manifest"), format!("{base}/canvas/{file}")));
    }
    archive.settle().await;
    (archive, <[_; 2]>::try_from(made).unwrap())
}

async fn lead(archive: &TestArchive, state: &str) -> Answer {
    archive.ask(&format!("/iiif/content-state?iiif-content={}", encode(state))).await
}

fn on_canvas(canvas: &str, manifest: &str, region: &str) -> String {
    let id = format!("{canvas}{region}");
    encoded(&json!({"id": id, "type": "Canvas", "partOf": [{"id": manifest, "type": "Manifest"}]}).to_string())
}

/// A part of the contents of an object, said to be in that manifest.
fn in_contents(of: &str, manifest: &str) -> String {
    let id = of.replace("/manifest", "/range/1");
    encoded(&json!({"id": id, "type": "Range", "partOf": [{"id": manifest, "type": "Manifest"}]}).to_string())
}

#[tokio::test]
async fn a_state_leads_to_manifest_canvas_and_region() {
    let (archive, [(manifest, canvas), _]) = Box::pin(gallery()).await;
    let all = json!({"manifest": manifest, "canvas": canvas, "region": "10,20,30,40"});
    for (state, place) in [
        (manifest.clone(), json!({"manifest": manifest})),
        (Target::manifest(manifest.clone()).parameter(), json!({"manifest": manifest})),
        (canvas.clone(), json!({"manifest": manifest, "canvas": canvas})),
        (on_canvas(&canvas, &manifest, ""), json!({"manifest": manifest, "canvas": canvas})),
        (on_canvas(&canvas, &manifest, "#xywh=10,20,30,40"), all.clone()),
        (format!("{canvas}#xywh=10,20,30,40"), all),
        (in_contents(&manifest, &manifest), json!({"manifest": manifest})),
    ] {
        let answer = lead(&archive, &state).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, place), "{state}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["cache-control"], "public, max-age=60");
    }
}

#[tokio::test]
async fn what_is_not_here_or_not_shown_leads_nowhere() {
    let (archive, [(manifest, canvas), (hidden, hidden_canvas)]) = Box::pin(gallery()).await;
    let unknown = lead(&archive, &manifest.replace("/3/", "/3/0000000000000000")).await;
    assert_eq!(unknown.status, 404);
    for state in [
        MANIFEST.to_owned(),
        hidden.clone(),
        hidden_canvas.clone(),
        on_canvas(&hidden_canvas, &hidden, ""),
        on_canvas(&canvas, &hidden, ""),
        on_canvas(&canvas, MANIFEST, ""),
        on_canvas(&manifest, &manifest, ""),
        in_contents(&hidden, &hidden),
        in_contents(&manifest, &hidden),
        in_contents(&manifest, MANIFEST),
        format!("{canvas}x"),
        manifest.replace("archive.example.org", "archive.example.org.evil.example"),
        "https://archive.example.org/".to_owned(),
    ] {
        let answer = lead(&archive, &state).await;
        assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body), "{state}");
    }
    for (state, why) in [
        ("", "there is no content state"),
        ("moon jar", "neither an address"),
        (&format!("{canvas}#xywh=400,0,10,10"), "outside of the canvas"),
        (&format!("{canvas}#xywh=percent:100,0,1,1"), "outside of the canvas"),
    ] {
        let answer = lead(&archive, state).await;
        assert_eq!(answer.status, 400, "{state}");
        assert!(answer.text().contains(why), "{}", answer.text());
    }
    assert_eq!(archive.ask("/iiif/content-state").await.status, 400);
}
