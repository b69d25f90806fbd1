//! Given events, then triples.

use super::*;

#[tokio::test]
async fn an_accession_is_found_by_its_statements() {
    let mut jar = public("jar");
    let language = Some(Language::parse("ko").unwrap());
    jar.statements.push(Statement { language, ..said("title", "달항아리") });
    let authority = Some("http://vocab.getty.edu/ulan/500000001".to_owned());
    jar.statements.push(Statement { authority, ..said("creator", "Unknown potter") });
    jar.statements.push(Statement { edtf: Some("17XX".to_owned()), ..said("date_created", "18th century") });
    jar.statements.push(said("rights", "http://creativecommons.org/publicdomain/zero/1.0/"));
    jar.statements.push(said("http://example.org/ns#glaze", "white\u{1}"));
    let graph = Given::nothing().then(jar).graph().await;
    check(&graph, "SELECT ?t WHERE { ?s a edm:ProvidedCHO ; dc:title ?t }", &["The jar", "달항아리"]);
    check(&graph, "SELECT ?t WHERE { ?s dc:title ?t FILTER(LANG(?t) = 'ko') }", &["달항아리"]);
    let creators = ["Unknown potter", "http://vocab.getty.edu/ulan/500000001"];
    check(&graph, "SELECT ?c WHERE { ?s dc:creator ?c }", &creators);
    check(&graph, "SELECT ?d WHERE { ?s dcterms:created ?d }", &["17XX", "18th century"]);
    let rights = "SELECT ?r WHERE { ?a ore:aggregates* ?x ; edm:aggregatedCHO ?s ; edm:rights ?r }";
    check(&graph, rights, &["http://creativecommons.org/publicdomain/zero/1.0/"]);
    check(&graph, "SELECT ?g WHERE { ?s <http://example.org/ns#glaze> ?g }", &["white\u{fffd}"]);
    check(&graph, "SELECT ?i WHERE { ?s dc:identifier ?i }", &["jar"]);
}

#[tokio::test]
async fn a_retracted_statement_is_found_no_more() {
    let title = StatementId { event: EventId(uuid::Uuid::from_u128(1)), place: 0 };
    let asserted = vec![said("title", "Moon jar")];
    let edit = Described { asserted, object: id("jar"), reason: None, retracted: vec![title] };
    let graph = Given::nothing().then(public("jar")).then(edit).graph().await;
    check(&graph, "SELECT ?t WHERE { ?s dc:title ?t }", &["Moon jar"]);
}

#[tokio::test]
async fn every_event_tells_who_and_when() {
    let known = AgentRegistered {
        agent: agent(),
        digest: None,
        kind: AgentKind::Software,
        name: "fonds".to_owned(),
        version: Some("0.1.0".to_owned()),
    };
    let graph = Given::nothing().then(known).then(public("jar")).then(image("jar")).graph().await;
    let who = "SELECT ?l ?w WHERE { ?e prov:generated|prov:influenced ?s ; prov:endedAtTime ?w ;
        prov:wasAssociatedWith/<http://www.w3.org/2000/01/rdf-schema#label> ?l }";
    check(&graph, who, &["fonds 0.1.0,2026-09-21T14:13:21Z", "fonds 0.1.0,2026-09-21T14:13:22Z"]);
}

#[tokio::test]
async fn the_name_of_a_person_is_not_in_the_graph() {
    let kind = AgentKind::Person;
    let person = AgentRegistered { agent: agent(), digest: None, kind, name: "Kim Minji".to_owned(), version: None };
    let graph = Given::nothing().then(person).then(public("jar")).graph().await;
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?a a prov:Person }", &["1"]);
    check_nowhere(&graph, "Kim");
}

#[tokio::test]
async fn the_label_of_a_batch_is_not_in_the_graph() {
    let label = "the secret bequest".to_owned();
    let batch = BatchId::from_random([7; 10]);
    let opened =
        BatchOpened { batch, kind: BatchKind::Ingest, label, profile: None, profile_sha256: None, source: None };
    let graph = Given::nothing().then(opened).then(public("jar")).graph().await;
    check_nowhere(&graph, "secret");
}

#[tokio::test]
async fn an_image_is_a_view_of_a_kept_file() {
    let graph = Given::nothing().then(public("jar")).then(image("jar")).graph().await;
    let view = "SELECT ?w ?b WHERE { ?a edm:isShownBy ?v . ?v a edm:WebResource ; dcterms:isFormatOf ?f ;
        <http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#width> ?w .
        ?a ore:aggregates ?f . ?f <http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#fileByteSize> ?b }";
    check(&graph, view, &["800,1234"]);
    check(&graph, "SELECT ?t WHERE { ?s edm:type ?t }", &["IMAGE"]);
}

