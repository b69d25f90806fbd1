//! XML that is wrong, on purpose or not: each mistake is named with its line, and the rest comes in.

use std::fmt::Write as _;

use fonds::ingest::limits::{XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX, XML_TOKEN_BYTES_MAX};

use super::{Came, text};

/// Three records of which the second has `inside` in it, from line 4 on.
fn with(inside: &str) -> Came {
    text("records.xml", records(inside))
}

fn records(inside: &str) -> String {
    let record = |id: &str, more: &str| {
        format!("<mods>{more}<titleInfo><title>{id}</title></titleInfo><identifier>{id}</identifier></mods>\n")
    };
    let (one, two, three) = (record("one", ""), record("two", inside), record("three", ""));
    format!(
        "<?xml version=\"1.0\"?>\n<modsCollection xmlns=\"http://www.loc.gov/mods/v3\">\n{one}{two}{three}</modsCollection>\n"
    )
}

/// The second record is refused for that reason, at that line, and nothing else is.
fn check(inside: &str, line: u64, why: &str) {
    let came = with(inside);
    assert_eq!(came.titles(), ["one", "three"], "{:?}", came.problems);
    assert_eq!(came.problems.len(), 1, "{:?}", came.problems);
    let problem = &came.problems[0];
    let place = format!("refused: records.xml, row 2 (line {line})");
    assert!(problem.starts_with(&place) && problem.contains(why), "{problem}");
}

/// Nothing after that is read, and why is said.
fn check_ends(xml: impl AsRef<[u8]>, titles: &[&str], line: u64, why: &str) {
    let came = text("records.xml", xml);
    assert_eq!(came.titles(), titles);
    let problem = came.problems.last().unwrap();
    assert!(problem.starts_with("refused: records.xml") && problem.contains(why), "{problem}");
    assert!(problem.contains(&format!("(line {line})")), "{problem}");
}

#[test]
fn nothing_wrong_is_nothing_refused() {
    let came = with("<genre>a &lt; b &amp;&#x20;c</genre><!-- &nbsp; --><?x y?><note><![CDATA[<&nbsp;>]]></note>");
    assert_eq!((came.titles(), came.problems.len()), (vec!["one", "two", "three"], 0), "{:?}", came.problems);
    let texts: Vec<&str> = came.objects[1].statements.iter().map(|said| said.text.as_str()).collect();
    assert!(texts.contains(&"a < b & c") && texts.contains(&"<&nbsp;>"), "{texts:?}");
}
#[test]
fn an_entity_that_xml_does_not_have_costs_its_record() {
    check("\n\n<note>a&nbsp;b</note>", 6, "&nbsp; is neither a character nor one of the five");
    check("<note displayLabel=\"a&nbsp;b\"/>", 4, "nbsp");
}
#[test]
fn an_ampersand_alone_costs_its_record() {
    check("<note>R & D</note>", 4, "begins no reference");
}
#[test]
fn a_reference_to_no_character_costs_its_record() {
    check("<note>&#xD800;</note>", 4, "neither a character");
    check("<note>&#0;</note>", 4, "neither a character");
}
#[test]
fn a_tag_that_is_not_closed_costs_its_record() {
    check("<note><b>x</note>", 4, "</note> ends where <b> of line 4 is open");
}
#[test]
fn an_end_without_beginning_costs_its_record() {
    check("</b>", 4, "</b> ends what never began");
}
#[test]
fn a_prefix_that_is_not_declared_costs_its_record() {
    check("<x:note/>", 4, "the prefix x is not declared");
}
#[test]
fn an_attribute_said_twice_costs_its_record() {
    check("<note type=\"a\" type=\"b\"/>", 4, "an attribute of <note> is wrong");
}
#[test]
fn too_many_attributes_cost_their_record() {
    let attributes = (0..=XML_ATTRIBUTES_MAX).fold(String::new(), |mut all, number| {
        let _ = write!(all, " a{number}=''");
        all
    });
    check(&format!("<note{attributes}/>"), 4, "more than 256 attributes");
}
#[test]
fn too_many_elements_cost_their_record() {
    check(&"<b/>".repeat(XML_ELEMENTS_MAX + 1), 4, "elements");
}
#[test]
fn bytes_of_another_encoding_cost_their_record() {
    let bytes: Vec<u8> =
        records("<note>caf\u{1}</note>").bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
    let came = text("records.xml", bytes);
    assert_eq!(came.titles(), ["one", "three"]);
    assert!(came.problems[0].contains("no characters in the encoding of the file"), "{:?}", came.problems);
}
#[test]
fn control_characters_are_left_out_and_named() {
    let came = with("<note>a\u{1}b&#x1;c</note>");
    assert_eq!(came.titles().len(), 3);
    let problem = &came.problems[0];
    assert!(
        problem.starts_with("warning: records.xml, row 2 (line 4), column mods:note: it holds the control"),
        "{problem}"
    );
    assert!(came.objects[1].statements.iter().any(|said| said.text == "abc"));
}
#[test]
fn a_language_that_is_none_is_left_out_and_named() {
    let came = with("<note xml:lang=\"German, mostly\">x</note>");
    assert!(came.problems[0].contains("\"German, mostly\" is not a language tag"), "{:?}", came.problems);
    assert_eq!(came.titles().len(), 3);
}
#[test]
fn a_text_that_is_a_book_costs_its_record() {
    check(&format!("<abstract>{}</abstract>", "x".repeat(70_000)), 4, "the value of description has 70000 bytes");
}
#[test]
fn two_records_with_one_identifier_are_named_both() {
    let came = text("records.xml", records("").replace("three", "one"));
    let why = "the identifier \"one\" is already that of records.xml, row 1 (line 3)";
    assert!(came.problems[0].contains(why), "{:?}", came.problems);
}

