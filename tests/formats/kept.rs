//! METS and PREMIS: which files a thing has, in which order, with which digests, and what leads to what.

use std::collections::BTreeSet;

use fonds_schemas::{FileRole, Object, Sha512, StoredFile};

use super::made::{BASE, file, named, object, publishing, render, said, with_files};

/// Values of an attribute, in their order.
fn attributes<'a>(record: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    record.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Texts of an element, in their order.
fn texts<'a>(record: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name}>");
    record.split(&start).skip(1).map(|rest| rest.split('<').next().unwrap()).collect()
}

fn called(name: &str, role: FileRole, file: StoredFile) -> StoredFile {
    StoredFile { name: name.to_owned(), role, ..file }
}

/// A letter of two leaves, with the text of the first, a recording of it and the order for its photographs.
fn letter() -> Object {
    let letter = object(
        "MS 1",
        vec![
            said("title", "Letter"),
            named("rights", "CC BY", "http://creativecommons.org/licenses/by/4.0/"),
            said("rights_holder", "A. Heir"),
        ],
    );
    let files = vec![
        called("1.tif", FileRole::Master, file(1, "image/tiff", 1)),
        called("2.tif", FileRole::Master, file(2, "image/tiff", 2)),
        called("1.xml", FileRole::Transcript, file(3, "application/xml", 1)),
        called("read.mp3", FileRole::Access, file(4, "audio/mpeg", 1)),
        called("order.pdf", FileRole::Attachment, file(5, "application/pdf", 1)),
    ];
    with_files(&letter, files)
}

fn many(count: u32) -> Object {
    with_files(
        &object("1", vec![said("title", "Book")]),
        (1..=count).map(|order| file(order, "image/png", 1)).collect(),
    )
}

#[test]
fn mets_has_every_file_with_its_digest_where_the_public_gets_it() {
    let (letter, mets) = (letter(), render("mets", &letter(), &publishing()).unwrap());
    let groups = ["MASTER", "ACCESS", "FULLTEXT", "ATTACHMENT", "DEFAULT"];
    assert_eq!(attributes(&mets, "USE"), groups);
    let digests: BTreeSet<String> = letter.files.iter().map(|file| file.sha256.to_string()).collect();
    assert_eq!(attributes(&mets, "CHECKSUM").into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), digests);
    let addresses: BTreeSet<_> = attributes(&mets, "xlink:href").into_iter().collect();
    for file in &letter.files {
        assert!(addresses.contains(format!("{BASE}/api/v1/files/{}/content", file.file).as_str()), "{}", file.name);
    }
}

#[test]
fn mets_puts_pages_in_their_order_and_text_beside_its_image() {
    // The names of parts end with that of the object: several records stand on one page.
    let mets = render("mets", &letter(), &publishing()).unwrap().replace(&format!("-{}\"", letter().id), "\"");
    let order = mets.split("<mets:structMap").nth(1).unwrap();
    let pages: Vec<Vec<&str>> = order.split("<mets:div TYPE=").skip(2).map(|page| attributes(page, "FILEID")).collect();
    let wanted: &[&[&str]] = &[
        &["file-1", "image-1", "file-3"],
        // The second file is an image of two pages.
        &["file-2", "image-2"],
        &["file-2", "image-3"],
        &["file-4"],
        &["file-5"],
    ];
    assert_eq!(pages, wanted);
    assert_eq!(attributes(order, "ORDER"), ["1", "2", "3", "4", "5"]);
}

#[test]
fn what_mets_and_premis_point_at_is_there() {
    for object in [letter(), many(130), object("0", vec![])] {
        let mets = render("mets", &object, &publishing()).unwrap();
        let names: Vec<&str> = attributes(&mets, "ID");
        let known: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(known.len(), names.len(), "each name once");
        for pointer in ["ADMID", "DMDID", "FILEID"].iter().flat_map(|name| attributes(&mets, name)) {
            assert!(known.contains(pointer), "{pointer}");
        }
        let premis = render("premis", &object, &publishing()).unwrap();
        let of = |kind: &str| -> BTreeSet<&str> {
            texts(&premis, &format!("premis:{kind}IdentifierValue")).into_iter().collect()
        };
        for (links, things) in [
            ("relatedObject", "object"),
            ("linkingObject", "object"),
            ("linkingEvent", "event"),
            ("linkingAgent", "agent"),
            ("linkingRightsStatement", "rightsStatement"),
        ] {
            assert!(of(links).is_subset(&of(things)), "{links}: {:?} of {:?}", of(links), of(things));
        }
    }
}

#[test]
fn premis_tells_digests_sizes_formats_and_rights() {
    let premis = render("premis", &letter(), &publishing()).unwrap();
    let kinds = ["intellectualEntity", "representation", "file", "file", "file", "file", "file"];
    assert_eq!(attributes(&premis, "xsi:type"), kinds.map(|kind| format!("premis:{kind}")));
    let (first, digest) = (file(1, "image/tiff", 1), Sha512::of(b"").to_string());
    assert_eq!(texts(&premis, "premis:messageDigest")[..2], [first.sha256.to_string(), digest]);
    assert_eq!(texts(&premis, "premis:size"), ["4711"; 5]);
    let formats = ["image/tiff", "image/tiff", "application/xml", "audio/mpeg", "application/pdf"];
    assert_eq!(texts(&premis, "premis:formatName"), formats);
    assert_eq!(texts(&premis, "premis:originalName"), ["Letter", "1.tif", "2.tif", "1.xml", "read.mp3", "order.pdf"]);
    assert_eq!(texts(&premis, "premis:relatedObjectSequence"), ["1", "2", "3", "4", "5"]);
    assert_eq!(texts(&premis, "premis:rightsBasis"), ["license"]);
    let licence = texts(&premis, "premis:licenseDocumentationIdentifierValue");
    assert_eq!(licence, ["http://creativecommons.org/licenses/by/4.0/"]);
    assert_eq!(texts(&premis, "premis:agentName"), ["Museum of Tests &amp; Trials", "A. Heir"]);
}

#[test]
fn a_record_that_does_not_have_all_files_says_so() {
    for (count, wanted) in [(100, false), (101, true)] {
        let mets = render("mets", &many(count), &publishing()).unwrap();
        assert_eq!(attributes(&mets, "RECORDSTATUS") == ["only the first 100 files"], wanted, "{count}");
        assert_eq!(attributes(&mets, "CHECKSUM").len(), 100);
        let premis = render("premis", &many(count), &publishing()).unwrap();
        assert_eq!(premis.contains("<premis:significantPropertiesValue>the first 100<"), wanted, "{count}");
        assert_eq!(texts(&premis, "premis:size").len(), 100);
    }
}
