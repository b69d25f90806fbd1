//! Web Annotations: pages of canvases, single ones, and where the manifest names them.

use fonds::commands::{Acting, Reading, Remark};
use fonds::keeper::Keeper;
use fonds_schemas::*;
use serde_json::{Value, json};

use super::made::{book, golden, lines};

#[tokio::test]
async fn a_manifest_names_pages_and_services_only_where_there_is_something() {
    let book = book().await;
    let manifest = format!("/iiif/presentation/3/{}/manifest", book.id);
    let bare = book.get(&manifest).await;
    assert!(bare.get("service").is_none() && bare["items"][0].get("annotations").is_none());
    book.transcribe(lines()).await;
    book.say(1, json!({ "text": "a stain" })).await;
    let document = book.get(&manifest).await;
    let names = |page: usize| -> Vec<String> {
        let pages = document["items"][page]["annotations"].as_array().unwrap();
        pages.iter().map(|page| page["id"].as_str().unwrap().replace("https://archive.example.org", "")).collect()
    };
    assert_eq!(names(0), [format!("{}/transcript", book.canvas(0))]);
    assert_eq!(names(1), [format!("{}/annotations", book.canvas(1))]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document["service"]).unwrap());
    for page in names(0).iter().chain(&names(1)) {
        let found = book.get(page).await;
        assert_eq!(
            (&found["type"], found["id"].as_str()),
            (&json!("AnnotationPage"), Some(&*format!("https://archive.example.org{page}")))
        );
    }
}

#[tokio::test]
async fn what_is_said_of_a_page_is_a_page_of_web_annotations() {
    let book = book().await;
    let whole = book.say(0, json!({ "text": "a stain" })).await;
    book.archive.clock.advance_seconds(60);
    let polygon = json!({
        "text": "달항아리", "language": "ko", "motivation": "identifying",
        "authority": "http://vocab.getty.edu/aat/300015650", "region": { "polygon": [[0, 0], [400, 300], [0, 300]] },
    });
    let polygon = book.say(0, polygon).await;
    book.archive.clock.advance_seconds(60);
    let boxed = book
        .say(0, json!({ "text": "<b>blue</b>", "motivation": "tagging", "region": { "xywh": [1, 2, 3, 4] } }))
        .await;
    let page = book.get(&format!("{}/annotations", book.canvas(0))).await;
    let agent = book.acting.agent.to_string();
    let random = [(&*whole, "WHOLE"), (&*polygon, "POLYGON"), (&*boxed, "BOX"), (&*agent, "AGENT")];
    insta::assert_snapshot!(golden(&page, &random));
    assert!(!page.to_string().contains("Ada"), "people are not named");
    let alone = book.get(&format!("/iiif/annotation/{polygon}")).await;
    assert_eq!(alone["@context"], "http://iiif.io/api/presentation/3/context.json");
    let mut alone = alone;
    alone.as_object_mut().unwrap().remove("@context");
    assert_eq!(alone, page["items"][1]);
}

#[tokio::test]
async fn the_text_of_a_page_is_told_by_lines_and_by_words() {
    let book = book().await;
    book.transcribe(lines()).await;
    let page = book.get(&format!("{}/transcript", book.canvas(0))).await;
    insta::assert_snapshot!(golden(&page, &[(&book.acting.agent.to_string(), "AGENT")]));
    let words = book.get(&format!("{}/transcript/words", book.canvas(0))).await;
    assert_eq!(words["items"].as_array().unwrap().len(), 6);
    assert_eq!(page["seeAlso"][0]["id"], words["id"]);
    for item in [&page["items"][2], &words["items"][5]] {
        let path = item["id"].as_str().unwrap().replace("https://archive.example.org", "");
        let mut alone = book.get(&path).await;
        assert_eq!(alone["@context"], page["@context"]);
        alone.as_object_mut().unwrap().remove("@context");
        assert_eq!(alone, *item);
    }
    let cut = &words["items"][5];
    assert_eq!((&cut["body"]["value"], &cut["textGranularity"]), (&json!("Archi-"), &json!("word")));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let book = book().await;
    book.transcribe(lines()).await;
    let page = book.pages[0];
    for path in [
        "/iiif/annotation/0000000000000000".to_owned(),
        "/iiif/annotation/nonsense".to_owned(),
        format!("/iiif/annotation/{page}.0"),
        format!("/iiif/annotation/{page}.4"),
        format!("/iiif/annotation/{page}.1.9"),
        format!("/iiif/presentation/3/{}/canvas/0000000000000000/annotations", book.id),
        format!("/iiif/presentation/3/0000000000000000/canvas/{page}/transcript"),
    ] {
        book.check(&path, 404).await;
    }
    let empty = book.get(&format!("{}/transcript", book.canvas(1))).await;
    assert_eq!(empty["items"], json!([]));
}

