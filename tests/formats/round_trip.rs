//! What goes out and comes in again goes out as it did: written in a format, read by its importer, written again.

use fonds::formats::ALL;
use fonds::formats::round_trip::{Back, Importers, object as arrived, returned};
use fonds_projections::feed::{Format, Place, Publishing, Setting};
use fonds_schemas::{Addresses, Level, Object, ObjectId};

use super::made::{BASE, file, objects, publishing, rich, with_files};

/// The addresses of the archives that a record goes through.
const ARCHIVES: [&str; 3] = [BASE, "https://hub.example.net", "http://localhost:8080/sub"];

/// The element in which a record tells what the object is called in the archive that it comes from.
pub fn where_it_was(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "oai_dc" | "edm" => "<dc:identifier>{}</dc:identifier>",
        "lido" => "<lido:workID lido:type=\"http://terminology.lido-schema.org/lido00100\">{}</lido:workID>",
        "mods" => "<identifier type=\"uri\">{}</identifier>",
        "marcxml" => "<datafield tag=\"024\" ind1=\"8\" ind2=\" \"><subfield code=\"a\">{}</subfield></datafield>",
        "ead" | "ead3" => "<unitid>{}</unitid>",
        _ => return None,
    })
}

/// A record without what must differ from archive to archive: the name of the object, its page, and where it was before.
pub fn neutral(prefix: &str, record: &str, id: ObjectId, base: &str, before: &[String]) -> String {
    let mut record = record.replace(&format!("{base}/id/{id}"), "{id}");
    record = record.replace(&format!("{base}/o/{id}"), "{page}").replace(&id.to_string(), "{name}");
    for address in before {
        let element = where_it_was(prefix).unwrap().replace("{}", address);
        assert_eq!(record.matches(&element).count(), 1, "{prefix}: {element}: {record}");
        record = record.replacen(&element, "", 1);
    }
    record
}

/// An object in the first archive, and what the next ones make of its record: the record of each without what must differ.
pub fn hops(format: &dyn Format, importers: &Importers, object: &Object, publishing: &Publishing) -> Vec<String> {
    let (mut object, mut before, mut records) = (object.clone(), Vec::new(), Vec::new());
    for base in ARCHIVES {
        let addresses = Addresses::new(base);
        let Some(record) = format.render(&object, &Setting { addresses: &addresses, publishing }) else { break };
        records.push(neutral(format.prefix(), &record, object.id, base, &before));
        before.push(addresses.id(object.id));
        let planned = importers.read(&record);
        assert!(planned.is_some(), "{}: {record}", format.prefix());
        let planned = planned.unwrap();
        assert_eq!((planned.source.namespace.as_str(), &planned.source.identifier), ("fonds", before.last().unwrap()));
        object = arrived(planned, &object);
    }
    records
}

#[track_caller]
pub fn check(prefix: &str, name: &str, before: &str, after: Option<&String>) {
    let after = after.map_or("no record", String::as_str);
    let place = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let start = text.floor_char_boundary(place.saturating_sub(300));
        text[start..text.ceil_char_boundary((place + 300).min(text.len()))].to_owned()
    };
    let told = || format!("{prefix}, {name}: it went out as\n{}\nand then as\n{}", around(before), around(after));
    assert!(before == after, "{}", told());
}

/// Every format that has an importer.
pub fn formats() -> impl Iterator<Item = &'static dyn Format> {
    ALL.iter().copied().filter(|format| where_it_was(format.prefix()).is_some())
}

