//! Sets: which there are, who is in them, and what becomes of a record that leaves one.

use fonds_schemas::{Access, ObjectId};

use super::schema::check_valid;
use super::world::{World, all_between, said, token_of};

const LIST: &str = "verb=ListRecords&metadataPrefix=oai_dc";
const NO_RECORDS: &str = "<error code=\"noRecordsMatch\">";
const NO_SETS: &str = "<error code=\"noSetHierarchy\">";

/// A fonds, a series in it, a letter in the series, and a jar that is in nothing.
pub struct Shelf {
    pub world: World,
    pub fonds: ObjectId,
    pub series: ObjectId,
    pub letter: ObjectId,
    pub jar: ObjectId,
}

/// Published at 10:00:00.
pub async fn shelf() -> Shelf {
    let mut world = World::opened().await;
    let [fonds, series, letter, jar] =
        ["Fonds", "Series", "Letter", "Jar"].map(|title| world.accession_titled(title, title));
    world.place(series, &[fonds], &[]);
    world.place(letter, &[series], &[]);
    world.publish().await;
    Shelf { world, fonds, series, letter, jar }
}

/// What a list has: the identifiers of live records with their setSpecs, and those that are gone with an exclamation mark.
pub async fn listed(world: &World, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut page = world.ask(query).await;
    loop {
        if page.contains("<error") {
            assert!(page.contains(NO_RECORDS) || page.contains(NO_SETS), "{query}: {page}");
        }
        for header in all_between(&page, "<header", "</header>") {
            let object = all_between(header, "<identifier>", "</identifier>")[0].rsplit(':').next().unwrap();
            let sets = all_between(header, "<setSpec>", "</setSpec>");
            let gone = if header.contains("deleted") { "!" } else { "" };
            found.push(format!("{gone}{object} {}", sets.join(" ")).trim_end().to_owned());
        }
        let Some(token) = token_of(&page) else { return found };
        let verb = if query.contains("ListRecords") { "ListRecords" } else { "ListIdentifiers" };
        page = world.ask(&format!("verb={verb}&resumptionToken={token}")).await;
        assert!(!page.contains("<error"), "{page}");
    }
}

async fn check(world: &World, query: &str, expected: &[String]) {
    let (mut found, mut expected) = (listed(world, query).await, expected.to_vec());
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{query}");
    check_valid(&[(query.to_owned(), world.ask(query).await)]);
    // Headers alone say the same.
    let mut headers = listed(world, &query.replace("ListRecords", "ListIdentifiers")).await;
    headers.sort();
    assert_eq!(headers, expected, "{query} as headers");
}

/// The setSpecs and names of `ListSets`, and whether each is closed.
async fn sets(world: &World) -> Vec<(String, String, bool)> {
    let page = world.ask("verb=ListSets").await;
    check_valid(&[("sets".to_owned(), page.clone())]);
    let one = |set: &str| {
        let between = |tag: &str| all_between(set, &format!("<{tag}>"), &format!("</{tag}>"))[0].to_owned();
        assert!(set.contains("managed") || set.contains("closed"), "{set}");
        (between("setSpec"), between("setName"), set.contains("This set is closed"))
    };
    all_between(&page, "<set>", "</set>").into_iter().map(one).collect()
}

