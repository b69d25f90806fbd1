//! Pages of ALTO as programs write them, and as nobody should.

use super::*;

fn page(unit: &str, size: &str, lines: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>{unit}</MeasurementUnit></Description>
<Layout><Page ID="p" {size}><PrintSpace><TextBlock ID="b" LANG="eng">{lines}</TextBlock></PrintSpace></Page></Layout></alto>"#
    )
}

const LINES: &str = r#"<TextLine HPOS="100" VPOS="200" WIDTH="250" HEIGHT="32">
  <String CONTENT="A&amp;B" HPOS="100" VPOS="200" WIDTH="40.4" HEIGHT="30"/><SP/>
  <String CONTENT="Archi" SUBS_TYPE="HypPart1" SUBS_CONTENT="Archives" HPOS="220" VPOS="200" WIDTH="130" HEIGHT="30"/>
  <HYP CONTENT="-"/></TextLine>
<TextLine><String CONTENT="ves" SUBS_TYPE="HypPart2" SUBS_CONTENT="Archives" HPOS="100" VPOS="240" WIDTH="60" HEIGHT="30"/>
  <SP/><String CONTENT="here"/></TextLine>"#;

fn check(document: &str, lines: &[(&str, Option<[u32; 4]>)], words: &[(&str, Option<&str>, [u32; 4])]) {
    let alto = read(document.as_bytes(), (1000, 2000)).unwrap();
    let found: Vec<_> = alto.lines.iter().map(|line| (line.text.as_str(), line.xywh.map(Into::into))).collect();
    assert_eq!(found, lines);
    let all = alto.lines.iter().flat_map(|line| &line.words);
    let found: Vec<_> = all.map(|word| (word.text.as_str(), word.whole.as_deref(), word.xywh.into())).collect();
    assert_eq!(found, words);
    assert!(alto.lines.iter().all(|line| line.places().is_some()));
}

fn check_refused(document: &str, why: &str) {
    let bad = read(document.as_bytes(), (1000, 2000)).unwrap_err().to_string();
    assert!(bad.contains(why), "{bad}");
}

#[test]
fn pixels_are_taken_as_they_are() {
    check(
        &page("pixel", r#"WIDTH="1000" HEIGHT="2000""#, LINES),
        &[("A&B Archi-", Some([100, 200, 250, 32])), ("ves here", None)],
        &[
            ("A&B", None, [100, 200, 40, 30]),
            ("Archi-", Some("Archives"), [220, 200, 130, 30]),
            ("ves", None, [100, 240, 60, 30]),
        ],
    );
}

#[test]
fn tenths_of_millimetres_are_scaled_by_the_page() {
    let line = r#"<TextLine><String CONTENT="x" HPOS="1000" VPOS="1000" WIDTH="500" HEIGHT="100"/></TextLine>"#;
    let document = page("mm10", r#"WIDTH="2000" HEIGHT="4000""#, line);
    check(&document, &[("x", None)], &[("x", None, [500, 500, 250, 50])]);
}

#[test]
fn a_text_of_a_larger_scan_is_scaled_to_this_one() {
    let line = r#"<TextLine><String CONTENT="x" HPOS="1000" VPOS="1000" WIDTH="500" HEIGHT="100"/></TextLine>"#;
    let document = page("pixel", r#"WIDTH="4000" HEIGHT="8000""#, line);
    check(&document, &[("x", None)], &[("x", None, [250, 250, 125, 25])]);
}

#[test]
fn a_hyphen_without_substitution_joins_the_halves() {
    let lines = r#"<TextLine><String CONTENT="moon" HPOS="1" VPOS="1" WIDTH="9" HEIGHT="9"/><HYP/></TextLine>
        <TextLine><String CONTENT="jar"/></TextLine>"#;
    check(&page("pixel", "", lines), &[("moon-", None), ("jar", None)], &[("moon-", Some("moonjar"), [1, 1, 9, 9])]);
}

#[test]
fn what_hangs_over_the_edge_is_cut() {
    let line = r#"<TextLine><String CONTENT="x" HPOS="990" VPOS="-5" WIDTH="50" HEIGHT="10"/>
        <String CONTENT="y" HPOS="2000" VPOS="0" WIDTH="5" HEIGHT="5"/></TextLine>"#;
    check(&page("pixel", "", line), &[("xy", None)], &[("x", None, [990, 0, 10, 5])]);
}

#[test]
fn a_line_that_is_one_string_has_no_words() {
    let line = r#"<TextLine><String CONTENT="hementer omnes" HPOS="1" VPOS="2" WIDTH="3" HEIGHT="4"/></TextLine>"#;
    check(&page("pixel", "", line), &[("hementer omnes", Some([1, 2, 3, 4]))], &[]);
}

#[test]
fn its_language_is_told_as_the_web_tells_it() {
    let alto = read(page("pixel", "", LINES).as_bytes(), (1000, 2000)).unwrap();
    assert_eq!(alto.language, Some(Language::parse("en").unwrap()));
}

#[test]
fn an_empty_page_has_no_lines() {
    check(&page("pixel", "", "<TextLine><String CONTENT=\"\"/></TextLine>"), &[], &[]);
}

#[test]
fn entities_are_not_expanded() {
    check_refused("<!DOCTYPE alto [<!ENTITY a \"aaaa\">]><alto/>", "document type declaration");
}
#[test]
fn another_xml_is_refused() {
    check_refused("<PcGts><Page/></PcGts>", "its first element is PcGts, not alto");
    check_refused("", "missing");
}
#[test]
fn a_deep_nest_is_refused() {
    check_refused(&format!("<alto>{}", "<a>".repeat(1_000)), "nested more than 64 deep");
}
#[test]
fn a_broken_end_is_refused() {
    check_refused("<alto><Layout>", "it ends before its elements do");
}
#[test]
fn two_pages_are_refused() {
    check_refused("<alto><Layout><Page/><Page/></Layout></alto>", "more than one page");
}
#[test]
fn millimetres_without_a_page_size_are_refused() {
    check_refused(&page("mm10", "", LINES), "no WIDTH and HEIGHT to scale by");
}
#[test]
fn a_unit_that_there_is_not_is_refused() {
    check_refused(&page("furlong", "", LINES), "\"furlong\"");
}
#[test]
fn a_measure_that_is_none_is_refused() {
    check_refused(&page("pixel", "WIDTH=\"NaN\" HEIGHT=\"1\"", ""), "WIDTH=\"NaN\" is no measure");
}
#[test]
fn latin_1_is_refused() {
    assert_eq!(read(b"<alto>\xe9</alto>", (1, 1)), Err(BadAlto::Encoding(6)));
}
