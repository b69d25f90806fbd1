//! What a format is said to carry, it does; what it is said to lose, it does not.

use fonds::formats::ALL;
use fonds::formats::coverage::{Counted, coverage};
use fonds::linked::face::FACES;
use fonds_projections::feed::{Format, Place, Setting};
use fonds_schemas::{Addresses, Level, Object, Statement, property};

use super::made::{BASE, file, named, object, publishing, said, with_files};

/// A value of a property that is found again in a record wherever it stands.
fn telling(name: &str) -> (Statement, &'static str) {
    match name {
        "coordinates" => (said(name, "12.3456789,98.7654321"), "12.3456789"),
        "rights" => (named(name, "free", "http://creativecommons.org/licenses/by-nd/2.5/scotland/"), "2.5/scotland/"),
        "landing_page" => (said(name, "https://www.example.org/telling"), "https://www.example.org/telling"),
        "image_url" => (said(name, "https://www.example.org/telling.jpg"), "https://www.example.org/telling.jpg"),
        "date_created" | "date_issued" => (Statement { edtf: Some("1787".to_owned()), ..said(name, "1787") }, "1787"),
        "language" => (said(name, "kor"), "kor"),
        _ => (said(name, "telling value"), "telling value"),
    }
}

#[test]
fn what_is_carried_is_there_and_what_is_lost_is_not() {
    let base = || vec![said("title", "Jar"), said("object_type", "photograph"), said("publisher", "Somebody")];
    let (addresses, publishing) = (Addresses::new(BASE), publishing());
    let setting = Setting { addresses: &addresses, publishing: &publishing };
    for format in ALL.iter().copied().chain(FACES.iter().map(|face| *face as &dyn Format)) {
        for row in format.crosswalk() {
            let (statement, wanted) = telling(row.property);
            let object = object("1", base().into_iter().chain([statement]).collect());
            // What is elsewhere is shown where there is no file here.
            let files = if row.property == "image_url" { vec![] } else { vec![file(1, "image/png", 1)] };
            // EAD is of levels of archival description only.
            let level = if format.prefix().starts_with("ead") { Level::File } else { Level::Work };
            let object = Object { level, ..with_files(&object, files) };
            let record = format.render(&object, &setting).unwrap();
            let carried = matches!(row.place, Place::In { .. });
            assert_eq!(record.contains(wanted), carried, "{}, {}: {record}", format.prefix(), row.property);
        }
    }
}

#[test]
fn what_is_said_is_counted_by_what_becomes_of_it() {
    let (addresses, publishing) = (Addresses::new(BASE), publishing());
    let setting = Setting { addresses: &addresses, publishing: &publishing };
    let mut counted = Counted::default();
    let statements = vec![
        said("title", "Jar"),
        said("department", "Ceramics"),
        said("http://purl.org/dc/terms/abstract", "A jar"),
        said("http://example.org/ns#weight", "3 kg"),
    ];
    counted.add(&object("1", statements), ALL, &setting);
    counted.add(&object("2", vec![said("title", "Lid")]), ALL, &setting);
    let format = ALL.iter().find(|format| format.prefix() == "oai_dc").unwrap();
    let found = coverage(*format, ALL, Some(&counted));
    let count = |property: &str| {
        let all = found.carried.iter().map(|line| (line, true)).chain(found.lost.iter().map(|line| (line, false)));
        all.into_iter()
            .find(|(line, _)| line.property == property)
            .map(|(line, carried)| (line.statements.unwrap(), carried))
    };
    assert_eq!((counted.objects, counted.statements(), found.records), (2, 5, Some(2)));
    assert_eq!(count("title"), Some((2, true)));
    assert_eq!(count("department"), Some((1, false)));
    assert_eq!(count("http://purl.org/dc/terms/abstract"), Some((1, true)));
    assert_eq!(count("http://example.org/ns#weight"), Some((1, false)));
    assert_eq!(found.statements_lost(), Some(2));
    assert!(found.published);
    let bare = coverage(*format, &[], None);
    assert_eq!(
        (bare.published, bare.records, bare.carried.len() + bare.lost.len()),
        (false, None, property::ALL.len())
    );
}