#[tokio::test]
async fn headers_have_the_deepest_sets_and_a_list_has_what_is_below() {
    let Shelf { world, fonds, series, letter, jar } = shelf().await;
    let (in_fonds, in_series) = (format!("{series} {fonds}"), format!("{letter} {fonds}:{series}"));
    check(&world, LIST, &[fonds.to_string(), jar.to_string(), in_fonds.clone(), in_series.clone()]).await;
    check(&world, &format!("{LIST}&set={fonds}"), &[in_fonds, in_series.clone()]).await;
    check(&world, &format!("{LIST}&set={fonds}:{series}"), &[in_series]).await;
    check(&world, &format!("{LIST}&set={fonds}&until=2026-11-21T09:59:59Z"), &[]).await;
    let got = world.ask(&format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", world.identifier(letter))).await;
    assert!(got.contains(&format!("<setSpec>{fonds}:{series}</setSpec></header>")), "{got}");
    check_valid(&[("record".to_owned(), got)]);
}

#[tokio::test]
async fn every_level_is_listed_with_its_title_and_description() {
    let Shelf { world, fonds, series, .. } = shelf().await;
    let expected =
        [(fonds.to_string(), "Fonds".to_owned(), false), (format!("{fonds}:{series}"), "Series".to_owned(), false)];
    assert_eq!(sets(&world).await, expected);
    let page = world.ask("verb=ListSets").await;
    assert!(page.contains("<dc:title>Fonds</dc:title>") && !page.contains("resumptionToken"), "{page}");
    assert!(page.contains("<request verb=\"ListSets\">"), "{page}");
}

#[tokio::test]
async fn a_set_that_is_not_has_no_records() {
    let Shelf { mut world, fonds, series, letter, jar } = shelf().await;
    for unknown in
        [format!("{series}"), format!("{jar}"), format!("{fonds}:{jar}"), format!("{fonds}:{series}:{letter}")]
    {
        let reply = world.ask(&format!("{LIST}&set={unknown}")).await;
        assert!(reply.contains(NO_RECORDS), "{reply}");
    }
    world.set_access(fonds, Access::Restricted);
    world.set_access(series, Access::Withdrawn);
    world.publish().await;
    for query in ["verb=ListSets".to_owned(), format!("{LIST}&set={fonds}"), format!("{LIST}&set={jar}")] {
        let reply = world.ask(&query).await;
        assert!(reply.contains(NO_SETS), "{query}: {reply}");
        check_valid(&[(query, reply)]);
    }
}

#[tokio::test]
async fn leaving_a_set_is_a_deletion_there_and_news_everywhere_else() {
    let Shelf { mut world, fonds, series, letter, .. } = shelf().await;
    world.place(letter, &[], &[series]);
    world.publish().await;
    let since = "&from=2026-11-21T10:00:10Z";
    check(&world, &format!("{LIST}{since}"), &[letter.to_string()]).await;
    for set in [format!("{fonds}"), format!("{fonds}:{series}")] {
        check(&world, &format!("{LIST}{since}&set={set}"), &[format!("!{letter}")]).await;
    }
    let got = world.ask(&format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", world.identifier(letter))).await;
    let live = "<datestamp>2026-11-21T10:00:10Z</datestamp></header><metadata>";
    assert!(got.contains(live), "{got}");
    // It may come back, and is then in the set as if it had never been away.
    world.place(letter, &[fonds], &[]);
    world.publish().await;
    check(&world, &format!("{LIST}&set={fonds}"), &[format!("{series} {fonds}"), format!("{letter} {fonds}")]).await;
    check(&world, &format!("{LIST}&set={fonds}:{series}"), &[format!("!{letter}")]).await;
}

#[tokio::test]
async fn a_set_without_members_is_closed() {
    let Shelf { mut world, fonds, series, letter, .. } = shelf().await;
    world.set_access(letter, Access::Withdrawn);
    world.publish().await;
    let expected =
        [(fonds.to_string(), "Fonds".to_owned(), false), (format!("{fonds}:{series}"), "Series".to_owned(), true)];
    assert_eq!(sets(&world).await, expected);
    check(&world, &format!("{LIST}&set={fonds}:{series}"), &[format!("!{letter}")]).await;
}

#[tokio::test]
async fn a_hidden_whole_is_named_nowhere_not_even_before_that_is_published() {
    for access in [Access::Restricted, Access::Withdrawn] {
        let Shelf { mut world, fonds, series, letter, jar } = shelf().await;
        world.set_access(fonds, access);
        world.fold().await;
        for published in [false, true] {
            if published {
                world.publish().await;
            }
            let unseen = fonds.to_string();
            for query in [LIST.to_owned(), "verb=ListSets".to_owned(), format!("{LIST}&set={series}")] {
                let reply = world.ask(&query).await;
                let headers = all_between(&reply, "<setSpec>", "</setSpec>");
                assert!(headers.iter().all(|spec| !spec.contains(&unseen)), "{query}: {reply}");
            }
            let reply = world.ask(&format!("{LIST}&set={fonds}:{series}")).await;
            assert!(reply.contains(NO_RECORDS) && !reply.contains("<header"), "{reply}");
        }
        let all = [format!("!{fonds}"), format!("{series}"), format!("{letter} {series}"), format!("{jar}")];
        check(&world, LIST, &all).await;
        assert_eq!(sets(&world).await, [(series.to_string(), "Series".to_owned(), false)]);
        // Both were told again, because they are elsewhere now.
        let moved = &all[..3];
        check(&world, &format!("{LIST}&from=2026-11-21T10:00:10Z"), moved).await;
        // When the whole comes back, everything is as it was.
        world.set_access(fonds, Access::Public);
        world.publish().await;
        let below = [format!("{series} {fonds}"), format!("{letter} {fonds}:{series}")];
        check(&world, &format!("{LIST}&set={fonds}"), &below).await;
    }
}

#[tokio::test]
async fn what_was_never_public_is_no_set() {
    let mut world = World::opened().await;
    let whole = world.accession("whole", Access::Restricted, vec![said("title", "Secret")]);
    let later = fonds_schemas::Timestamp::from_micros(world.now.micros() + 3_600_000_000);
    let under_embargo = world.accession("embargo", Access::Embargoed { until: later }, vec![said("title", "Later")]);
    let part = world.accession_titled("part", "Part");
    world.place(part, &[whole, under_embargo], &[]);
    world.publish().await;
    for query in ["verb=ListSets", LIST, &format!("{LIST}&set={whole}")] {
        let reply = world.ask(query).await;
        assert!(!reply.contains("<setSpec>") && !reply.contains("Secret") && !reply.contains("Later"), "{reply}");
    }
    world.wait(3_600);
    world.lapse(under_embargo, later);
    world.publish().await;
    check(&world, &format!("{LIST}&set={under_embargo}"), &[format!("{part} {under_embargo}")]).await;
}

#[tokio::test]
async fn a_series_that_moves_takes_its_records_along() {
    let Shelf { mut world, fonds, series, letter, .. } = shelf().await;
    let other = world.accession_titled("Other", "Other");
    world.place(series, &[other], &[fonds]);
    world.publish().await;
    let below = [format!("{series} {other}"), format!("{letter} {other}:{series}")];
    check(&world, &format!("{LIST}&set={other}"), &below).await;
    check(&world, &format!("{LIST}&set={fonds}"), &[format!("!{series}"), format!("!{letter}")]).await;
    check(&world, &format!("{LIST}&set={fonds}:{series}"), &[format!("!{letter}")]).await;
    let listed = sets(&world).await;
    let is_closed = |spec: String| listed.iter().find(|set| set.0 == spec).unwrap().2;
    let specs = [fonds.to_string(), format!("{fonds}:{series}"), other.to_string(), format!("{other}:{series}")];
    let closed = specs.map(is_closed);
    assert_eq!(closed, [true, true, false, false]);
}

#[tokio::test]
async fn sets_come_in_pages() {
    let mut world = World::opened().await;
    for number in 0..200 {
        let [whole, part] = ["whole", "part"].map(|kind| world.accession_titled(&format!("{kind} {number}"), kind));
        world.place(part, &[whole], &[]);
    }
    world.publish().await;
    let first = world.ask("verb=ListSets").await;
    assert!(first.contains("completeListSize=\"200\" cursor=\"0\">"), "{first}");
    let token = token_of(&first).unwrap();
    assert!(token.len() < 200, "{token}");
    let second = world.ask(&format!("verb=ListSets&resumptionToken={token}")).await;
    assert!(second.contains("<resumptionToken completeListSize=\"200\" cursor=\"100\"></resumptionToken>"), "{second}");
    let mut specs: Vec<&str> = [&first, &second].map(|page| all_between(page, "<setSpec>", "</setSpec>")).concat();
    specs.dedup();
    assert_eq!(specs.len(), 200);
    for wrong in
        [format!("verb=ListRecords&resumptionToken={token}"), format!("verb=ListSets&resumptionToken={token}00")]
    {
        let reply = world.ask(&wrong).await;
        assert!(reply.contains("<error code=\"badResumptionToken\">"), "{reply}");
    }
    check_valid(&[("first".to_owned(), first), ("second".to_owned(), second)]);
}