fn check_all(prefix: &str) {
    let importers = Importers::shipped().unwrap();
    let (format, plain) = (formats().find(|format| format.prefix() == prefix).unwrap(), Publishing::of("Museum", "en"));
    let mut compared = 0;
    for (name, object) in objects() {
        for publishing in [&publishing(), &plain] {
            let records = hops(format, &importers, &object, publishing);
            // Files stay where they are: what comes in again are the addresses of images.
            let first = usize::from(object.files.iter().next().is_some());
            for place in first..records.len().min(ARCHIVES.len() - 1) {
                check(prefix, &name, &records[place], records.get(place + 1));
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn dublin_core_comes_back_as_it_went() {
    check_all("oai_dc");
}
#[test]
fn edm_comes_back_as_it_went() {
    check_all("edm");
}
#[test]
fn lido_comes_back_as_it_went() {
    check_all("lido");
}
#[test]
fn mods_comes_back_as_it_went() {
    check_all("mods");
}
#[test]
fn marcxml_comes_back_as_it_went() {
    check_all("marcxml");
}
#[test]
fn ead3_comes_back_as_it_went() {
    check_all("ead3");
}
#[test]
fn ead_2002_comes_back_as_it_went() {
    check_all("ead");
}

#[test]
fn images_come_back_as_images_that_are_elsewhere() {
    let importers = Importers::shipped().unwrap();
    let object =
        Object { level: Level::File, ..with_files(&rich(), vec![file(1, "image/tiff", 2), file(2, "audio/mpeg", 1)]) };
    let (addresses, publishing) = (Addresses::new(BASE), publishing());
    let shown = format!("{BASE}/iiif/image/2/{}/full/full/0/default.jpg", file(1, "image/tiff", 2).file);
    for format in formats().filter(|format| format.prefix() != "oai_dc") {
        let record = format.render(&object, &Setting { addresses: &addresses, publishing: &publishing }).unwrap();
        let planned = importers.read(&record).unwrap();
        let all = planned.statements.iter().filter(|said| said.text.starts_with(BASE));
        let all: Vec<_> = all.map(|said| (said.property.as_str(), said.text.as_str())).collect();
        assert!(all.contains(&("image_url", shown.as_str())), "{}: {all:?}", format.prefix());
        assert!(all.iter().all(|(property, _)| *property == "image_url"), "{}: {all:?}", format.prefix());
    }
}

#[test]
fn what_a_table_calls_lost_is_what_does_not_come_back() {
    let importers = Importers::shipped().unwrap();
    for format in formats() {
        let all = returned(format, &importers).unwrap();
        for (row, back) in format.crosswalk().iter().zip(&all) {
            assert_eq!(row.property, back.property);
            let lost = matches!(row.place, Place::Lost { .. });
            assert_eq!(back.back == Back::Lost, lost, "{}: {back:?}", format.prefix());
        }
    }
}

/// What comes back of a property, and how.
#[track_caller]
fn check_returned(prefix: &str, property: &str, back: Back, how: &[&str]) {
    let format = ALL.iter().find(|format| format.prefix() == prefix).unwrap();
    let all = returned(*format, &Importers::shipped().unwrap()).unwrap();
    let found = all.iter().find(|one| one.property == property).unwrap();
    assert_eq!((found.back, found.how.iter().map(String::as_str).collect::<Vec<_>>()), (back, how.to_vec()));
}

#[test]
fn the_report_tells_what_comes_back_of_each_property() {
    check_returned("mods", "creator", Back::Same, &[]);
    check_returned("lido", "coordinates", Back::Same, &[]);
    check_returned("ead3", "title", Back::Same, &[]);
    check_returned("ead", "title", Back::Changed, &["without its language (1 of 2)"]);
    check_returned("oai_dc", "inscription", Back::Changed, &["as description"]);
    check_returned("marcxml", "credit_line", Back::Changed, &["as note", "without its language (1 of 2)"]);
    check_returned("edm", "department", Back::Lost, &[]);
}

#[test]
fn a_record_that_somebody_made_pretty_is_read_as_one_of_anybody() {
    let (addresses, publishing) = (Addresses::new(BASE), publishing());
    for format in formats() {
        let object = Object { level: Level::File, ..rich() };
        let record = format.render(&object, &Setting { addresses: &addresses, publishing: &publishing }).unwrap();
        let planned = Importers::shipped().unwrap().read(&record.replace("><", ">\n  <"));
        assert_ne!(planned.unwrap().source.namespace, "fonds", "{}", format.prefix());
    }
}

#[test]
fn a_format_without_an_importer_tells_of_none() {
    let datacite = ALL.iter().find(|format| format.prefix() == "datacite").unwrap();
    assert!(returned(*datacite, &Importers::shipped().unwrap()).is_none());
}
