//! Content Search 2.0 and 1.0: hits with their places, pages, completions, and questions that cannot be.

use serde_json::{Value, json};

use super::made::{Book, book, golden, lines};

async fn two(book: &Book, query: &str) -> Value {
    book.get(&format!("/iiif/search/2/{}?{query}", book.id)).await
}

async fn one(book: &Book, query: &str) -> Value {
    book.get(&format!("/iiif/search/1/{}?{query}", book.id)).await
}

fn texts(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["body"]["value"].as_str().unwrap()).collect()
}

async fn told() -> (Book, String) {
    let book = book().await;
    book.transcribe(lines()).await;
    let said = json!({ "text": "Two birds, drawn later", "region": { "polygon": [[10, 10], [90, 10], [50, 60]] } });
    let id = book.say(1, said).await;
    (book, id)
}

#[tokio::test]
async fn hits_are_annotations_with_the_place_and_the_context_of_their_words() {
    let (book, id) = Box::pin(told()).await;
    let page = two(&book, "q=birds+two&user=x").await;
    insta::assert_snapshot!(golden(&page, &[(&id, "ANNOTATION"), (&book.acting.agent.to_string(), "AGENT")]));
}

#[tokio::test]
async fn hits_are_told_in_the_words_of_version_one() {
    let (book, id) = Box::pin(told()).await;
    let list = one(&book, "q=birds+two&user=x").await;
    insta::assert_snapshot!(golden(&list, &[(&id, "ANNOTATION")]));
}

#[tokio::test]
async fn a_phrase_a_cut_word_and_another_script_are_found() {
    let (book, _) = Box::pin(told()).await;
    let phrase = two(&book, "q=%22two+birds%22").await;
    assert_eq!(phrase["partOf"]["total"], 2);
    assert!(phrase["items"][0]["target"].as_str().unwrap().ends_with("#xywh=80,10,80,20"), "{phrase}");
    assert_eq!(texts(&two(&book, "q=archives").await), ["of the Archi-"]);
    assert_eq!(texts(&two(&book, "q=%ED%95%AD%EC%95%84%EB%A6%AC").await), ["ves of 달항아리"]);
    assert_eq!(texts(&two(&book, "q=%22birds+two%22").await), Vec::<&str>::new());
}

#[tokio::test]
async fn motivations_choose_among_hits() {
    let (book, _) = Box::pin(told()).await;
    for (query, total) in [
        ("q=birds&motivation=supplementing", 1),
        ("q=birds&motivation=commenting", 1),
        ("q=birds&motivation=tagging", 0),
        ("q=birds&motivation=supplementing+commenting", 2),
        ("q=birds&motivation=", 2),
        ("q=birds&motivation=painting", 0),
    ] {
        assert_eq!(two(&book, query).await["partOf"]["total"], total, "{query}");
    }
    for (query, total) in [("q=birds&motivation=painting", 1), ("q=birds&motivation=non-painting", 1)] {
        assert_eq!(one(&book, query).await["within"]["total"], total, "{query}");
    }
}

#[tokio::test]
async fn a_question_without_words_is_for_everything_and_signs_find_nothing() {
    let (book, _) = Box::pin(told()).await;
    let all = two(&book, "").await;
    assert_eq!((&all["partOf"]["total"], all.get("annotations")), (&json!(4), None));
    assert_eq!(two(&book, "q=").await["partOf"]["total"], 4);
    let none = two(&book, "q=%3F%21").await;
    assert_eq!((&none["partOf"]["total"], &none["items"]), (&json!(0), &json!([])));
    let none = one(&book, "q=zebra").await;
    assert_eq!((&none["within"]["total"], &none["resources"], none.get("hits")), (&json!(0), &json!([]), None));
}

#[tokio::test]
async fn pages_lead_to_one_another_and_end() {
    let book = book().await;
    let lines: Vec<Value> = (1..=120).map(|number| json!({ "text": format!("line {number}") })).collect();
    book.transcribe(json!(lines)).await;
    let mut path = format!("/iiif/search/2/{}?q=line", book.id);
    let (mut seen, mut starts) = (Vec::new(), Vec::new());
    loop {
        let page = book.get(&path).await;
        seen.extend(texts(&page).into_iter().map(ToOwned::to_owned));
        starts.push(page["startIndex"].as_u64().unwrap());
        assert_eq!(page["partOf"]["total"], 120);
        assert_eq!(page.get("prev").is_some(), starts.len() > 1);
        let Some(next) = page.get("next") else { break };
        path = next["id"].as_str().unwrap().replace("https://archive.example.org", "");
    }
    assert_eq!((starts, seen.len()), (vec![0, 50, 100], 120));
    assert_eq!(seen[119], "line 120");
    let last = one(&book, "q=line&page=3").await;
    assert_eq!((last["resources"].as_array().unwrap().len(), last.get("next")), (20, None));
    assert!(last["prev"].as_str().unwrap().ends_with("?q=line&page=2"));
    for version in [1, 2] {
        for (query, status) in [("page=4", 404), ("page=0", 400), ("page=x", 400), ("page=99999999999", 400)] {
            book.check(&format!("/iiif/search/{version}/{}?q=line&{query}", book.id), status).await;
        }
    }
}

#[tokio::test]
async fn questions_that_are_too_much_are_refused() {
    let book = book().await;
    for query in [format!("q={}", "a".repeat(1_001)), format!("q={}", "a+".repeat(40)), "x&".repeat(40)] {
        for version in [1, 2] {
            book.check(&format!("/iiif/search/{version}/{}?{query}", book.id), 400).await;
        }
    }
    book.check("/iiif/search/2/0000000000000000?q=a", 404).await;
    book.check(&format!("/iiif/search/3/{}?q=a", book.id), 404).await;
}

#[tokio::test]
async fn beginnings_are_completed() {
    let (book, _) = Box::pin(told()).await;
    let path = |version: u8, query: &str| format!("/iiif/search/{version}/{}/autocomplete?{query}", book.id);
    let page = book.get(&path(2, "q=bir&date=x")).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&page).unwrap());
    let list = book.get(&path(1, "q=bir&motivation=painting&min=1")).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&list).unwrap());
    let search = list["terms"][0]["url"].as_str().unwrap().replace("https://archive.example.org", "");
    assert_eq!(book.get(&search).await["within"]["total"], 1);
    assert_eq!(book.get(&path(2, "q=zebra")).await["items"], json!([]));
    assert_eq!(book.get(&path(2, "q=bird&min=2")).await["items"], json!([{ "value": "birds", "total": 2 }]));
    book.check(&path(2, ""), 400).await;
    book.check(&path(1, "q=+"), 400).await;
}

#[tokio::test]
async fn answers_are_json_ld_with_an_etag_of_their_own() {
    let (book, _) = Box::pin(told()).await;
    for (path, context) in [
        (format!("/iiif/search/2/{}?q=birds", book.id), "http://iiif.io/api/search/2/context.json"),
        (format!("/iiif/search/1/{}?q=birds", book.id), "http://iiif.io/api/search/1/context.json"),
        (format!("{}/transcript", book.canvas(0)), "http://iiif.io/api/presentation/3/context.json"),
    ] {
        let answer = book.archive.ask(&path).await;
        assert_eq!(answer.headers["content-type"], format!("application/ld+json;profile=\"{context}\""));
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["cache-control"], "public, max-age=60");
        assert!(answer.headers.contains_key("etag"));
        assert!(answer.text().starts_with("{\"@context\":"), "the context comes first");
    }
}
