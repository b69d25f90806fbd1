//! Every protocol shows the same objects: asked one by one and in lists, before and after something is hidden, shown, withdrawn or
//! lifted, and with the same datestamp where it tells one.

use std::collections::{BTreeMap, BTreeSet};

use fonds::formats;
use fonds::web::form::encode;
use fonds_schemas::{Access, Relation, RelationKind, Timestamp};

use crate::iiif::stream::{BASE, Consumer, House, manifest, thing};
use crate::support::noon;

/// What things there are.
const THINGS: usize = 9;
/// A whole that is public, and one that is not.
const WHOLE: usize = 6;
const HIDDEN_WHOLE: usize = 7;
/// When the embargo lifts, in seconds after noon.
const LIFTED: i64 = 1_000_000;

type Numbers = BTreeSet<usize>;

/// The numbers of the things of which that holds.
fn numbers(of: impl Fn(usize) -> bool) -> Numbers {
    (0..THINGS).filter(|number| of(*number)).collect()
}

struct Everybody<'a>(&'a House);

impl Everybody<'_> {
    async fn text(&self, path: &str) -> String {
        let path = path.strip_prefix(BASE).unwrap_or(path);
        let answer = self.0.archive.ask(path).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text());
        answer.text()
    }

    /// The things for which an address answers with that status.
    async fn answered(&self, address: &str, status: u16) -> Numbers {
        let mut seen = Numbers::new();
        for number in 0..THINGS {
            let file = self.0.archive.object_now(thing(number)).await.unwrap().files.iter().next().unwrap().file;
            let path = address.replace("{id}", &thing(number).to_string()).replace("{file}", &file.to_string());
            if self.0.archive.ask(&path).await.status.as_u16() == status {
                seen.insert(number);
            }
        }
        seen
    }

    /// The things that an answer names so.
    async fn named(&self, path: &str, so: &str) -> Numbers {
        let text = self.text(path).await;
        numbers(|number| text.contains(&so.replace("{id}", &thing(number).to_string())))
    }

    /// The datestamps of a list of OAI-PMH, of records that are there and of such as are gone.
    async fn listed(&self, verb: &str, prefix: &str, set: &str) -> [BTreeMap<usize, String>; 2] {
        let text = self.text(&format!("/oai?verb={verb}&metadataPrefix={prefix}{set}")).await;
        let mut found = [BTreeMap::new(), BTreeMap::new()];
        for header in text.split("<header").skip(1) {
            let header = header.split("</header>").next().unwrap();
            let number =
                (0..THINGS).find(|number| header.contains(&format!(":{}</identifier>", thing(*number)))).unwrap();
            let datestamp = header.split("<datestamp>").nth(1).unwrap()[..20].to_owned();
            found[usize::from(header.starts_with(" status=\"deleted\""))].insert(number, datestamp);
        }
        found
    }

    /// Every page that sitemaps lead to, with its date.
    async fn mapped(&self) -> BTreeMap<usize, String> {
        let index = self.text("/sitemap.xml").await;
        let mut found = BTreeMap::new();
        for address in locations(&index) {
            let map = self.text(address).await;
            for url in map.split("<url>").skip(1) {
                let Some(number) = (0..THINGS).find(|number| url.contains(&format!("/o/{}<", thing(*number)))) else {
                    assert!(url.contains(&format!("<loc>{BASE}/</loc>")), "{url}");
                    continue;
                };
                found.insert(number, url.split("<lastmod>").nth(1).unwrap()[..20].to_owned());
            }
        }
        found
    }
}

fn locations(map: &str) -> Vec<&str> {
    map.split("<loc>").skip(1).map(|rest| rest.split("</loc>").next().unwrap()).collect()
}

fn keys(dated: &BTreeMap<usize, String>) -> Numbers {
    dated.keys().copied().collect()
}

/// That everybody sees these things and no others, whichever way they ask; that who asks for the `withdrawn` ones is told so, and
/// that harvesters are told of all that were `deleted`.
async fn check(house: &House, seen: &[usize], withdrawn: &[usize], deleted: &[usize], when: &str) {
    let everybody = Everybody(house);
    let [seen, withdrawn, deleted] = [seen, withdrawn, deleted].map(|all| all.iter().copied().collect::<Numbers>());
    check_one_by_one(&everybody, &seen, &withdrawn, when).await;
    check_lists(&everybody, &seen, when).await;
    check_harvests(&everybody, &seen, &deleted, when).await;
}

