//! Qualified Dublin Core, CARARE and the container of `DataCite`: what exactly they say.

use fonds_schemas::{Level, Object};

use super::made::{dated, file, named, object, publishing, render, said, said_in, with_files};

/// The record in a format, without its root element.
fn inside(prefix: &str, statements: Vec<fonds_schemas::Statement>) -> String {
    let record = render(prefix, &object("7", statements), &publishing()).unwrap();
    record.split_once('>').unwrap().1.to_owned()
}

fn check(statement: fonds_schemas::Statement, wanted: &str) {
    let found = inside("dcterms", vec![said("title", "Jar"), statement]);
    assert!(found.contains(wanted), "{wanted}: {found}");
}

#[test]
fn dates_are_of_the_scheme_that_takes_them() {
    let typed =
        |scheme: &str, text: &str| format!("<dcterms:created xsi:type=\"dcterms:{scheme}\">{text}</dcterms:created>");
    check(dated("date_created", "May 1906", "1906-05"), &typed("W3CDTF", "1906-05"));
    check(dated("date_created", "late", "1650/1699"), &typed("Period", "start=1650; end=1699; scheme=W3C-DTF"));
    check(dated("date_created", "about 1906", "1906~"), "<dcterms:created>1906~</dcterms:created>");
    check(dated("date_created", "about 1906", "1906~"), "<dcterms:created>about 1906</dcterms:created>");
    check(dated("date_created", "never", "1906-02-30"), "<dcterms:created>1906-02-30</dcterms:created>");
}

#[test]
fn what_has_a_scheme_is_said_by_it() {
    let typed = |name: &str, scheme: &str, text: &str| {
        format!("<dcterms:{name} xsi:type=\"dcterms:{scheme}\">{text}</dcterms:{name}>")
    };
    let point = "east=127.25; north=37.43; units=signed decimal degrees";
    check(said("coordinates", "37.43,127.25"), &typed("spatial", "Point", point));
    check(said("language", "zh-Hant"), &typed("language", "RFC4646", "zh-Hant"));
    check(named("subject", "moon", "http://example.org/moon"), &typed("subject", "URI", "http://example.org/moon"));
    check(named("subject", "moon", "http://example.org/moon"), "<dcterms:subject>moon</dcterms:subject>");
    let licence = "http://creativecommons.org/licenses/by/4.0/";
    check(said("rights", "https://creativecommons.org/licenses/by/4.0/deed.en"), &typed("license", "URI", licence));
    check(said("rights", "ask us"), "<dcterms:rights>ask us</dcterms:rights>");
}

#[test]
fn terms_that_no_property_of_the_list_has_keep_their_names() {
    check(said("http://purl.org/dc/terms/audience", "children"), "<dcterms:audience>children</dcterms:audience>");
    check(said("http://purl.org/dc/terms/abstract", "A jar"), "<dcterms:abstract>A jar</dcterms:abstract>");
    check(said("http://purl.org/dc/elements/1.1/coverage", "Korea"), "<dcterms:coverage>Korea</dcterms:coverage>");
    check(
        said_in("http://schema.org/genre", "Joseon", "en"),
        "<dcterms:subject xml:lang=\"en\">Joseon</dcterms:subject>",
    );
}

#[test]
fn datacite_is_the_same_inside_the_container() {
    let jar = object("7", vec![said("title", "Jar"), said("creator", "A potter")]);
    let (bare, held) = ("datacite", "oai_datacite");
    let [bare, held] = [bare, held].map(|prefix| render(prefix, &jar, &publishing()).unwrap());
    let payload = held.split("<payload>").nth(1).unwrap().split("</payload>").next().unwrap();
    assert_eq!(payload, bare);
    assert!(held.contains("<schemaVersion>4.5</schemaVersion><datacentreSymbol>XX-Test</datacentreSymbol>"), "{held}");
}

#[test]
fn carare_is_an_asset_with_its_activities_and_resources() {
    let statements = vec![
        said("title", "Broch"),
        said("description", "A round tower."),
        said("note", "In ruins."),
        said("technique", "dry stone"),
        said("acquired", "1911"),
        dated("date_created", "Iron Age", "-0100/0100"),
        said("place", "Mousa"),
        said("coordinates", "59.99,-1.18"),
        said("rights", "http://creativecommons.org/licenses/by/4.0/"),
        said("credit_line", "Given by A."),
        said("rights_holder", "B."),
    ];
    let broch = with_files(&object("7", statements), vec![file(1, "image/tiff", 1), file(2, "model/gltf-binary", 1)]);
    let record = render("carare", &Object { level: Level::Item, ..broch }, &publishing()).unwrap();
    for wanted in [
        "<description lang=\"en\">A round tower.\n\nIn ruins.</description>",
        "<timeSpan><startDate>-0100</startDate><endDate>0100</endDate></timeSpan><displayDate>Iron Age</displayDate>",
        "<namedLocation>Mousa</namedLocation></locationSet><geometry><spatialReferenceSystem>WGS84<",
        "<quickpoint><x>-1.18</x><y>59.99</y></quickpoint>",
        "<copyrightCreditLine>Given by A.; B.</copyrightCreditLine><licence>http://creativecommons.org/licenses/by/4.0/<",
        "<eventType lang=\"en\">production</eventType><consistsOf><techniques>dry stone</techniques></consistsOf>",
        "<eventType lang=\"en\">acquisition</eventType><temporal><displayDate>1911</displayDate></temporal>",
        "<type>Image</type><format>image/jpeg</format>",
        "<type>3D</type><format>model/gltf-binary</format>",
    ] {
        assert!(record.contains(wanted), "{wanted}: {record}");
    }
    assert_eq!(record.matches("<hasRepresentation>").count(), 2, "{record}");
}
