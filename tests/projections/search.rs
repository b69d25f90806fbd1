//! What is found, by whom, in which order.

use fonds_projections::Stores;
use fonds_projections::search::{Found, Query, search};
use fonds_schemas::*;

use super::story::{BEGIN, Story, archive, fold, said, text};

async fn ask(stores: &Stores, query: &Query) -> Found {
    search(&stores.pg, &Viewer::Public, BEGIN, query).await.unwrap()
}

fn words(words: &str) -> Query {
    Query { words: words.to_owned(), limit: 100, ..Query::default() }
}

fn titles(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.object.title()).collect()
}

/// Objects with one title each, in a language (`und` says none), are found by exactly those queries.
async fn check(objects: &[(&str, &str)], queries: &[(&str, &[&str])]) {
    let mut story = Story::new();
    for (language, title) in objects {
        let title = if *language == "und" { text("title", title) } else { said(language, "title", title) };
        story.accession(&format!("no. {}", story.events.len()), Access::Public, &[title]);
    }
    let stores = archive().await;
    fold(&stores, &story, 0, 100).await;
    for (query, wanted) in queries {
        let found = ask(&stores, &words(query)).await;
        assert_eq!(titles(&found), *wanted, "{query:?}");
        assert_eq!(found.total, wanted.len() as u64, "{query:?}");
    }
}

#[tokio::test]
async fn accents_and_case_do_not_matter() {
    let objects = [("cs", "Portrét: Karel Čapek"), ("und", "Noël à Paris"), ("de", "GROẞE Straße")];
    let queries: [(&str, &[&str]); 6] = [
        ("capek", &[objects[0].1]),
        ("ČAPEK", &[objects[0].1]),
        ("noel paris", &[objects[1].1]),
        ("Noe\u{308}l", &[objects[1].1]),
        ("grosse strasse", &[objects[2].1]),
        ("Čapek Noël", &[]),
    ];
    check(&objects, &queries).await;
}

#[tokio::test]
async fn a_word_finds_its_other_forms_in_its_language() {
    let objects = [
        ("de", "Alte Häuser am Fluss"),
        ("fr", "Les chevaux émaillés"),
        ("en", "Paintings of horses"),
        ("ru", "Картины художника"),
        ("it", "Le chiese romane"),
    ];
    let queries: [(&str, &[&str]); 7] = [
        ("Haus", &[objects[0].1]),
        ("hauser", &[objects[0].1]),
        ("émaillée", &[objects[1].1]),
        ("painting horse", &[objects[2].1]),
        ("картина", &[objects[3].1]),
        ("chiesa romana", &[objects[4].1]),
        ("pain", &[objects[2].1]),
    ];
    check(&objects, &queries).await;
}

#[tokio::test]
async fn scripts_without_spaces_are_findable() {
    let objects = [
        ("ko", "백자 달항아리는 조선의 도자기"),
        ("zh-Hant", "清明上河圖"),
        ("ja", "神奈川沖浪裏 ガラス"),
        ("und", "\u{1b170}\u{1b171}\u{1b172}"),
        ("ar", "مُحَمَّد الكاتب"),
        ("th", "ภาพวาดเรือ"),
        ("el", "Ο Άγιος Γεώργιος"),
        ("hi", "हिन्दी पुस्तक"),
    ];
    let queries: [(&str, &[&str]); 12] = [
        ("달항아리", &[objects[0].1]),
        ("도자기", &[objects[0].1]),
        ("上河", &[objects[1].1]),
        ("圖", &[objects[1].1]),
        ("河上", &[]),
        ("浪裏", &[objects[2].1]),
        ("ｶﾞﾗｽ", &[objects[2].1]),
        ("\u{1b171}\u{1b172}", &[objects[3].1]),
        ("محمد", &[objects[4].1]),
        ("เรือ", &[objects[5].1]),
        ("αγιος", &[objects[6].1]),
        ("हिन्दी", &[objects[7].1]),
    ];
    check(&objects, &queries).await;
}

#[tokio::test]
async fn an_identifier_is_found_whole_and_in_parts() {
    let mut story = Story::new();
    let jar = story.accession("2001.35.27223", Access::Public, &[text("title", "Jar")]);
    story.accession("2001.36.27224", Access::Public, &[text("title", "Vase")]);
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    for query in ["2001.35.27223", "27223", "2001.35", "(2001.35.27223)"] {
        let found = ask(&stores, &words(query)).await;
        assert_eq!(found.hits.iter().map(|hit| hit.object.id).collect::<Vec<_>>(), [jar], "{query}");
    }
}

