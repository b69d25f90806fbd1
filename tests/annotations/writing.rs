//! Through the API: what is said, what is said instead, what is taken back, and what is refused.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds_schemas::{Object, Recorded, Stream};
use fonds_workers::alto::{self, BadAlto};
use serde_json::{Value, json};

use super::made::{Book, book, lines};
use crate::support::real;

async fn check_refused(book: &Book, more: Value, why: &str) {
    let mut body = json!({ "file": book.pages[0], "motivation": "commenting", "text": "x" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = book.json("POST", &format!("/api/v1/objects/{}/annotations", book.id), &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    assert!(answer.text().contains(why), "{}", answer.text());
}

#[tokio::test]
async fn what_is_said_is_read_changed_and_taken_back() {
    let book = book().await;
    let said = json!({ "text": "a stain", "language": "en", "region": { "xywh": [10, 20, 30, 40] } });
    let id = book.say(0, said).await;
    let path = format!("/api/v1/annotations/{id}");
    let read = book.get(&path).await;
    assert_eq!((&read["text"], &read["region"]), (&json!("a stain"), &json!({ "xywh": [10, 20, 30, 40] })));
    assert_eq!(book.get(&format!("/api/v1/objects/{}/annotations", book.id)).await, json!([read]));

    let instead = json!({ "file": book.pages[1], "motivation": "describing", "text": "a hole" });
    let answer = book.json("PUT", &path, &instead).await;
    assert_eq!((answer.status, &answer.json()["annotation"]), (StatusCode::OK, &json!(id)));
    // Without waiting: the one who wrote it is not told that it is not there.
    assert_eq!(book.json("PUT", &path, &instead).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    book.archive.settle().await;
    let read = book.get(&path).await;
    assert_eq!(
        (&read["text"], &read["file"], &read["region"]),
        (&json!("a hole"), &json!(book.pages[1]), &Value::Null)
    );

    let answer = book.json("DELETE", &format!("{path}?reason=no%20hole"), &Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    book.archive.settle().await;
    book.check(&path, 404).await;
    assert_eq!(book.json("PUT", &path, &instead).await.status, StatusCode::NOT_FOUND);
    let story = book.archive.ask(&format!("/o/{}/history", book.id)).await.text();
    assert!(story.contains("annotated an image (describing)") && story.contains("took an annotation back"), "{story}");
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_with_the_reason() {
    let book = book().await;
    check_refused(&book, json!({ "text": " " }), "the text of an annotation is empty").await;
    check_refused(&book, json!({ "text": "a".repeat(16_385) }), "at most 16384 are kept").await;
    check_refused(&book, json!({ "region": { "xywh": [0, 0, 401, 1] } }), "400 × 300 pixels").await;
    check_refused(&book, json!({ "region": { "polygon": [[0, 0], [1, 1]] } }), "3 to 1000 points").await;
    check_refused(&book, json!({ "motivation": "linking" }), "needs the IRI").await;
    check_refused(&book, json!({ "authority": "no iri" }), "absolute IRI").await;
    check_refused(&book, json!({ "motivation": "painting" }), "unknown variant").await;
    check_refused(&book, json!({ "colour": "red" }), "unknown field").await;
    check_refused(&book, json!({ "region": { "xywh": [0, 0, -1, 1] } }), "invalid value").await;
}

#[tokio::test]
async fn a_file_of_another_object_is_not_annotated() {
    let book = book().await;
    let body = json!({ "file": "0000000000000000", "motivation": "commenting", "text": "x" });
    let answer = book.json("POST", &format!("/api/v1/objects/{}/annotations", book.id), &body).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = book.json("PUT", "/api/v1/files/0000000000000000/transcript", &json!({ "lines": [] })).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_edit_of_what_somebody_changed_meanwhile_is_refused() {
    let book = book().await;
    let version = book.get(&format!("/api/v1/objects/{}", book.id)).await["version"].as_u64().unwrap();
    let body = json!({ "file": book.pages[0], "motivation": "commenting", "text": "x", "version": version });
    let path = format!("/api/v1/objects/{}/annotations", book.id);
    assert_eq!(book.json("POST", &path, &body).await.status, StatusCode::CREATED);
    assert_eq!(book.json("POST", &path, &body).await.status, StatusCode::CONFLICT);
    let transcript = json!({ "lines": lines(), "version": version });
    let path = format!("/api/v1/files/{}/transcript", book.pages[0]);
    assert_eq!(book.json("PUT", &path, &transcript).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn many_hands_annotate_one_book_at_the_same_time() {
    let book = book().await;
    let path = format!("/api/v1/objects/{}/annotations", book.id);
    let bodies: Vec<Value> = (0..4)
        .map(|n| json!({ "file": book.pages[n % 2], "motivation": "tagging", "text": format!("tag {n}") }))
        .collect();
    let all = futures::future::join_all(bodies.iter().map(|body| book.json("POST", &path, body))).await;
    assert!(all.iter().all(|answer| answer.status == StatusCode::CREATED), "{}", all[3].text());
    book.archive.settle().await;
    assert_eq!(book.get(&path).await.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn nobody_writes_without_a_token() {
    let book = book().await;
    let id = book.say(0, json!({ "text": "a stain" })).await;
    for (method, path) in [
        ("POST", format!("/api/v1/objects/{}/annotations", book.id)),
        ("PUT", format!("/api/v1/annotations/{id}")),
        ("DELETE", format!("/api/v1/annotations/{id}?reason=x")),
        ("PUT", format!("/api/v1/files/{}/transcript", book.pages[0])),
    ] {
        let request = Request::builder().method(method).uri(&path).header("content-type", "application/json");
        let answer = book.archive.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_transcript_is_read_as_it_was_written_and_replaced() {
    let book = book().await;
    book.transcribe(lines()).await;
    let path = format!("/api/v1/files/{}/transcript", book.pages[0]);
    let read = book.get(&path).await;
    assert_eq!((&read["lines"], &read["language"]), (&lines(), &json!("en")));
    book.check(&format!("/api/v1/files/{}/transcript", book.pages[1]), 404).await;
    book.transcribe(json!([{ "text": "only this" }])).await;
    assert_eq!(book.get(&path).await["lines"], json!([{ "text": "only this" }]));
    let nothing = book.json("PUT", &path, &json!({ "lines": [] })).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nothing.text());
    let nothing = book.json("PUT", &path, &json!({ "lines": [], "reason": "it is a drawing" })).await;
    assert_eq!(nothing.status, StatusCode::OK, "{}", nothing.text());
    book.archive.settle().await;
    assert_eq!(book.get(&path).await["lines"], json!([]));
}

const ALTO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Description><MeasurementUnit>mm10</MeasurementUnit></Description>
<Layout><Page WIDTH="800" HEIGHT="600"><PrintSpace><TextBlock LANG="deu">
<TextLine HPOS="20" VPOS="20" WIDTH="400" HEIGHT="40"><String CONTENT="Zwei" HPOS="20" VPOS="20" WIDTH="80" HEIGHT="40"/>
<SP/><String CONTENT="V&#246;gel" HPOS="120" VPOS="20" WIDTH="100" HEIGHT="40"/></TextLine>
</TextBlock></PrintSpace></Page></Layout></alto>"#;

#[tokio::test]
async fn alto_becomes_lines_and_words_in_pixels_of_the_image() {
    let book = book().await;
    let path = format!("/api/v1/files/{}/transcript", book.pages[0]);
    for media_type in ["application/alto+xml", "text/xml; charset=utf-8"] {
        let answer = book.send("PUT", &format!("{path}?reason=first%20pass"), media_type, ALTO).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    book.archive.settle().await;
    let read = book.get(&path).await;
    let words = json!([{ "text": "Zwei", "xywh": [10, 10, 40, 20] }, { "text": "Vögel", "xywh": [60, 10, 50, 20] }]);
    assert_eq!(read["lines"], json!([{ "text": "Zwei Vögel", "xywh": [10, 10, 200, 20], "words": words }]));
    assert_eq!(read["language"], "de");
}

#[tokio::test]
async fn what_is_no_transcript_is_refused_with_the_reason() {
    let book = book().await;
    let path = format!("/api/v1/files/{}/transcript", book.pages[0]);
    for (media_type, body, status, why) in [
        ("application/xml", "<alto>".to_owned(), 422, "before its elements do"),
        ("application/xml", "<!DOCTYPE x><alto/>".to_owned(), 422, "document type"),
        ("application/pdf", "%PDF".to_owned(), 415, "application/alto+xml"),
        ("application/json", r#"{"lines":[{"text":""}]}"#.to_owned(), 422, "line 1 is empty"),
        ("application/json", r#"{"lines":[{"text":"a","xywh":[0,0,999,1]}]}"#.to_owned(), 422, "400 × 300"),
        (
            "application/json",
            r#"{"lines":[{"text":"a","words":[{"text":"b","xywh":[0,0,1,1]}]}]}"#.to_owned(),
            422,
            "words of line 1",
        ),
        ("application/json", r#"{"lines":[{"text":"a"}],"source":"0000000000000000"}"#.to_owned(), 404, "no file"),
        ("application/json", "[".to_owned(), 422, "EOF"),
        ("application/xml", " ".repeat(16 * 1024 * 1024 + 1), 413, "length limit"),
    ] {
        let answer = book.send("PUT", &path, media_type, body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        assert!(answer.text().contains(why), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_object_is_folded_without_the_texts_of_its_images() {
    let book = book().await;
    book.transcribe(lines()).await;
    book.say(0, json!({ "text": "a stain" })).await;
    let stream = Stream::Object(book.id);
    let folded = book.archive.ledger.streams_without(&[stream], u64::MAX, Object::UNFOLDED).await.unwrap();
    let whole = book.archive.ledger.stream(stream, None).await.unwrap();
    let read = |kind: &str, events: &[Recorded]| {
        events.iter().any(|recorded| recorded.envelope.kind == kind && recorded.event.is_some())
    };
    for (kind, is_folded) in
        [("accessioned", true), ("file_stored", true), ("transcribed", false), ("annotated", false)]
    {
        assert_eq!((read(kind, &folded), read(kind, &whole)), (is_folded, true), "{kind}");
    }
    let fold = |events: &[Recorded]| {
        let mut state = None;
        for recorded in events {
            Object::fold(&mut state, recorded).unwrap();
        }
        state
    };
    assert_eq!(fold(&folded), fold(&whole));
}

#[test]
fn pages_that_people_transcribed_are_read_to_the_last_line() {
    let Some(folder) = real("ocr-pages") else { return };
    let mut read = 0;
    for entry in std::fs::read_dir(folder.join("gt")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let found = match alto::read(&bytes, (2_000, 3_000)) {
            Ok(found) => found.lines,
            // Two pages are PAGE XML.
            Err(BadAlto::NotAlto(name)) => {
                assert_eq!(name, "PcGts", "{stem}");
                continue;
            }
            Err(bad) => panic!("{stem}: {bad}"),
        };
        let text = std::fs::read_to_string(folder.join(format!("txt/{stem}.txt"))).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(found.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), lines, "{stem}");
        assert!(found.iter().all(|line| line.xywh.is_some() && line.places().is_some()), "{stem}");
        read += 1;
    }
    assert_eq!(read, 15);
}
