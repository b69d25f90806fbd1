//! An object in the words of schema.org and of Linked Art: given statements and files, then a document of JSON-LD.

use std::collections::BTreeSet;
use std::sync::Arc;

use fonds::linked::face::{Beside, FACES, Face, of_extension};
use fonds_projections::feed::Setting;
use fonds_schemas::{Addresses, FileId, Level, Object, RelationKind, StoredFile};
use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::Term;
use serde_json::{Value, json};

use crate::formats::made::{BASE, dated, file, hidden, named, object, objects, publishing, said, said_in, with_files};

/// The words of schema.org 29 that a document may hold.
const SCHEMA_ORG: &str = "about additionalType alternateName associatedMedia contentSize contentUrl contributor copyrightHolder \
    copyrightNotice creator creditText dateCreated datePublished department description duration encodingFormat exampleOfWork \
    genre geo height holdingArchive identifier image inLanguage isBasedOn isPartOf keywords latitude license longitude material \
    materialExtent name publisher sameAs sdLicense sdPublisher sha256 size spatialCoverage subjectOf temporal temporalCoverage \
    text thumbnailUrl unitCode url value width";
/// The words of the context of Linked Art 1.0 that a document may hold.
const LINKED_ART: &str = "_label about access_point begin_of_the_begin carried_out_by carries changed_ownership_through \
    classified_as conforms_to content created_by current_custodian current_owner defined_by digitally_available_via \
    digitally_carried_by digitally_shown_by dimension end_of_the_end format identified_by influenced_by general_purpose intended_for language \
    made_of member_of notation part part_of possessed_by present_at produced_by referred_to_by representation shows subject_of \
    subject_to technique timespan took_place_at unit used_for used_specific_object value";

fn face(extension: &str) -> &'static dyn Face {
    of_extension(extension).unwrap()
}

fn document(extension: &str, object: &Object, beside: &[Beside]) -> Value {
    let (addresses, publishing) = (Addresses::new(BASE), publishing());
    face(extension).document(object, beside, &Setting { addresses: &addresses, publishing: &publishing })
}

fn schema_org(object: &Object) -> Value {
    document("schema.jsonld", object, &[])
}

fn linked_art(object: &Object) -> Value {
    document("linked-art.json", object, &[])
}

/// What a document says as triples, read with a context of our own: those of others are never fetched.
fn triples(document: &Value, context: Value) -> Vec<oxigraph::model::Quad> {
    let mut document = document.clone();
    assert!(document["@context"].is_string());
    document["@context"] = context;
    let text = document.to_string();
    let parser = RdfParser::from_format(RdfFormat::from_media_type("application/ld+json").unwrap());
    parser.for_slice(text.as_bytes()).map(|quad| quad.unwrap()).collect()
}

fn check_words(document: &Value, vocabulary: &str, words: &str, context: Value, name: &str) {
    let quads = triples(document, context);
    let known: BTreeSet<&str> = words.split_whitespace().collect();
    assert!(quads.len() > 3, "{name}: {document}");
    for quad in &quads {
        let predicate = quad.predicate.as_str();
        let is_type = predicate == "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
        let word = predicate.strip_prefix(vocabulary).unwrap_or_default();
        assert!(is_type || known.contains(word), "{name}: {predicate}");
        if let (true, Term::NamedNode(class)) = (is_type, &quad.object) {
            assert!(class.as_str().starts_with(vocabulary), "{name}: {class}");
        }
    }
    let text = document.to_string();
    assert!(!text.contains(&hidden().to_string()), "{name} names another object: {text}");
}

#[test]
fn whatever_an_object_holds_a_document_says_it_in_words_that_exist() {
    // All objects that are one of a kind, and some of those with one statement each.
    let some = objects().into_iter().enumerate().filter(|(place, _)| *place < 30 || place % 19 == 0);
    for (_, (name, object)) in some {
        let context = json!({ "@vocab": "https://schema.org/" });
        check_words(&schema_org(&object), "https://schema.org/", SCHEMA_ORG, context, &name);
        let context = json!({ "@vocab": "https://linked.art/ns/terms/", "id": "@id", "type": "@type" });
        check_words(&linked_art(&object), "https://linked.art/ns/terms/", LINKED_ART, context, &name);
    }
}