#[tokio::test]
async fn titles_come_first_and_the_very_title_before_all() {
    let mut story = Story::new();
    for (title, note) in [("A", "of the moon"), ("Zen moon", ""), ("Moon 10", ""), ("Moon 9", ""), ("Moon", "")] {
        let mut statements = vec![text("title", title)];
        if !note.is_empty() {
            statements.push(text("note", note));
        }
        story.accession(title, Access::Public, &statements);
    }
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    assert_eq!(titles(&ask(&stores, &words("moon")).await), ["Moon", "Moon 9", "Moon 10", "Zen moon", "A"]);
    assert_eq!(titles(&ask(&stores, &words("")).await), ["A", "Moon", "Moon 9", "Moon 10", "Zen moon"]);
}

#[tokio::test]
async fn pages_visit_every_hit_once() {
    let mut story = Story::new();
    for number in 0..57 {
        // Many with the same title, so that the order must be settled by id.
        let title = if number % 3 == 0 { "Moon".to_owned() } else { format!("Jar {}", number % 5) };
        story.accession(&format!("no. {number}"), Access::Public, &[text("title", &title), text("note", "moon jar")]);
    }
    let stores = archive().await;
    fold(&stores, &story, 0, 20).await;
    for (query, limit) in [("", 10), ("moon", 7), ("jar", 19), ("moon jar", 57), ("jar", 1)] {
        let mut query = Query { limit, ..words(query) };
        let mut seen = Vec::new();
        loop {
            let found = ask(&stores, &query).await;
            assert_eq!(found.total, 57);
            seen.extend(found.hits.iter().map(|hit| hit.object.id));
            query.after = found.next;
            if query.after.is_none() {
                break;
            }
        }
        let visited = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((visited, seen.len()), (57, 57), "{:?} by {limit}", query.words);
    }
}

#[tokio::test]
async fn facets_count_hits_and_let_another_value_be_added() {
    let mut story = Story::new();
    for (name, culture, material) in [("a", "Korean", "clay"), ("b", "Korean", "glass"), ("c", "Czech", "glass")] {
        let jar = story.accession(name, Access::Public, &[text("culture", culture), text("material", material)]);
        story.store(jar, "same.jpg", 1);
    }
    story.accession("d", Access::Public, &[text("culture", "Czech")]);
    let stores = archive().await;
    fold(&stores, &story, 0, 2).await;
    let facet = |found: &Found, property: &str| -> Vec<(String, u64)> {
        found.facets.iter().find(|facet| facet.property == property).map_or_else(Vec::new, |facet| facet.values.clone())
    };
    let values = |list: &[(&str, u64)]| list.iter().map(|(v, n)| ((*v).to_owned(), *n)).collect::<Vec<_>>();
    let select = |list: &[(&str, &str)]| Query {
        facets: list.iter().map(|(property, value)| ((*property).to_owned(), (*value).to_owned())).collect(),
        ..words("")
    };
    let all = ask(&stores, &words("")).await;
    assert_eq!((all.total, facet(&all, "culture")), (4, values(&[("Czech", 2), ("Korean", 2)])));
    assert_eq!(facet(&all, "level"), values(&[("work", 4)]));
    let korean = ask(&stores, &select(&[("culture", "Korean")])).await;
    assert_eq!((korean.total, facet(&korean, "material")), (2, values(&[("clay", 1), ("glass", 1)])));
    assert_eq!(facet(&korean, "culture"), values(&[("Czech", 2), ("Korean", 2)]));
    assert_eq!(ask(&stores, &select(&[("culture", "Korean"), ("culture", "Czech")])).await.total, 4);
    assert_eq!(ask(&stores, &select(&[("culture", "Korean"), ("material", "glass")])).await.total, 1);
    assert_eq!(ask(&stores, &select(&[("culture", "Martian")])).await.total, 0);
    assert_eq!(ask(&stores, &Query { with_image: true, ..words("") }).await.total, 3);
}

