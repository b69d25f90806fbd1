//! Every address of the archive, and what is asked of it. A route that is missing here fails a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::checkout;

/// A route, and the requests that the sweep makes of it: a method and an address, in which `{id}`, `{file}`, `{batch}`,
/// `{event}` and `{word}` stand for those of an object.
pub const ROUTES: &[(&str, &[&str])] = &[
    ("/livez", &["GET /livez"]),
    ("/readyz", &["GET /readyz"]),
    ("/metrics", &["GET /metrics"]),
    ("/", &["GET /", "GET /?q={word}"]),
    (
        "/search",
        &[
            "GET /search",
            "GET /search?q={word}",
            "GET /search?q={word}-1",
            "GET /search?q=title&image=1",
            "GET /search?f.creator={word}+creator",
            "GET /search?f.subject={word}+subject&f.level=work",
            "GET /search?f.level=work&limit=1",
        ],
    ),
    (
        "/o/{name}",
        &[
            "GET /o/{id}",
            "GET /o/{id}@3",
            "GET /o/{id}@99999",
            "GET /o/{id}.json",
            "GET /o/{id}.ttl",
            "GET /o/{id}.nt",
            "GET /o/{id}.rdf",
            "GET /o/{id}.jsonld",
            "GET /o/{id}.schema.jsonld",
            "GET /o/{id}.linked-art.json",
            "GET /o/{id}.linkset.json",
            "GET /o/{id}.zip",
        ],
    ),
    ("/o/{name}/history", &["GET /o/{id}/history"]),
    ("/static/fonds.css", &["GET /static/fonds.css"]),
    ("/static/mark.svg", &["GET /static/mark.svg"]),
    ("/robots.txt", &["GET /robots.txt"]),
    ("/sitemap.xml", &["GET /sitemap.xml"]),
    ("/sitemap/{name}", &["GET /sitemap/all.xml", "GET /sitemap/home.xml", "GET /sitemap/{id}.xml"]),
    ("/favicon.ico", &["GET /favicon.ico"]),
    ("/api/v1/openapi.json", &["GET /api/v1/openapi.json"]),
    (
        "/api/v1/search",
        &[
            "GET /api/v1/search",
            "GET /api/v1/search?q={word}",
            "GET /api/v1/search?q=title&limit=1",
            "GET /api/v1/search?f.material={word}+material",
            "GET /api/v1/search?f.place={word}+place&image=1",
        ],
    ),
    (
        "/api/v1/objects",
        &["GET /api/v1/objects", "GET /api/v1/objects?after=0000000000000000&limit=500", "POST /api/v1/objects"],
    ),
    ("/api/v1/objects/{id}", &["GET /api/v1/objects/{id}"]),
    ("/api/v1/objects/{id}/statements", &["POST /api/v1/objects/{id}/statements"]),
    ("/api/v1/objects/{id}/relations", &["POST /api/v1/objects/{id}/relations"]),
    ("/api/v1/objects/{id}/arrangement", &["PUT /api/v1/objects/{id}/arrangement"]),
    ("/api/v1/objects/{id}/access", &["PUT /api/v1/objects/{id}/access"]),
    ("/api/v1/objects/{id}/history", &["GET /api/v1/objects/{id}/history"]),
    ("/api/v1/objects/{id}/files", &["POST /api/v1/objects/{id}/files?name=a.png"]),
    ("/api/v1/objects/{id}/files/{file}", &["DELETE /api/v1/objects/{id}/files/{file}?reason=none"]),
    (
        "/api/v1/objects/{id}/annotations",
        &["GET /api/v1/objects/{id}/annotations", "POST /api/v1/objects/{id}/annotations"],
    ),
    (
        "/api/v1/annotations/{id}",
        &[
            "GET /api/v1/annotations/{annotation}",
            "PUT /api/v1/annotations/{annotation}",
            "DELETE /api/v1/annotations/{annotation}?reason=none",
        ],
    ),
    (
        "/api/v1/files/{file}/transcript",
        &["GET /api/v1/files/{file}/transcript", "PUT /api/v1/files/{file}/transcript"],
    ),
    ("/api/v1/files/{file}", &["GET /api/v1/files/{file}"]),
    ("/api/v1/files/{file}/content", &["GET /api/v1/files/{file}/content"]),
    ("/api/v1/events", &["GET /api/v1/events", "GET /api/v1/events?from=3&limit=9"]),
    ("/api/v1/events/{id}", &["GET /api/v1/events/{event}"]),
    ("/api/v1/batches", &["GET /api/v1/batches"]),
    ("/api/v1/batches/{id}", &["GET /api/v1/batches/{batch}"]),
    ("/api/v1/agents/{id}", &["GET /api/v1/agents/{id}"]),
    ("/api/v1/tokens", &["GET /api/v1/tokens", "POST /api/v1/tokens"]),
    ("/api/v1/tokens/{id}", &["DELETE /api/v1/tokens/{id}?reason=none"]),
    ("/api/{*rest}", &["GET /api/v2/objects/{id}", "POST /api/v1/nothing/{id}"]),
    (
        "/oai",
        &[
            "GET /oai?verb=Identify",
            "GET /oai?verb=ListSets",
            "GET /oai?verb=ListMetadataFormats",
            "GET /oai?verb=ListMetadataFormats&identifier=oai:archive.example.org:{id}",
            "GET /oai?verb=ListRecords&metadataPrefix=oai_dc",
            "GET /oai?verb=ListRecords&metadataPrefix=oai_dc&from=2026-06-01T12:00:00Z&until=2026-06-01T12:00:04Z",
            "GET /oai?verb=ListIdentifiers&metadataPrefix=oai_dc",
            "GET /oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:archive.example.org:{id}",
            "GET /oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={word}",
            "POST /oai",
        ],
    ),
    (
        "/sparql",
        &[
            "GET /sparql",
            "GET /sparql?query=select * { ?s ?p ?o }",
            "GET /sparql?query=select (count(*) as ?n) { ?s ?p ?o }",
            "GET /sparql?query=select * { graph ?g { ?s ?p ?o } }",
            "GET /sparql?query=select * from <https://archive.example.org/id/{id}> { ?s ?p ?o }",
            "GET /sparql?query=ask { <https://archive.example.org/id/{id}> ?p ?o }",
            "GET /sparql?query=ask { ?s ?p <https://archive.example.org/id/{id}> }",
            "GET /sparql?query=construct where { <https://archive.example.org/id/{id}> ?p ?o }",
            "GET /sparql?query=describe <https://archive.example.org/id/{id}>",
            "GET /sparql?query=ask { ?s ?p ?o filter(contains(str(?o), \"{word}\")) }",
            "GET /sparql?query=ask { ?s ?p ?o filter(contains(str(?s), \"{batch}\") || contains(str(?o), \"{event}\")) }",
            "GET /sparql?query=ask {}&default-graph-uri=https://archive.example.org/id/{id}",
            "POST /sparql",
        ],
    ),
    ("/id/{id}", &["GET /id/{id}"]),
    ("/.well-known/void", &["GET /.well-known/void"]),
    ("/dcat", &["GET /dcat"]),
    ("/dcat.ttl", &["GET /dcat.ttl"]),
    ("/dcat.jsonld", &["GET /dcat.jsonld"]),
    ("/dcat.rdf", &["GET /dcat.rdf"]),
    ("/dcat.nt", &["GET /dcat.nt"]),
    (
        "/iiif/presentation/3/{object}/manifest",
        &[
            "GET /iiif/presentation/3/{id}/manifest",
            "GET /iiif/presentation/3/{id}@3/manifest",
            "GET /iiif/presentation/3/{id}@99999/manifest",
        ],
    ),
    ("/iiif/presentation/3/collection/top", &["GET /iiif/presentation/3/collection/top"]),
    ("/iiif/presentation/3/collection/{id}", &["GET /iiif/presentation/3/collection/{id}"]),
    (
        "/iiif/presentation/2/{object}/manifest",
        &["GET /iiif/presentation/2/{id}/manifest", "GET /iiif/presentation/2/{id}@99999/manifest"],
    ),
    (
        "/iiif/presentation/4/{object}/manifest",
        &["GET /iiif/presentation/4/{id}/manifest", "GET /iiif/presentation/4/{id}@99999/manifest"],
    ),
    ("/iiif/presentation/2/collection/top", &["GET /iiif/presentation/2/collection/top"]),
    ("/iiif/presentation/2/collection/{id}", &["GET /iiif/presentation/2/collection/{id}"]),
    ("/iiif/discovery/1/all-changes", &["GET /iiif/discovery/1/all-changes"]),
    ("/iiif/discovery/1/page/{page}", &["GET /iiif/discovery/1/page/1", "GET /iiif/discovery/1/page/2"]),
    (
        "/iiif/discovery/1/activity/{number}",
        &[
            "GET /iiif/discovery/1/activity/1",
            "GET /iiif/discovery/1/activity/4",
            "GET /iiif/discovery/1/activity/{id}",
        ],
    ),
    (
        "/iiif/content-state",
        &[
            "GET /iiif/content-state",
            "GET /iiif/content-state?iiif-content=https://archive.example.org/iiif/presentation/3/{id}/manifest",
            "GET /iiif/content-state?iiif-content=https://archive.example.org/iiif/presentation/3/{id}/canvas/{file}",
        ],
    ),
    ("/iiif/image/2/{id}", &["GET /iiif/image/2/{file}"]),
    ("/iiif/image/2/{id}/", &["GET /iiif/image/2/{file}/"]),
    ("/iiif/image/2/{id}/info.json", &["GET /iiif/image/2/{file}/info.json"]),
    (
        "/iiif/image/2/{id}/{region}/{size}/{rotation}/{quality}",
        &["GET /iiif/image/2/{file}/full/full/0/default.jpg", "GET /iiif/image/2/{file}/0,0,10,10/5,/0/default.png"],
    ),
    (
        "/iiif/presentation/2/{object}/canvas/{file}/annotations",
        &["GET /iiif/presentation/2/{id}/canvas/{file}/annotations"],
    ),
    (
        "/iiif/presentation/2/{object}/canvas/{file}/transcript",
        &["GET /iiif/presentation/2/{id}/canvas/{file}/transcript"],
    ),
    (
        "/iiif/presentation/3/{object}/canvas/{file}/annotations",
        &["GET /iiif/presentation/3/{id}/canvas/{file}/annotations"],
    ),
    (
        "/iiif/presentation/3/{object}/canvas/{file}/transcript",
        &["GET /iiif/presentation/3/{id}/canvas/{file}/transcript"],
    ),
    (
        "/iiif/presentation/3/{object}/canvas/{file}/transcript/words",
        &["GET /iiif/presentation/3/{id}/canvas/{file}/transcript/words"],
    ),
    (
        "/iiif/annotation/{id}",
        &[
            "GET /iiif/annotation/{annotation}",
            "GET /iiif/annotation/{file}.1",
            "GET /iiif/annotation/{file}.1.1",
            "GET /iiif/annotation/{file}.9",
        ],
    ),
    (
        "/iiif/search/2/{object}",
        &[
            "GET /iiif/search/2/{id}?q={word}",
            "GET /iiif/search/2/{id}?q=written",
            "GET /iiif/search/2/{id}",
            "GET /iiif/search/2/{id}?q={word}&motivation=commenting&user=x",
            "GET /iiif/search/2/{id}?q={word}&page=2",
        ],
    ),
    ("/iiif/search/2/{object}/autocomplete", &["GET /iiif/search/2/{id}/autocomplete?q=w"]),
    ("/iiif/search/1/{object}", &["GET /iiif/search/1/{id}?q={word}", "GET /iiif/search/1/{id}?q=written"]),
    ("/iiif/search/1/{object}/autocomplete", &["GET /iiif/search/1/{id}/autocomplete?q=w"]),
    ("/iiif/image/3/{id}", &["GET /iiif/image/3/{file}"]),
    ("/iiif/image/3/{id}/", &["GET /iiif/image/3/{file}/"]),
    ("/iiif/image/3/{id}/info.json", &["GET /iiif/image/3/{file}/info.json"]),
    (
        "/iiif/image/3/{id}/{region}/{size}/{rotation}/{quality}",
        &[
            "GET /iiif/image/3/{file}/full/!400,400/0/default.jpg",
            "GET /iiif/image/3/{file}/0,0,16,16/16,16/0/default.png",
            "GET /iiif/image/3/{file}/nonsense/max/0/default.jpg",
        ],
    ),
    ("/iiif", &["GET /iiif"]),
    ("/iiif/", &["GET /iiif/"]),
    ("/iiif/{*rest}", &["GET /iiif/image/1/{file}/info.json"]),
];

/// Every request of the sweep.
pub fn requests() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().flat_map(|(_, requests)| *requests).copied()
}

/// The routes that the source declares.
fn declared(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            declared(&path, found);
        // The socket beside the data directory, which only the same user can open, is no address of the archive.
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("src/control.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let routes = text.split(".route(").skip(1).map(|rest| {
                let literal = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                literal.unwrap_or("a route that is no literal").to_owned()
            });
            found.extend(routes);
        }
    }
}

#[test]
fn every_route_of_the_source_is_swept() {
    let mut routes = BTreeSet::new();
    declared(&checkout().join("src"), &mut routes);
    let swept: BTreeSet<String> = ROUTES.iter().map(|(route, _)| (*route).to_owned()).collect();
    let missing: Vec<&String> = routes.difference(&swept).collect();
    let extra: Vec<&String> = swept.difference(&routes).collect();
    assert!(missing.is_empty() && extra.is_empty(), "not swept: {missing:?}; not in the source: {extra:?}");
}