#[test]
fn a_document_says_by_which_name_and_in_which_shape_it_speaks() {
    for (face, context) in FACES.iter().zip(["https://schema.org", "https://linked.art/ns/v1/linked-art.json"]) {
        let jar = object("1", vec![said("title", "Jar")]);
        let document = document(face.extension(), &jar, &[]);
        let id = document.get("id").or(document.get("@id")).unwrap();
        assert_eq!((document["@context"].as_str(), id), (Some(context), &json!(format!("{BASE}/id/{}", jar.id))));
        assert!(face.media_type().starts_with("application/ld+json;profile=\"https://"));
    }
}

fn jar() -> Object {
    object(
        "1979.413.1",
        vec![
            said_in("title", "Moon jar", "en"),
            said_in("title", "달항아리", "ko"),
            named("creator", "Unknown potter", "http://vocab.getty.edu/ulan/500125081"),
            dated("date_created", "second half of the 18th century", "1750/1799"),
            named("object_type", "jars", "http://vocab.getty.edu/aat/300195348"),
            named("material", "porcelain", "http://vocab.getty.edu/aat/300010662"),
            named("place", "Gwangju", "https://sws.geonames.org/1841811/"),
            said("coordinates", "37.43,127.25"),
            said("dimensions", "H. 45.1 cm; Diam. 43.8 cm"),
            said("rights", "https://creativecommons.org/publicdomain/zero/1.0/"),
            said("holding_institution", "The Met"),
            said("acquired", "1979"),
            said("credit_line", "The Harry G. C. Packard Collection"),
        ],
    )
}

fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    let found = document.pointer(pointer);
    assert!(found.is_some(), "nothing at {pointer}: {document:#}");
    found.unwrap()
}

fn check(document: &Value, rows: &[(&str, Value)]) {
    for (pointer, value) in rows {
        assert_eq!(at(document, pointer), value, "{pointer} of {document:#}");
    }
}

#[test]
fn a_jar_in_the_words_of_schema_org() {
    let jar = with_files(&jar(), vec![file(1, "image/tiff", 1)]);
    let service = format!("{BASE}/iiif/image/3/{}", jar.files.iter().next().unwrap().file);
    check(
        &schema_org(&jar),
        &[
            ("/@type", json!(["CreativeWork", "ArchiveComponent"])),
            ("/url", json!(format!("{BASE}/o/{}", jar.id))),
            ("/name/1", json!({ "@value": "달항아리", "@language": "ko" })),
            ("/identifier", json!(["1979.413.1"])),
            ("/creator/0/@id", json!("http://vocab.getty.edu/ulan/500125081")),
            ("/creator/0/name", json!("Unknown potter")),
            // A span is no date for schema.org.
            ("/temporal/0", json!("second half of the 18th century")),
            ("/additionalType/0", json!("http://vocab.getty.edu/aat/300195348")),
            ("/genre", json!(["jars"])),
            ("/keywords/0/@type", json!("DefinedTerm")),
            ("/spatialCoverage/0/geo/latitude", json!(37.43)),
            ("/license", json!("http://creativecommons.org/publicdomain/zero/1.0/")),
            ("/holdingArchive/0/name", json!("The Met")),
            ("/image/0/contentUrl", json!(format!("{service}/full/max/0/default.jpg"))),
            ("/image/0/license", json!("http://creativecommons.org/publicdomain/zero/1.0/")),
            ("/image/0/width/value", json!(1600)),
            ("/subjectOf/@id", json!(format!("{BASE}/iiif/presentation/3/{}/manifest", jar.id))),
            ("/sdLicense", json!("http://creativecommons.org/publicdomain/zero/1.0/")),
        ],
    );
}

#[test]
fn a_jar_as_linked_art() {
    let jar = with_files(&jar(), vec![file(1, "image/tiff", 1)]);
    let image = "/representation/0/digitally_shown_by/0";
    let service = format!("{BASE}/iiif/image/3/{}", jar.files.iter().next().unwrap().file);
    check(
        &linked_art(&jar),
        &[
            ("/type", json!("HumanMadeObject")),
            ("/_label", json!("Moon jar")),
            ("/identified_by/0/content", json!("Moon jar")),
            ("/identified_by/0/classified_as/0/id", json!("http://vocab.getty.edu/aat/300404670")),
            ("/identified_by/1/language/0/id", json!("http://vocab.getty.edu/aat/300388633")),
            ("/identified_by/2/content", json!("1979.413.1")),
            ("/classified_as/0/id", json!("http://vocab.getty.edu/aat/300195348")),
            ("/classified_as/0/classified_as/0/id", json!("http://vocab.getty.edu/aat/300435443")),
            ("/produced_by/type", json!("Production")),
            ("/produced_by/carried_out_by/0/id", json!("http://vocab.getty.edu/ulan/500125081")),
            ("/produced_by/timespan/begin_of_the_begin", json!("1750-01-01T00:00:00Z")),
            ("/produced_by/timespan/end_of_the_end", json!("1799-12-31T23:59:59Z")),
            ("/made_of/0/id", json!("http://vocab.getty.edu/aat/300010662")),
            ("/dimension/0/value", json!(45.1)),
            ("/dimension/0/unit/id", json!("http://vocab.getty.edu/aat/300379098")),
            ("/dimension/1/classified_as/0/_label", json!("Diameter")),
            ("/current_owner/0/_label", json!("The Met")),
            ("/subject_to/0/classified_as/0/id", json!("http://creativecommons.org/publicdomain/zero/1.0/")),
            ("/present_at/0/took_place_at/0/defined_by", json!("POINT(127.25 37.43)")),
            (&format!("{image}/access_point/0/id"), json!(format!("{service}/full/max/0/default.jpg"))),
            (&format!("{image}/digitally_available_via/0/access_point/0/id"), json!(service)),
        ],
    );
}