#[tokio::test]
async fn what_may_not_be_seen_is_in_no_hit_total_or_facet() {
    let mut story = Story::new();
    let until = Timestamp::from_micros(BEGIN.micros() + 1_000_000_000_000);
    for (name, access) in [
        ("public", Access::Public),
        ("restricted", Access::Restricted),
        ("embargoed", Access::Embargoed { until }),
        ("withdrawn", Access::Public),
    ] {
        story.accession(name, access, &[text("title", &format!("Jar {name}")), text("subject", name)]);
    }
    story.set_access(ObjectId::derived("test", "withdrawn"), Access::Withdrawn);
    let stores = archive().await;
    fold(&stores, &story, 0, 3).await;
    let reader = Viewer::Agent { agent: AgentId::from_random([1; 10]), scope: Scope::Read };
    let earlier = Timestamp::from_micros(until.micros() - 1);
    let seen: [(Viewer, Timestamp, &[&str]); 3] = [
        (Viewer::Public, earlier, &["public"]),
        (Viewer::Public, until, &["embargoed", "public"]),
        (reader, earlier, &["embargoed", "public", "restricted", "withdrawn"]),
    ];
    for (viewer, at, names) in seen {
        for query in ["", "jar"] {
            let found = search(&stores.pg, &viewer, at, &words(query)).await.unwrap();
            let wanted: Vec<String> = names.iter().map(|name| format!("Jar {name}")).collect();
            assert_eq!((found.total, titles(&found)), (names.len() as u64, wanted), "{viewer:?} {at} {query:?}");
            let subjects = &found.facets.iter().find(|facet| facet.property == "subject").unwrap().values;
            let subjects: Vec<&str> = subjects.iter().map(|(value, _)| value.as_str()).collect();
            assert_eq!(subjects, names, "{viewer:?} {at} {query:?}");
        }
    }
}

#[tokio::test]
async fn a_change_of_description_changes_what_is_found() {
    let mut story = Story::new();
    let jar = story.accession("no. 1", Access::Public, &[text("title", "Jar"), text("subject", "moon")]);
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    assert_eq!(ask(&stores, &words("moon")).await.total, 1);
    let stood = story.events.len();
    story.retract_all(jar, "subject");
    story.describe(jar, &[text("subject", "sun")]);
    fold(&stores, &story, stood, 9).await;
    assert_eq!((ask(&stores, &words("moon")).await.total, ask(&stores, &words("sun")).await.total), (0, 1));
    let facets = ask(&stores, &words("")).await.facets;
    assert_eq!(facets.iter().find(|facet| facet.property == "subject").unwrap().values, [("sun".to_owned(), 1)]);
}

#[tokio::test]
async fn nothing_that_is_typed_is_syntax() {
    let mut story = Story::new();
    story.accession("no. 1", Access::Public, &[text("title", "A jar")]);
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    for typed in ["' | !a & :* \\", "jar' | 'x", "!jar", "jar & (", "a:*", "\\'", "<->", "jar:A", "'", "\0jar", "%jar%"]
    {
        ask(&stores, &words(typed)).await;
    }
    assert_eq!(ask(&stores, &words("' | !a & :* \\")).await.total, 1);
    assert_eq!(ask(&stores, &words("jar' | 'x")).await.total, 0);
    let facets = vec![("subject".to_owned(), "' | 'jar".to_owned()), ("no facet".to_owned(), "x".to_owned())];
    assert_eq!(ask(&stores, &Query { facets, ..words("") }).await.total, 0);
    for after in ["", "'; drop table catalog_object", "0.zz.x", "9999999999999999999999.00.x"] {
        let found = ask(&stores, &Query { after: Some(after.to_owned()), ..words("jar") }).await;
        assert_eq!((found.total, found.hits.len()), (1, 0), "{after}");
    }
}

#[tokio::test]
async fn a_query_of_ten_thousand_characters_is_bounded() {
    let mut story = Story::new();
    story.accession(
        "no. 1",
        Access::Public,
        &[text("title", &"moon ".repeat(3_000)), text("note", &"字".repeat(9_000))],
    );
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    for typed in
        ["moon ".repeat(2_000), "字".repeat(10_000), "1.".repeat(5_000), "(".repeat(10_000), "é".repeat(10_000)]
    {
        ask(&stores, &words(&typed)).await;
    }
    assert_eq!(ask(&stores, &words(&"moon ".repeat(2_000))).await.total, 1);
    assert_eq!(ask(&stores, &words(&"字".repeat(10_000))).await.total, 1);
}