/// Beside a public jar there is a hidden box: nothing of it is found, and the count is that of the jar alone.
async fn check_hidden(hide: impl Fn(Given) -> Given) {
    let alone = Given::nothing().then(public("jar")).graph().await;
    let graph = hide(Given::nothing().then(public("jar"))).graph().await;
    check_nowhere(&graph, &id("box").to_string());
    check_nowhere(&graph, "box");
    assert_eq!(count(&graph), count(&alone));
    check(&graph, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a edm:ProvidedCHO }", &["1"]);
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?e a prov:Activity }", &["1"]);
}

#[tokio::test]
async fn a_restricted_object_is_nowhere() {
    check_hidden(|given| given.then(accessioned("box", Access::Restricted, &[]))).await;
}

#[tokio::test]
async fn an_object_that_was_restricted_later_is_nowhere() {
    check_hidden(|given| given.then(public("box")).then(image("box")).then(access("box", Access::Restricted))).await;
}

#[tokio::test]
async fn a_withdrawn_object_is_nowhere() {
    check_hidden(|given| given.then(public("box")).then(access("box", Access::Withdrawn))).await;
}

#[tokio::test]
async fn an_object_under_embargo_is_nowhere() {
    let until = moment(1_000_000);
    check_hidden(|given| given.then(accessioned("box", Access::Embargoed { until }, &[])).then(image("box"))).await;
}

#[tokio::test]
async fn a_lapsed_embargo_brings_the_object_and_its_past() {
    let until = moment(1);
    let lapsed = EmbargoLapsed { object: id("box"), until };
    let given = Given::nothing().then(accessioned("box", Access::Embargoed { until }, &[]));
    check_nowhere(&given.graph().await, "box");
    let graph = given.then(lapsed).graph().await;
    check(&graph, "SELECT ?t WHERE { ?s dc:title ?t }", &["The box"]);
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?e prov:generated|prov:influenced ?s }", &["2"]);
}

#[tokio::test]
async fn an_object_made_public_brings_its_whole_past() {
    let given = Given::nothing().then(accessioned("box", Access::Restricted, &[])).then(image("box"));
    let graph = given.then(access("box", Access::Public)).folded_by(1).await.0;
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?e prov:generated|prov:influenced ?s }", &["3"]);
}

#[tokio::test]
async fn a_relation_is_seen_when_both_ends_are() {
    let page = accessioned("page", Access::Public, &[(RelationKind::PartOf, "book")]);
    let graph = Given::nothing().then(page).then(public("book")).graph().await;
    check(&graph, "SELECT ?t WHERE { ?page dcterms:isPartOf/dc:title ?t }", &["The book"]);
}

#[tokio::test]
async fn a_relation_to_what_is_hidden_is_not_seen() {
    let page = || accessioned("page", Access::Public, &[(RelationKind::PartOf, "book")]);
    let book = id("book").to_string();
    // It does not exist, it is restricted, it was public.
    check_nowhere(&Given::nothing().then(page()).graph().await, &book);
    let restricted = Given::nothing().then(page()).then(accessioned("book", Access::Restricted, &[]));
    check_nowhere(&restricted.graph().await, &book);
    let withdrawn = Given::nothing().then(public("book")).then(page()).then(access("book", Access::Withdrawn));
    check_nowhere(&withdrawn.folded_by(1).await.0, &book);
    check_nowhere(&withdrawn.graph().await, &book);
    let again = withdrawn.then(access("book", Access::Public)).folded_by(1).await.0;
    check(&again, "SELECT ?t WHERE { ?page dcterms:isPartOf/dc:title ?t }", &["The book"]);
}

#[tokio::test]
async fn a_statement_that_names_an_object_of_ours_does_not_lead_there() {
    let mut page = public("page");
    let authority = Some(format!("{BASE}/id/{}", id("book")));
    page.statements.push(Statement { authority, ..said("related", "a book") });
    let graph = Given::nothing().then(page).graph().await;
    check_nowhere(&graph, &id("book").to_string());
    check(&graph, "SELECT ?r WHERE { ?s dc:relation ?r }", &["a book"]);
}

/// A history in which everything changes place more than once.
fn eventful() -> Given {
    let related = |asserted: &[&str], retracted: &[&str]| {
        let all =
            |names: &[&str]| names.iter().map(|n| Relation { kind: RelationKind::Related, target: id(n) }).collect();
        Related { asserted: all(asserted), object: id("a"), reason: None, retracted: all(retracted) }
    };
    Given::nothing()
        .then(accessioned("a", Access::Public, &[(RelationKind::PartOf, "c")]))
        .then(accessioned("b", Access::Restricted, &[(RelationKind::Related, "a")]))
        .then(related(&["b", "d", "a"], &[]))
        .then(accessioned("c", Access::Embargoed { until: moment(6) }, &[(RelationKind::DerivedFrom, "b")]))
        .then(image("c"))
        .then(access("b", Access::Public))
        .then(access("a", Access::Withdrawn))
        .then(EmbargoLapsed { object: id("c"), until: moment(6) })
        .then(access("b", Access::Restricted))
        .then(public("d"))
        .then(access("a", Access::Public))
        .then(related(&["c"], &["d"]))
        .then(image("a"))
        .then(access("d", Access::Withdrawn))
        .then(access("b", Access::Public))
}

