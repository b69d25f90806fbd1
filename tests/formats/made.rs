//! Objects made for these tests: with everything said that can be, in every way that it can.

use fonds::formats::ALL;
use fonds_projections::feed::{Publishing, Setting};
use fonds_schemas::*;
use uuid::Uuid;

/// The address of the archive.
pub const BASE: &str = "https://museum.example.org";

/// An archive of which everything is known.
pub fn publishing() -> Publishing {
    Publishing {
        homepage: Some("https://www.example.org/?a=b&c".to_owned()),
        provider: Some("Aggregator & Sons".to_owned()),
        rights: Some("http://rightsstatements.org/vocab/CNE/1.0/".to_owned()),
        record_rights: Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned()),
        organization_code: Some("XX-Test".to_owned()),
        ..Publishing::of("Museum of Tests & Trials", "en")
    }
}

/// What a format makes of an object.
pub fn render(prefix: &str, object: &Object, publishing: &Publishing) -> Option<String> {
    let format = ALL.iter().find(|format| format.prefix() == prefix).unwrap();
    format.render(object, &Setting { addresses: &Addresses::new(BASE), publishing })
}

/// A statement in no language.
pub fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

/// The same in a language.
pub fn said_in(property: &str, text: &str, language: &str) -> Statement {
    Statement { language: Some(Language::parse(language).unwrap()), ..said(property, text) }
}

/// The same by an authority.
pub fn named(property: &str, text: &str, authority: &str) -> Statement {
    Statement { authority: Some(authority.to_owned()), ..said(property, text) }
}

/// The same with a date.
pub fn dated(property: &str, text: &str, edtf: &str) -> Statement {
    Statement { edtf: Some(edtf.to_owned()), ..said(property, text) }
}

/// A public object of which that is said.
pub fn object(number: &str, statements: Vec<Statement>) -> Object {
    let source = SourceKey { identifier: number.to_owned(), namespace: "test".to_owned() };
    let event = EventId(Uuid::nil());
    let assert =
        |(place, statement): (u32, Statement)| Asserted { id: StatementId { event, place }, seq: 1, statement };
    let at = Timestamp::parse("2026-06-01T12:00:00Z").unwrap();
    Object {
        id: source.object_id(),
        level: Level::Work,
        source: Some(source),
        standing: Standing { access: Access::Public, ever_public: true },
        statements: (0u32..).zip(statements).map(assert).collect(),
        // The name of another object, which no record may tell.
        relations: vec![Relation { kind: RelationKind::PartOf, target: hidden() }],
        files: Files::default(),
        arrangement: Arrangement::default(),
        version: 1,
        seq: 1,
        created_at: at,
        modified_at: at,
    }
}

/// An object that nobody may know of.
pub fn hidden() -> ObjectId {
    ObjectId::derived("test", "hidden")
}

/// A file in its place.
pub fn file(order: u32, media_type: &str, pages: usize) -> StoredFile {
    let sha256 = Sha256::of(format!("{order} {media_type}").as_bytes());
    let is_image = media_type.starts_with("image/");
    StoredFile {
        bytes: 4_711,
        duration_ms: None,
        file: FileId::derived(ObjectId::derived("test", "files"), &sha256),
        height: is_image.then_some(1_200),
        media_type: media_type.to_owned(),
        name: format!("file <{order}> & more"),
        order,
        pages: vec![PageSides { height: 10, width: 20 }; pages.saturating_sub(1)],
        path: "x".to_owned(),
        role: FileRole::Master,
        sha256,
        sha512: Sha512::of(b""),
        width: is_image.then_some(1_600),
    }
}

/// The same object with those files.
pub fn with_files(object: &Object, files: Vec<StoredFile>) -> Object {
    Object { files: files.into_iter().collect(), ..object.clone() }
}

/// Texts that are hard to write: markup, what XML cannot carry, many scripts, much space.
const HARD: &[&str] = &[
    "<b>&amp; ]]></b> \"quoted\" 'too'",
    "a\u{b}b\u{1f}c\u{fffe}d\0",
    "\u{1}",
    "  two\nlines\r\n\tand a tab  ",
    "שלום 文 🏺 \u{1b170}",
    "http://example.org/not words",
    "--",
    "|a $b ‡c",
    "x",
];

/// Addresses of authorities: good ones, and such as the archive takes and validators do not.
const AUTHORITIES: &[&str] = &[
    "http://vocab.getty.edu/aat/300011176",
    "https://d-nb.info/gnd/118540238",
    "http://example.org/%zz",
    "http://example.org/a#b#c",
    "urn:isbn:0-19-852663-6",
    "http://[::1]/x",
    "mailto:x@example.org",
    "http://例え.jp/道",
];