#[tokio::test]
async fn what_was_said_of_an_image_goes_with_it() {
    let book = book().await;
    book.transcribe(lines()).await;
    let id = book.say(0, json!({ "text": "a stain" })).await;
    book.archive.detach(book.acting, book.id, book.pages[0], "torn out".to_owned()).await.unwrap();
    book.archive.settle().await;
    for path in [
        format!("/iiif/annotation/{id}"),
        format!("/iiif/annotation/{}.1", book.pages[0]),
        format!("/api/v1/annotations/{id}"),
        format!("{}/transcript", book.canvas(0)),
    ] {
        book.check(&path, 404).await;
    }
    assert_eq!(book.get(&format!("/api/v1/objects/{}/annotations", book.id)).await, json!([]));
    let found = book.get(&format!("/iiif/search/2/{}?q=birds", book.id)).await;
    assert_eq!((&found["partOf"]["total"], &found["items"]), (&json!(0), &json!([])));
    let manifest = book.get(&format!("/iiif/presentation/3/{}/manifest", book.id)).await;
    assert_eq!(manifest.get("service"), None::<&Value>);
}

#[tokio::test]
async fn a_rebuild_comes_to_the_same() {
    let book = book().await;
    book.transcribe(lines()).await;
    let id = book.say(0, json!({ "text": "a stain" })).await;
    book.transcribe(json!([{ "text": "read anew" }])).await;
    let instead = json!({ "file": book.pages[0], "motivation": "commenting", "text": "a hole" });
    book.json("PUT", &format!("/api/v1/annotations/{id}"), &instead).await;
    book.archive.settle().await;
    let Keeper::Keeping { rebuild, .. } = &book.archive.keeper else { panic!("nobody keeps the archive of a test") };
    let rebuilt = rebuild.run(true, |_, _| {}).await.unwrap();
    let rebuilt = rebuilt.iter().find(|rebuilt| rebuilt.name == "annotations").unwrap();
    assert!(rebuilt.digests.as_ref().unwrap().are_equal());
}