#[test]
fn a_bomb_is_refused_before_it_is_lit() {
    let mut bomb = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE mods [\n<!ENTITY a \"aaaaaaaaaa\">\n");
    for (name, inner) in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")] {
        let _ = writeln!(bomb, "<!ENTITY {name} \"{}\">", format!("&{inner};").repeat(10));
    }
    bomb.push_str("]>\n<mods xmlns=\"http://www.loc.gov/mods/v3\"><identifier>1</identifier><note>&e;</note></mods>");
    check_ends(bomb, &[], 2, "entities are never resolved");
}
#[test]
fn an_entity_of_another_file_is_refused_and_not_fetched() {
    let xml = "<!DOCTYPE mods [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<mods xmlns=\"http://www.loc.gov/mods/v3\">\
               <identifier>1</identifier><note>&x;</note></mods>";
    check_ends(xml, &[], 1, "entities are never resolved");
}
#[test]
fn a_document_type_that_only_names_itself_is_not_fetched() {
    let came = text(
        "records.xml",
        records("").replace("?>\n", "?><!DOCTYPE modsCollection SYSTEM \"http://127.0.0.1:9/x.dtd\">\n"),
    );
    assert_eq!(came.titles().len(), 3);
    assert_eq!(came.problems, ["note: records.xml (line 1): it names a document type, which is not fetched"]);
}
#[test]
fn elements_without_end_are_too_deep() {
    check_ends(records(&"<b>".repeat(XML_DEPTH_MAX)), &["one"], 4, "nested more than 128 deep");
}
#[test]
fn a_tag_without_end_is_too_long() {
    let long = format!("<note a=\"{}\"/>", "x".repeat(XML_TOKEN_BYTES_MAX));
    check_ends(records(&long), &["one"], 4, "a tag or text is longer than");
}
#[test]
fn a_file_that_is_cut_says_where_and_keeps_what_came_before() {
    let whole = records("");
    check_ends(&whole[..whole.find("three").unwrap()], &["one", "two"], 5, "the file ends inside of <title> of line 5");
}
#[test]
fn a_second_root_is_not_read() {
    check_ends(records("") + &records(""), &["one", "two", "three"], 8, "a second root element");
}
#[test]
fn an_encoding_that_nobody_knows_is_refused() {
    let came = text(
        "records.xml",
        "<?xml version=\"1.0\" encoding=\"x-none\"?>\n<mods xmlns=\"http://www.loc.gov/mods/v3\"/>",
    );
    assert!(came.problems[0].contains("it declares the encoding \"x-none\""), "{:?}", came.problems);
}
#[test]
fn utf16_is_read() {
    let utf16: Vec<u8> =
        records("").replace("1.0\"", "1.0\" encoding=\"UTF-16\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let came = text("records.xml", [&[0xff, 0xfe], utf16.as_slice()].concat());
    assert_eq!((came.titles().len(), came.refused()), (3, 0), "{:?}", came.problems);
}
#[test]
fn labels_that_refer_in_a_circle_are_names() {
    let rdf = |inside: &str| {
        format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/' \
             xmlns:edm='http://www.europeana.eu/schemas/edm/' xmlns:skos='http://www.w3.org/2004/02/skos/core#'>\
             <edm:ProvidedCHO rdf:about='http://x.example/1'>{inside}</edm:ProvidedCHO>\
             <skos:Concept rdf:about='#a'><skos:prefLabel rdf:resource='#a'/></skos:Concept></rdf:RDF>"
        )
    };
    let came = text("a.xml", rdf("<dc:title>x</dc:title><dc:subject rdf:resource='#a'/>"));
    assert_eq!(came.titles(), ["x"]);
    assert!(came.problems[0].contains("\"#a\" is no address"), "{:?}", came.problems);
    // Long names, each named: more than is said of one object.
    let (mut named, mut described) = (String::new(), String::new());
    for number in 0..100 {
        let _ = write!(named, "<dc:subject rdf:resource='#{number}'/>");
        let name = "n".repeat(60_000);
        let _ = write!(
            described,
            "<skos:Concept rdf:about='#{number}'><skos:prefLabel>{number}{name}</skos:prefLabel></skos:Concept>"
        );
    }
    let came = text("a.xml", rdf(&named).replace("</rdf:RDF>", &format!("{described}</rdf:RDF>")));
    assert!(came.problems.last().unwrap().contains("more is said of the object than"));
}