#[tokio::test]
async fn the_graph_is_the_same_in_batches_of_every_size() {
    let given = eventful();
    let (_, whole) = given.folded_by(1000).await;
    for size in 1..=given.events.len() {
        assert_eq!(given.folded_by(size).await.1, whole, "batches of {size}");
    }
}

#[tokio::test]
async fn another_graph_has_another_digest() {
    let (_, eventful) = eventful().folded_by(1000).await;
    let (_, plain) = Given::nothing().then(public("a")).folded_by(1000).await;
    assert_ne!(eventful, plain);
}

#[tokio::test]
async fn many_new_objects_give_the_same_graph_as_one_at_a_time() {
    let given = (0..200).fold(Given::nothing(), |given, n| given.then(public(&format!("cup {n}"))));
    assert_eq!(given.folded_by(200).await.1, given.folded_by(1).await.1);
    // A small batch after a large one finds where it stands.
    assert_eq!(given.folded_by(199).await.1, given.folded_by(7).await.1);
}

/// Many objects, some hidden, most of them related to one before or one still to come; then a few come into sight, and
/// a few go.
fn crowd() -> Given {
    let name = |n: u32| format!("piece {n}");
    let mut given = Given::nothing();
    for n in 0..900 {
        let standing = if n % 7 == 3 { Access::Restricted } else { Access::Public };
        let other = name(if n % 5 == 0 { n + 400 } else { n / 2 });
        let relations: &[_] = if n % 3 == 0 { &[(RelationKind::PartOf, other.as_str())] } else { &[] };
        given = given.then(accessioned(&name(n), standing, relations));
    }
    for n in (3..900).step_by(70) {
        given = given.then(access(&name(n), Access::Public)).then(access(&name(n + 1), Access::Withdrawn));
    }
    (900..1_300).fold(given, |given, n| given.then(public(&name(n))))
}

#[tokio::test]
async fn what_is_staged_counts_for_what_comes_after_it() {
    let crowd = crowd();
    let one_at_a_time = crowd.folded_by(1).await.1;
    for size in [250, 300, 450, 1_000, 2_000] {
        assert_eq!(crowd.folded_by(size).await.1, one_at_a_time, "batches of {size}");
    }
}

#[tokio::test]
async fn what_is_staged_is_nowhere_until_it_is_committed() {
    let stores = stores();
    let given = (0..400).fold(Given::nothing(), |given, n| given.then(public(&format!("cup {n}"))));
    let batch = Batch { from: 0, events: shared(&given.events), changes: given.changes.clone() };
    Graph.apply(&stores, &batch).await.unwrap();
    assert_eq!((Graph.position(&stores).await.unwrap(), count(&stores.triples).as_str()), (0, "0"));
    Graph.commit(&stores).await.unwrap();
    assert_eq!(Graph.position(&stores).await.unwrap(), 400);
    assert_ne!(count(&stores.triples), "0");
}

#[cfg(feature = "rocksdb")]
#[tokio::test]
async fn a_stage_that_was_given_up_leaves_nothing_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let given = (0..400).fold(Given::nothing(), |given, n| given.then(public(&format!("cup {n}"))));
    let batch = Batch { from: 0, events: shared(&given.events), changes: given.changes.clone() };
    let staged = Stores { triples: Triples::open(folder.path()).unwrap(), ..stores() };
    Graph.apply(&staged, &batch).await.unwrap();
    drop(staged);
    // What a killed process leaves.
    let left = folder.path().join("bulk-17.sst");
    std::fs::write(&left, "half").unwrap();
    let mut opened = Triples::open(folder.path());
    while opened.is_err() {
        // The thread that sorted lets go of the folder in a moment.
        tokio::task::yield_now().await;
        opened = Triples::open(folder.path());
    }
    let opened = opened.unwrap();
    assert_eq!((opened.applied().unwrap(), count(&opened).as_str(), left.exists()), (0, "0", false));
}

#[tokio::test]
async fn a_batch_that_does_not_begin_where_the_graph_stands_is_refused() {
    let stores = stores();
    let batch = Batch { from: 1, events: Vec::new(), changes: Vec::new() };
    assert!(Graph.apply(&stores, &batch).await.is_err());
}

#[tokio::test]
async fn other_addresses_empty_the_graph() {
    let mut stores = Stores { pg: crate::support::database().await, ..stores() };
    Graph.create(&stores).await.unwrap();
    let given = Given::nothing().then(public("jar"));
    let batch = Batch { from: 0, events: shared(&given.events), changes: given.changes.clone() };
    Graph.apply(&stores, &batch).await.unwrap();
    Graph.create(&stores).await.unwrap();
    assert_eq!(Graph.position(&stores).await.unwrap(), 1);
    stores.addresses = Addresses::new("https://elsewhere.test");
    Graph.create(&stores).await.unwrap();
    assert_eq!(Graph.position(&stores).await.unwrap(), 0);
    assert_eq!(count(&stores.triples), "0");
}