/// Dates in EDTF and what is none.
const DATES: &[&str] =
    &["1650/1699", "1906-05-01", "-0045-03-15", "1906?", "19XX", "1850/..", "../1850", "2001-21", "not a date"];

/// An object of which everything of the list is said, in every way.
pub fn rich() -> Object {
    let mut statements = vec![
        said("title", "Moon jar"),
        said_in("title", "달항아리", "ko"),
        named("rights", "Public domain", "https://creativecommons.org/publicdomain/mark/1.0/deed.fr"),
        said("coordinates", "37.43,127.25"),
        named("place", "Gwangju", "https://sws.geonames.org/1841811/"),
        named("creator", "Unknown potter", AUTHORITIES[0]),
        Statement { language: Some(Language::parse("ko").unwrap()), ..named("creator", "무명", AUTHORITIES[0]) },
        Statement {
            language: Some(Language::parse("ko").unwrap()), ..named("creator", "옹기장이", AUTHORITIES[0])
        },
        said("http://purl.org/dc/terms/abstract", "A large round jar"),
        said("http://purl.org/dc/elements/1.1/coverage", "Joseon Korea"),
        said("http://example.org/ns#weight", "3 kg"),
        said("related", &format!("{BASE}/id/{}", hidden())),
        named("related", "its lid", &format!("{BASE}/id/{}", hidden())),
        said("language", "ko"),
        said("language", "Korean"),
        said("landing_page", "https://www.example.org/jar?a=1&b=2"),
        said("image_url", "https://www.example.org/jar.jpg"),
        said("identifier", "10.5072/jar"),
        said("dimensions", "45.1 × 43.8 cm"),
    ];
    for term in property::ALL {
        for (place, text) in HARD.iter().enumerate() {
            let mut statement = said_in(term.name, text, ["en", "zh-Hant", "de-CH-1996", "sgn"][place % 4]);
            statement.language = statement.language.filter(|_| place % 3 != 0);
            statements.push(statement);
        }
        for authority in AUTHORITIES {
            statements.push(named(term.name, &format!("of {authority}"), authority));
        }
        statements.extend(DATES.iter().map(|edtf| dated(term.name, &format!("about {edtf}"), edtf)));
    }
    object("1979.413.1 & more", statements)
}

/// A title and what else one needs, and one more statement: each thing alone, so that nothing hides behind another.
fn with_one(statement: Statement, number: usize) -> Object {
    object(&format!("one {number}"), vec![said("title", "Jar"), said("object_type", "photograph"), statement])
}

/// Many objects, each with a name that says what it is.
pub fn objects() -> Vec<(String, Object)> {
    let rich = rich();
    let mut all = vec![
        ("nothing said".to_owned(), object("0", vec![])),
        ("only a title".to_owned(), object("1", vec![said("title", "Jar")])),
        ("no source".to_owned(), Object { source: None, ..object("2", vec![said("title", "Jar")]) }),
        ("everything".to_owned(), rich.clone()),
    ];
    let files = [
        ("images", vec![file(1, "image/tiff", 1), file(2, "image/jpeg", 3), file(3, "image/png", 1)]),
        ("a text", vec![file(1, "application/pdf", 1), file(2, "image/png", 1)]),
        ("sound", vec![StoredFile { duration_ms: Some(90_500), ..file(1, "audio/mpeg", 1) }]),
        ("a film", vec![file(1, "video/mp4", 1), file(2, "text/vtt", 1)]),
        ("a model", vec![file(1, "model/gltf-binary", 1), file(2, "image/png", 1)]),
        ("what nobody shows", vec![file(1, "application/zip", 1)]),
        ("a book", (0..150).map(|order| file(order, "image/png", 1)).collect()),
    ];
    for (name, files) in files {
        all.push((format!("everything, {name}"), with_files(&rich, files.clone())));
        let small = object("3", vec![said("title", "Jar"), said("object_type", "jar")]);
        all.push((format!("little, {name}"), with_files(&small, files)));
    }
    for level in object::LEVELS {
        all.push((level.as_str().to_owned(), Object { level: *level, ..rich.clone() }));
    }
    for (number, standing) in rich.statements.iter().enumerate() {
        let statement = standing.statement.clone();
        let name = format!("{} {:?}", statement.property, statement.text);
        let object = with_one(statement, number);
        all.push((format!("{name}, a file"), Object { level: Level::File, ..object.clone() }));
        all.push((name, object));
    }
    all
}