async fn check_one_by_one(everybody: &Everybody<'_>, seen: &Numbers, withdrawn: &Numbers, when: &str) {
    for extension in
        ["", ".ttl", ".jsonld", ".rdf", ".nt", ".json", ".schema.jsonld", ".linked-art.json", ".linkset.json"]
    {
        let address = format!("/o/{{id}}{extension}");
        assert_eq!(everybody.answered(&address, 200).await, *seen, "{address} {when}");
    }
    assert_eq!(everybody.answered("/id/{id}", 303).await, *seen, "names {when}");
    for address in [
        "/o/{id}/history",
        "/api/v1/objects/{id}",
        "/api/v1/files/{file}/content",
        "/iiif/presentation/3/{id}/manifest",
        "/iiif/presentation/2/{id}/manifest",
        "/iiif/presentation/3/collection/{id}",
        "/iiif/search/2/{id}?q=thing",
        "/iiif/image/3/{file}/info.json",
    ] {
        assert_eq!(everybody.answered(address, 200).await, *seen, "{address} {when}");
    }
    for address in ["/o/{id}", "/id/{id}", "/o/{id}.linked-art.json", "/iiif/presentation/3/{id}/manifest"] {
        assert_eq!(everybody.answered(address, 410).await, *withdrawn, "what is gone at {address} {when}");
    }
}

async fn check_lists(everybody: &Everybody<'_>, seen: &Numbers, when: &str) {
    let query = "select ?s { ?s a <http://www.europeana.eu/schemas/edm/ProvidedCHO> }";
    for (path, so) in [
        ("/api/v1/objects?limit=100", "\"id\":\"{id}\""),
        ("/api/v1/search?limit=100", "\"id\":\"{id}\""),
        ("/search?limit=100", "href=\"/o/{id}\""),
        ("/iiif/presentation/3/collection/top", "/{id}/manifest\""),
        (&format!("/sparql?query={}", encode(query)), "/id/{id}"),
    ] {
        assert_eq!(everybody.named(path, so).await, *seen, "{path} {when}");
    }
    let hidden = numbers(|number| !seen.contains(&number));
    for path in [
        "/",
        "/sparql?query=select+*+%7B+%3Fs+%3Fp+%3Fo+%7D",
        "/oai?verb=ListSets",
        "/iiif/presentation/3/collection/top",
    ] {
        assert!(everybody.named(path, "{id}").await.is_disjoint(&hidden), "{path} names what is hidden {when}");
    }
    for number in seen {
        for extension in [".nt", ".schema.jsonld", ".linked-art.json", ".linkset.json", ".json", ""] {
            let path = format!("/o/{}{extension}", thing(*number));
            assert!(everybody.named(&path, "{id}").await.is_disjoint(&hidden), "{path} names what is hidden {when}");
        }
    }
}

async fn check_harvests(everybody: &Everybody<'_>, seen: &Numbers, gone: &Numbers, when: &str) {
    let mut latest: BTreeMap<usize, String> = BTreeMap::new();
    let mut prefixes = 0;
    for format in formats::ALL {
        let prefix = format.prefix();
        let [live, deleted] = everybody.listed("ListIdentifiers", prefix, "").await;
        assert_eq!(
            everybody.listed("ListRecords", prefix, "").await,
            [live.clone(), deleted.clone()],
            "{prefix} {when}"
        );
        // A format that cannot tell of such things tells of none.
        if live.is_empty() && deleted.is_empty() {
            continue;
        }
        prefixes += 1;
        assert_eq!((keys(&live), keys(&deleted)), (seen.clone(), gone.clone()), "{prefix} {when}");
        let identifier = |number: usize| format!("oai:archive.example.org:{}", thing(number));
        for number in 0..THINGS {
            let path = format!("/oai?verb=GetRecord&metadataPrefix={prefix}&identifier={}", identifier(number));
            let record = everybody.text(&path).await;
            assert_eq!(record.contains("<metadata>"), seen.contains(&number), "{path} {when}");
            assert_eq!(record.contains("status=\"deleted\""), gone.contains(&number), "{path} {when}");
            let datestamp = live.get(&number).or(deleted.get(&number));
            assert!(datestamp.is_none_or(|at| record.contains(&format!("<datestamp>{at}"))), "{path} {when}");
        }
        for (number, datestamp) in live {
            let known = latest.entry(number).or_insert_with(|| datestamp.clone());
            *known = known.clone().max(datestamp);
        }
    }
    assert!(prefixes >= 5, "{prefixes} formats tell of things {when}");
    let [dated, _] = everybody.listed("ListIdentifiers", "oai_dc", "").await;
    assert_eq!(everybody.mapped().await, dated, "sitemaps {when}");
    for (number, datestamp) in &latest {
        let answer = everybody.0.archive.ask(&format!("/o/{}", thing(*number))).await;
        let modified = fonds::linked::answer::http_date(Timestamp::parse(datestamp).unwrap().seconds());
        assert_eq!(answer.headers["last-modified"], modified, "the page of {number} {when}");
    }
    let mut consumer = Consumer::default();
    consumer.crawl(everybody.0).await;
    assert_eq!(numbers(|number| consumer.has.contains(&manifest(number))), *seen, "Change Discovery {when}");
}