#[test]
fn levels_of_description_are_sets_and_undertakings_are_activities() {
    for (level, schema, art, made) in [
        (Level::Fonds, "Collection", "Set", "/created_by/carried_out_by/0/_label"),
        (Level::Work, "CreativeWork", "HumanMadeObject", "/produced_by/carried_out_by/0/_label"),
        (Level::Project, "CreativeWork", "Activity", "/carried_out_by/0/_label"),
    ] {
        let object = Object { level, ..jar() };
        assert_eq!(at(&schema_org(&object), "/@type/0"), schema);
        check(&linked_art(&object), &[("/type", json!(art)), (made, json!("Unknown potter"))]);
    }
}

/// The words that each class of Linked Art has, by its model; those of its own context beside.
const OF_EVERY_CLASS: &str =
    "@context _label classified_as id identified_by member_of referred_to_by representation subject_of type";
const OF_CLASSES: &[(Level, &str)] = &[
    (
        Level::Work,
        "carries changed_ownership_through current_custodian current_owner dimension intended_for made_of present_at produced_by \
         shows subject_to used_for",
    ),
    (Level::Series, "about created_by dimension intended_for present_at subject_to used_for"),
    (Level::Project, "carried_out_by general_purpose influenced_by part technique timespan took_place_at"),
];

#[test]
fn each_class_is_told_in_the_words_that_it_has() {
    let (_, everything) = objects().into_iter().find(|(name, _)| name == "everything, images").unwrap();
    for (level, words) in OF_CLASSES {
        let document = linked_art(&Object { level: *level, ..everything.clone() });
        let known: BTreeSet<&str> = OF_EVERY_CLASS.split_whitespace().chain(words.split_whitespace()).collect();
        let told: BTreeSet<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
        let unknown: Vec<_> = told.difference(&known).collect();
        assert!(unknown.is_empty() && told.len() > 12, "{level:?}: {unknown:?} of {told:?}");
    }
}

#[test]
fn what_an_object_is_related_to_is_told_as_far_as_it_is_handed_in() {
    let series = Arc::new(Object { level: Level::Series, ..object("series", vec![said("title", "Ceramics")]) });
    let source = Arc::new(object("mould", vec![said("title", "Mould")]));
    let beside = [(RelationKind::PartOf, series), (RelationKind::DerivedFrom, source)];
    let beside = beside.map(|(kind, object)| Beside { kind, object });
    let jar = jar();
    check(
        &document("schema.jsonld", &jar, &beside),
        &[("/isPartOf/0/name", json!("Ceramics")), ("/isBasedOn/0/name", json!("Mould"))],
    );
    check(
        &document("linked-art.json", &jar, &beside),
        &[("/member_of/0/_label", json!("Ceramics")), ("/produced_by/influenced_by/0/_label", json!("Mould"))],
    );
}

#[test]
fn a_book_names_some_of_its_pages_and_leads_to_all_of_them() {
    let pages = (0..150)
        .map(|order| StoredFile { file: FileId::from_random([order; 10]), ..file(order.into(), "image/png", 1) });
    let book = with_files(&jar(), pages.collect());
    assert_eq!(schema_org(&book)["image"].as_array().unwrap().len(), 20);
    let art = linked_art(&book);
    assert_eq!(art["representation"][0]["digitally_shown_by"].as_array().unwrap().len(), 20);
    assert!(art.to_string().contains(&format!("{BASE}/iiif/presentation/3/{}/manifest", book.id)));
}
