//! What a record and the repository say of themselves, in every format and whatever is in the descriptions.

use fonds_schemas::{Access, ObjectId};

use super::schema::check_valid;
use super::world::{World, all_between, said, token_of};

const LICENSE: &str = "http://creativecommons.org/publicdomain/zero/1.0/";

/// A world with one live record and one that is gone.
async fn two() -> (World, ObjectId, ObjectId) {
    let mut world = World::opened().await;
    let [live, gone] = ["Moon jar", "Sacred mask"].map(|title| world.accession_titled(title, title));
    world.publish().await;
    world.set_access(gone, Access::Withdrawn);
    world.publish().await;
    (world, live, gone)
}

#[tokio::test]
async fn the_licence_of_the_metadata_stands_behind_every_live_record() {
    let (mut world, live, _) = two().await;
    world.stores.publishing.record_rights = Some(LICENSE.to_owned());
    let list = world.ask("verb=ListRecords&metadataPrefix=oai_dc").await;
    let got = world.ask(&format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", world.identifier(live))).await;
    for page in [&list, &got] {
        let records = all_between(page, "<record>", "</record>");
        for record in records {
            let about = all_between(record, "</metadata><about>", "</about>");
            assert_eq!(about.len(), usize::from(!record.contains("deleted")), "{record}");
            assert!(
                about.iter().all(|about| about.contains(&format!("<rightsReference ref=\"{LICENSE}\"/>"))),
                "{record}"
            );
        }
    }
    let identify = world.ask("verb=Identify").await;
    assert!(
        identify.contains("appliesTo=\"http://www.openarchives.org/OAI/2.0/entity#metadata\"><rights>"),
        "{identify}"
    );
    let headers = world.ask("verb=ListIdentifiers&metadataPrefix=oai_dc").await;
    assert!(!headers.contains("about"), "{headers}");
    check_valid(&[("list".to_owned(), list), ("record".to_owned(), got), ("identify".to_owned(), identify)]);
}

#[tokio::test]
async fn without_settings_nothing_is_said() {
    let (world, ..) = two().await;
    let identify = world.ask("verb=Identify").await;
    assert_eq!(all_between(&identify, "<description><", " ").concat(), "oai-identifier");
    assert!(!world.ask("verb=ListRecords&metadataPrefix=oai_dc").await.contains("<about>"));
}

#[tokio::test]
async fn friends_and_an_icon_are_named() {
    let (mut world, ..) = two().await;
    world.oai.friends = vec!["https://a.example.org/oai?x=1&y=2".to_owned(), "https://b.example.org/oai".to_owned()];
    world.archive.logo = Some("https://museum.example.org/logo.png".to_owned());
    let identify = world.ask("verb=Identify").await;
    for wanted in [
        "<baseURL>https://a.example.org/oai?x=1&amp;y=2</baseURL><baseURL>https://b.example.org/oai</baseURL></friends>",
        "<collectionIcon><url>https://museum.example.org/logo.png</url><link>https://museum.example.org</link>\
         <title>Museum of Tests &amp; Trials</title></collectionIcon>",
    ] {
        assert!(identify.contains(wanted), "{identify}");
    }
    check_valid(&[("identify".to_owned(), identify)]);
}

#[tokio::test]
async fn a_deletion_is_told_in_every_format_and_verb_and_says_nothing_else() {
    let mut world = World::opened().await;
    let [whole, gone] = ["Altar", "Sacred mask"].map(|title| world.accession_titled(title, title));
    world.place(gone, &[whole], &[]);
    world.publish().await;
    let formats = format!("verb=ListMetadataFormats&identifier={}", world.identifier(gone));
    let before = world.ask(&formats).await;
    world.set_access(gone, Access::Withdrawn);
    world.publish().await;
    let of = |page: &str| -> Vec<String> {
        all_between(page, "<metadataPrefix>", "</metadataPrefix>").into_iter().map(str::to_owned).collect()
    };
    let prefixes = of(&before);
    assert!(prefixes.contains(&"oai_dc".to_owned()), "{before}");
    assert_eq!(of(&world.ask(&formats).await), prefixes, "every format that it ever had");
    let tombstone = format!(
        "<header status=\"deleted\"><identifier>{}</identifier><datestamp>2026-11-21T10:00:10Z</datestamp></header>",
        world.identifier(gone)
    );
    let mut replies = Vec::new();
    for prefix in prefixes {
        for query in [
            format!("verb=GetRecord&identifier={}&metadataPrefix={prefix}", world.identifier(gone)),
            format!("verb=ListRecords&metadataPrefix={prefix}"),
            format!("verb=ListIdentifiers&metadataPrefix={prefix}"),
            format!("verb=ListRecords&metadataPrefix={prefix}&set={whole}"),
            format!("verb=ListIdentifiers&metadataPrefix={prefix}&from=2026-11-21T10:00:10Z"),
        ] {
            let reply = world.ask(&query).await;
            let end = if query.contains("ListIdentifiers") { "" } else { "</record>" };
            assert!(reply.contains(&format!("{tombstone}{end}")), "{query}: {reply}");
            assert!(!reply.contains("Sacred"), "{query}: {reply}");
            if prefix == "oai_dc" {
                replies.push((query, reply));
            }
        }
    }
    check_valid(&replies);
}

#[tokio::test]
async fn no_character_costs_a_page() {
    let mut world = World::opened().await;
    let mut hostile: Vec<char> = (0..0x20).filter_map(char::from_u32).collect();
    hostile.extend(['\u{7f}', '\u{85}', '\u{fffe}', '\u{ffff}', '\u{1fffe}', '\u{10ffff}', '\u{feff}', '\u{202e}']);
    for (number, character) in hostile.iter().enumerate() {
        let whole = world.accession_titled(&format!("whole {number}"), &format!("a{character}b]]>&<"));
        let part = world.accession_titled(&number.to_string(), &format!("{character}"));
        world.place(part, &[whole], &[]);
    }
    world.publish().await;
    let queries = ["verb=ListRecords&metadataPrefix=oai_dc", "verb=ListSets"];
    let mut replies = Vec::new();
    for query in queries {
        replies.push((query.to_owned(), world.ask(query).await));
    }
    assert_eq!(all_between(&replies[0].1, "<record>", "</record>").len(), 2 * hostile.len());
    assert_eq!(all_between(&replies[1].1, "<set>", "</set>").len(), hostile.len());
    check_valid(&replies);
}

#[tokio::test]
async fn a_token_is_good_for_days_and_only_where_it_came_from() {
    let mut world = World::opened().await;
    for number in 0..501 {
        world.accession_titled(&number.to_string(), "Jar");
    }
    world.publish().await;
    let first = world.ask("verb=ListRecords&metadataPrefix=oai_dc").await;
    let expires = all_between(&first, "expirationDate=\"", "\"")[0];
    assert_eq!(expires, "2026-11-28T10:00:10Z", "a week later");
    let token = token_of(&first).unwrap();
    world.wait(30 * 86_400);
    let later = world.ask(&format!("verb=ListRecords&resumptionToken={token}")).await;
    assert!(later.contains("cursor=\"500\"></resumptionToken>"), "it stays right, and so stays good: {later}");
    for wrong in [
        format!("verb=ListIdentifiers&resumptionToken={token}"),
        format!("verb=ListSets&resumptionToken={token}"),
        format!("verb=ListRecords&resumptionToken={}", &token[2..]),
        format!("verb=ListRecords&resumptionToken={}", token.to_uppercase()),
        format!("verb=ListRecords&resumptionToken={token}%20"),
    ] {
        let reply = world.ask(&wrong).await;
        assert!(reply.contains("<error code=\"badResumptionToken\">"), "{wrong}: {reply}");
    }
}

#[tokio::test]
async fn the_first_datestamp_never_moves() {
    let mut world = World::opened().await;
    let earliest = |page: String| all_between(&page, "<earliestDatestamp>", "</earliestDatestamp>")[0].to_owned();
    world.wait(100);
    let first = world.accession("1", Access::Public, vec![said("title", "First")]);
    world.publish().await;
    let before = earliest(world.ask("verb=Identify").await);
    world.set_access(first, Access::Withdrawn);
    world.publish().await;
    assert_eq!(earliest(world.ask("verb=Identify").await), before);
    assert_eq!(earliest(world.folded_anew(3).await.ask("verb=Identify").await), before);
    let list = world.ask("verb=ListIdentifiers&metadataPrefix=oai_dc").await;
    assert!(all_between(&list, "<datestamp>", "</datestamp>").iter().all(|stamp| **stamp >= *before), "{list}");
}