/// That a whole and what it is made of are told as far as both are seen.
async fn check_whole(house: &House, whole: usize, parts: Option<&[usize]>, when: &str) {
    let everybody = Everybody(house);
    let parts: Option<Numbers> = parts.map(|parts| parts.iter().copied().collect());
    let spec = thing(whole).to_string();
    let named = everybody.text("/oai?verb=ListSets").await.contains(&format!("<setSpec>{spec}</setSpec>"));
    assert_eq!(named, parts.is_some(), "the set of {whole} {when}");
    let path = format!("/iiif/presentation/3/collection/{spec}");
    match parts {
        None => assert_eq!(house.archive.ask(&path).await.status, 404, "{path} {when}"),
        Some(parts) => {
            let [live, _] = everybody.listed("ListIdentifiers", "oai_dc", &format!("&set={spec}")).await;
            assert_eq!(keys(&live), parts, "the set of {whole} {when}");
            let named = everybody.named(&path, "/{id}/manifest\"").await;
            assert_eq!(
                named.into_iter().filter(|number| *number != whole).collect::<Numbers>(),
                parts,
                "{path} {when}"
            );
        }
    }
}

async fn furnished() -> House {
    let house = House::empty().await;
    let until = Timestamp::from_micros(noon().micros() + LIFTED * 1_000_000);
    let accesses = [
        Access::Public,
        Access::Restricted,
        Access::Embargoed { until },
        Access::Public,
        Access::Restricted,
        Access::Public,
        Access::Public,
        Access::Restricted,
        Access::Embargoed { until },
    ];
    for (number, access) in accesses.into_iter().enumerate() {
        house.take_in(number..number + 1, access).await;
        house.describe(number, "rights", "http://creativecommons.org/publicdomain/zero/1.0/").await;
        house.describe(number, "object_type", "photograph").await;
        house.describe(number, "publisher", "Somebody").await;
        house.describe(number, "date_issued", "1906").await;
        house.picture(number).await;
    }
    for (part, whole) in [(0, WHOLE), (2, WHOLE), (5, HIDDEN_WHOLE), (3, HIDDEN_WHOLE)] {
        let relation = Relation { kind: RelationKind::PartOf, target: thing(whole) };
        house.archive.relate(house.acting, thing(part), vec![relation], Vec::new(), None).await.unwrap();
    }
    house.told().await;
    house
}

#[tokio::test]
async fn all_protocols_show_the_same_objects_at_the_same_time() {
    let house = Box::pin(furnished()).await;
    check(&house, &[0, 3, 5, 6], &[], &[], "at first").await;
    check_whole(&house, WHOLE, Some(&[0]), "at first").await;
    check_whole(&house, HIDDEN_WHOLE, None, "at first").await;

    house.set_access(3, Access::Withdrawn).await;
    house.set_access(4, Access::Withdrawn).await;
    house.set_access(5, Access::Restricted).await;
    house.told().await;
    check(&house, &[0, 6], &[3], &[3, 5], "once some are taken back").await;
    check_whole(&house, WHOLE, Some(&[0]), "once some are taken back").await;

    house.set_access(5, Access::Public).await;
    house.set_access(WHOLE, Access::Restricted).await;
    house.set_access(HIDDEN_WHOLE, Access::Public).await;
    house.describe(0, "note", "seen again").await;
    house.told().await;
    check(&house, &[0, 5, 7], &[3], &[3, 6], "once the wholes are exchanged").await;
    check_whole(&house, WHOLE, None, "once the wholes are exchanged").await;
    check_whole(&house, HIDDEN_WHOLE, Some(&[5]), "once the wholes are exchanged").await;

    house.archive.clock.advance_seconds(LIFTED);
    house.told().await;
    check(&house, &[0, 2, 5, 7, 8], &[3], &[3, 6], "once the embargo is over").await;
}