#[test]
fn whatever_is_cut_swapped_or_garbled_ends_in_an_answer() {
    // Numbers of Lehmer's generator, so that a failure comes again.
    let mut state = 20_261_122_u64;
    let mut number = |below: usize| {
        state = state * 48_271 % 2_147_483_647;
        usize::try_from(state).unwrap() % below
    };
    let pieces: [&[u8]; 8] = [b"<", b">", b"</", b"&", b"<![CDATA[", b"\"", b"<!DOCTYPE x [", &[0xff, 0xfe]];
    for name in ["edm", "lido", "mods", "marcxml", "oai_dc", "ead", "mets"] {
        let whole = std::fs::read(super::fixture(&format!("{name}.xml"))).unwrap();
        for _ in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..=number(3) {
                let (from, other) = (number(bytes.len()), number(bytes.len()));
                match number(4) {
                    0 => bytes.truncate(from.max(1)),
                    1 => bytes.swap(from, other),
                    2 => drop(bytes.splice(from..from, pieces[number(pieces.len())].iter().copied())),
                    _ => drop(bytes.drain(from.min(other)..from.max(other))),
                }
                if bytes.is_empty() {
                    bytes.push(b'<');
                }
            }
            let came = text("records.xml", &bytes);
            for object in &came.objects {
                assert!(!object.source.identifier.is_empty(), "{name}");
                assert!(object.statements.iter().all(|said| said.check().is_ok()), "{name}");
            }
        }
    }
}