#[tokio::test]
async fn what_a_model_says_names_its_generator_and_says_that_it_is_a_model() {
    let book = book().await;
    let archive = &book.archive;
    for (kind, name) in [
        (AgentKind::Model, "reader-2"),
        (AgentKind::Software, "importer 1.0"),
        (AgentKind::Organisation, "The Birdhouse"),
    ] {
        let agent = archive.register_agent(kind, name, None).await.unwrap();
        let acting = Acting { agent, ..book.acting };
        let remark = Remark {
            version: None,
            file: book.pages[0],
            region: None,
            motivation: Motivation::Commenting,
            text: format!("birds, says {name}"),
            language: None,
            authority: None,
        };
        archive.annotate(acting, book.id, None, remark).await.unwrap();
        if kind == AgentKind::Model {
            let line = Line { text: "two birds".to_owned(), words: vec![], xywh: None };
            let (file, lines) = (book.pages[0], vec![line]);
            let reading = Reading { version: None, file, lines, language: None, reason: None, source: None };
            archive.transcribe(acting, book.id, reading).await.unwrap();
        }
        archive.settle().await;
    }
    let makers = |page: &Value, items: &str| -> Vec<Value> {
        let mut makers = Vec::new();
        for item in page[items].as_array().unwrap() {
            for role in ["creator", "generator", "annotatedBy"] {
                if let Some(maker) = item.get(role) {
                    let mut maker = maker.clone();
                    maker.as_object_mut().unwrap().retain(|key, _| !key.ends_with("id"));
                    makers.push(json!({ role: maker }));
                }
            }
        }
        makers.sort_by_key(Value::to_string);
        makers
    };
    let model = json!({ "type": "Software", "name": "reader-2", "label": { "en": ["Machine learning model"] } });
    let said = [
        json!({ "creator": { "type": "Organization", "name": "The Birdhouse" } }),
        json!({ "generator": { "type": "Software", "name": "importer 1.0" } }),
        json!({ "generator": model }),
    ];
    let mut said_sorted = said.to_vec();
    said_sorted.sort_by_key(Value::to_string);
    assert_eq!(makers(&book.get(&format!("{}/annotations", book.canvas(0))).await, "items"), said_sorted);
    let read = book.get(&format!("{}/transcript", book.canvas(0))).await;
    assert_eq!(makers(&read, "items"), [json!({ "generator": model })]);
    let line = book.get(&format!("/iiif/annotation/{}.1", book.pages[0])).await;
    assert_eq!(line["generator"]["name"], "reader-2");
    let hits = book.get(&format!("/iiif/search/2/{}?q=birds&motivation=supplementing", book.id)).await;
    assert_eq!(makers(&hits, "items"), [json!({ "generator": model })]);
    let list = book.canvas(0).replace("/presentation/3/", "/presentation/2/");
    let list = makers(&book.get(&format!("{list}/transcript")).await, "resources");
    let label = json!({ "@value": "Machine learning model", "@language": "en" });
    assert_eq!(list, [json!({ "annotatedBy": { "@type": "prov:SoftwareAgent", "name": "reader-2", "label": label } })]);
}

#[tokio::test]
async fn version_2_names_the_same_pages_as_lists_of_open_annotations() {
    let book = book().await;
    book.transcribe(lines()).await;
    let tag = json!({ "text": "blue", "motivation": "tagging", "region": { "xywh": [1, 2, 3, 4] } });
    let polygon = json!({
        "text": "달항아리", "language": "ko", "motivation": "identifying",
        "authority": "http://vocab.getty.edu/aat/300015650", "region": { "polygon": [[0, 0], [400, 300], [0, 300]] },
    });
    let tag = book.say(1, tag).await;
    book.archive.clock.advance_seconds(60);
    let polygon = book.say(1, polygon).await;
    let manifest = book.get(&format!("/iiif/presentation/2/{}/manifest", book.id)).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&manifest["service"]).unwrap());
    let named = |page: usize| {
        let lists = manifest["sequences"][0]["canvases"][page]["otherContent"].as_array().unwrap();
        let list = lists[0]["@id"].as_str().unwrap().replace("https://archive.example.org", "");
        assert_eq!((lists.len(), &lists[0]["@type"]), (1, &json!("sc:AnnotationList")));
        list
    };
    let (text, said) = (book.get(&named(0)).await, book.get(&named(1)).await);
    assert_eq!(text["@id"], json!(format!("https://archive.example.org{}", named(0))));
    let agent = book.acting.agent.to_string();
    insta::assert_snapshot!(golden(&text, &[(&*agent, "AGENT")]));
    insta::assert_snapshot!(golden(&said, &[(&*tag, "TAG"), (&*polygon, "POLYGON"), (&*agent, "AGENT")]));
    let canvas = &manifest["sequences"][0]["canvases"][1]["@id"];
    assert_eq!(said["resources"][0]["on"], json!(format!("{}#xywh=1,2,3,4", canvas.as_str().unwrap())));
}
