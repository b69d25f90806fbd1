//! What formats render, by itself.

use fonds::formats::ALL;
use fonds_projections::feed::Publishing;
use fonds_schemas::event::{FileDetached, FileStored};
use fonds_schemas::{Event, Level, Object};

use super::made::{BASE, file, hidden, named, object, objects, publishing, render, rich, said, with_files};
use super::valid::check_records;

#[test]
fn every_record_is_what_its_schema_allows() {
    let (objects, plain) = (objects(), Publishing::of("Museum", "en"));
    for format in ALL {
        let mut records = Vec::new();
        for (name, object) in &objects {
            for (publishing, how) in [(&publishing(), "all known"), (&plain, "little known")] {
                let record = render(format.prefix(), object, publishing);
                records.extend(record.map(|record| (format!("{}, {name}, {how}", format.prefix()), record)));
            }
        }
        assert!(records.len() > 100, "{}: {}", format.prefix(), records.len());
        check_records(format.prefix(), &records);
    }
}

#[test]
fn no_record_tells_of_another_object() {
    let hidden = hidden().to_string();
    for (name, object) in objects() {
        for format in ALL {
            let record = render(format.prefix(), &object, &publishing());
            assert!(!record.is_some_and(|record| record.contains(&hidden)), "{}: {name}", format.prefix());
        }
    }
}

#[test]
fn a_record_is_the_same_every_time() {
    let rich = with_files(&rich(), vec![file(1, "image/png", 3), file(2, "audio/mpeg", 1)]);
    for format in ALL {
        assert_eq!(render(format.prefix(), &rich, &publishing()), render(format.prefix(), &rich, &publishing()));
    }
}

/// Whatever a format says plainly stays as it was, does.
#[test]
fn what_is_said_to_be_unmoved_is() {
    let types = ["image/png", "application/pdf", "audio/mpeg", "application/zip", "image/tiff"];
    let all: Vec<_> =
        (0u32..130).map(|order| file(order * 2, types[order as usize % types.len()], 1 + order as usize % 4)).collect();
    let one = object("1", vec![said("title", "Jar"), said("object_type", "jar")]);
    let one = Object { level: Level::Item, ..one };
    for format in ALL {
        let mut spared = 0;
        for count in [0, 1, 2, 5, 20, 49, 50, 51, 99, 120, 130] {
            let before = with_files(&one, all[..count].to_vec());
            let mut events: Vec<(Event, Object)> = Vec::new();
            for place in [0, 1, 7, 55, 97, 101, 201, 401] {
                for media_type in types {
                    let (mut after, file) = (before.clone(), file(place, media_type, 2));
                    after.files.insert(file.clone());
                    events.push((Event::FileStored(FileStored { file, object: before.id }), after));
                }
            }
            for gone in &before.files {
                let mut after = before.clone();
                after.files.remove(gone.file);
                let body = FileDetached { file: gone.file, object: before.id, reason: "a test".to_owned() };
                events.push((Event::FileDetached(body), after));
            }
            for (event, after) in events {
                if format.is_unmoved(&before, &event) {
                    spared += 1;
                    let (before, after) = (
                        render(format.prefix(), &before, &publishing()),
                        render(format.prefix(), &after, &publishing()),
                    );
                    assert_eq!(before, after, "{}: {count} files, {event:?}", format.prefix());
                }
            }
        }
        assert!(spared > 50, "{}: {spared}", format.prefix());
    }
}

fn edm(statements: Vec<fonds_schemas::Statement>) -> Option<String> {
    render("edm", &with_files(&object("1", statements), vec![file(1, "image/png", 2)]), &Publishing::of("Museum", "en"))
}

const ZERO: &str = "https://creativecommons.org/publicdomain/zero/1.0/deed.en";

#[test]
fn edm_is_there_only_where_europeana_takes_it() {
    let described = || vec![said("title", "Jar"), said("object_type", "jar")];
    let with = |more: Vec<_>| edm(described().into_iter().chain(more).collect());
    assert!(with(vec![said("rights", ZERO)]).is_some());
    assert!(with(vec![named("rights", "Public domain", ZERO)]).is_some());
    assert!(with(vec![]).is_none(), "no rights");
    assert!(with(vec![said("rights", "all rights reserved")]).is_none(), "no rights that a machine reads");
    assert!(with(vec![said("rights", "http://rightsstatements.org/vocab/NoC-US/1.0/")]).is_none(), "of another law");
    assert!(edm(vec![said("title", "Jar"), said("rights", ZERO)]).is_none(), "no type, subject, time or place");
    assert!(edm(vec![said("subject", "jars"), said("rights", ZERO)]).is_none(), "no title and no description");
    // What the archive says for objects that are silent does not speak for one that is not.
    let object = object("1", described().into_iter().chain([said("rights", "all rights reserved")]).collect());
    assert!(render("edm", &with_files(&object, vec![file(1, "image/png", 1)]), &publishing()).is_none());
}

#[test]
fn a_text_without_a_language_is_no_text_to_europeana() {
    let of = |statements: Vec<_>, files| {
        let base = vec![said("title", "Letter"), said("object_type", "letter"), said("rights", ZERO)];
        let object = object("1", base.into_iter().chain(statements).collect());
        let record = render("edm", &with_files(&object, files), &Publishing::of("Museum", "en"))?;
        let kind = record.split("<edm:type>").last()?.split('<').next()?.to_owned();
        let shown = record.split("isShownBy rdf:resource=\"").nth(1)?.split('"').next()?.to_owned();
        Some((kind, shown))
    };
    let (pdf, scan) = (|| file(1, "application/pdf", 1), || file(2, "image/png", 1));
    let content = format!("{BASE}/api/v1/files/{}/content", pdf().file);
    let image = format!("{BASE}/iiif/image/2/{}/full/full/0/default.jpg", scan().file);
    assert_eq!(of(vec![said("language", "en")], vec![pdf(), scan()]).unwrap().1, content);
    assert_eq!(of(vec![], vec![pdf(), scan()]).unwrap().1, image);
    assert_eq!(of(vec![], vec![pdf()]), None);
}

/// Prints what a record costs in each format: `cargo test … -- --ignored --nocapture what_a_record_costs`.
#[test]
#[ignore = "prints, and proves nothing"]
fn what_a_record_costs() {
    const TIMES: u32 = 100;
    let statements = vec![
        said("title", "Moon jar"),
        named("creator", "A potter", "http://vocab.getty.edu/ulan/500115588"),
        said("date_created", "late 17th century"),
        named("object_type", "jar", "http://vocab.getty.edu/aat/300195348"),
        said("material", "porcelain"),
        said("dimensions", "45.1 × 43.8 cm"),
        said("place", "Gwangju"),
        said("description", "A large round jar of white porcelain, thrown in two halves."),
        said("credit_line", "Gift of the friends of the museum"),
        named("rights", "Public domain", ZERO),
    ];
    let jar = object("1979.413.1", statements);
    for (name, files) in [("one image", 1), ("a hundred images", 100)] {
        let level = Level::Item;
        let files = (1..=files).map(|order| file(order, "image/png", 1)).collect();
        let jar = Object { level, ..with_files(&jar, files) };
        for format in ALL {
            let begun = std::time::Instant::now();
            let mut bytes = 0;
            for _ in 0..TIMES {
                bytes = render(format.prefix(), &jar, &publishing()).map_or(0, |record| record.len());
            }
            eprintln!("{name}, {}: {:?} and {bytes} bytes", format.prefix(), begun.elapsed() / TIMES);
        }
    }
}
