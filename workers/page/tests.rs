//! Pages of PAGE XML: what is read of each, and why a wrong one is refused.

use super::*;

fn page(inside: &str) -> String {
    format!(
        "<PcGts xmlns=\"http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15\">\
         <Page imageFilename=\"a.tif\" imageWidth=\"100\" imageHeight=\"200\">{inside}</Page></PcGts>"
    )
}

fn line(text: &str) -> String {
    format!(
        "<TextLine><Coords points=\"10,20 50,20 50,30 10,30\"/><TextEquiv><Unicode>{text}</Unicode></TextEquiv></TextLine>"
    )
}

#[track_caller]
fn check(inside: &str, lines: &[&str]) {
    let read = read(page(inside).as_bytes(), (200, 400)).unwrap();
    assert_eq!(read.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), lines);
}

#[track_caller]
fn check_refused(text: &str, bad: &BadPage) {
    assert_eq!(read(text.as_bytes(), (200, 400)).unwrap_err(), *bad);
}

#[test]
fn a_line_has_its_text_and_its_place_in_pixels_of_the_image() {
    let read = read(
        page(&format!("<TextRegion id=\"r\">{}</TextRegion>", line("Fish &amp; <![CDATA[<b>]]>"))).as_bytes(),
        (200, 400),
    );
    let found = &read.unwrap().lines[0];
    assert_eq!((found.text.as_str(), found.xywh), ("Fish & <b>", Some(Xywh { x: 20, y: 40, width: 80, height: 20 })));
}

#[test]
fn points_may_be_elements() {
    let points = "<Coords><Point x=\"1\" y=\"2\"/><Point x=\"11\" y=\"22\"/></Coords>";
    let inside =
        format!("<TextRegion><TextLine>{points}<TextEquiv><Unicode>a</Unicode></TextEquiv></TextLine></TextRegion>");
    let read = read(page(&inside).as_bytes(), (100, 200)).unwrap();
    assert_eq!(read.lines[0].xywh, Some(Xywh { x: 1, y: 2, width: 10, height: 20 }));
}

#[test]
fn words_make_a_line_that_has_no_text() {
    let word = |text| {
        format!(
            "<Word><Coords points=\"1,1 9,9\"/><Glyph><TextEquiv><Unicode>G</Unicode></TextEquiv></Glyph>\
             <TextEquiv><Unicode>{text}</Unicode></TextEquiv></Word>"
        )
    };
    let words = format!("{}{}", word("Moon"), word("jar"));
    let inside = format!("<TextRegion><TextLine>{words}</TextLine></TextRegion>");
    let found = read(page(&inside).as_bytes(), (100, 200)).unwrap().lines.remove(0);
    assert_eq!((found.text.as_str(), found.words.len()), ("Moon jar", 2));
    // Words of a line that was corrected are not its words any more.
    let corrected =
        format!("<TextRegion><TextLine>{words}<TextEquiv><Unicode>Mond</Unicode></TextEquiv></TextLine></TextRegion>");
    let found = read(page(&corrected).as_bytes(), (100, 200)).unwrap().lines.remove(0);
    assert_eq!((found.text.as_str(), found.words.len()), ("Mond", 0));
}

#[test]
fn regions_are_read_in_their_order() {
    let order = "<ReadingOrder><OrderedGroup><RegionRefIndexed index=\"1\" regionRef=\"a\"/>\
                 <OrderedGroupIndexed index=\"0\"><RegionRefIndexed index=\"1\" regionRef=\"b\"/>\
                 <RegionRefIndexed index=\"0\" regionRef=\"c\"/></OrderedGroupIndexed></OrderedGroup></ReadingOrder>";
    let region = |id: &str, inside: &str| format!("<TextRegion id=\"{id}\">{}{inside}</TextRegion>", line(id));
    let all =
        format!("{order}{}{}{}{}", region("x", ""), region("a", &region("in a", "")), region("b", ""), region("c", ""));
    check(&all, &["c", "b", "a", "in a", "x"]);
}

#[test]
fn of_several_readings_the_first_counts() {
    let readings = "<TextEquiv index=\"1\"><Unicode>b</Unicode></TextEquiv><TextEquiv index=\"0\"><Unicode>a</Unicode></TextEquiv>";
    check(&format!("<TextRegion><TextLine>{readings}</TextLine></TextRegion>"), &["a"]);
}

#[test]
fn a_region_without_lines_has_its_text() {
    check("<TextRegion><TextEquiv><Unicode>one\ntwo</Unicode></TextEquiv></TextRegion>", &["one", "two"]);
    check(&format!("<TextRegion>{}<TextEquiv><Unicode>one</Unicode></TextEquiv></TextRegion>", line("one")), &["one"]);
}

#[test]
fn a_language_is_a_name_or_a_code() {
    for (name, code) in [("German", Some("de")), ("ger", Some("de")), ("la", Some("la")), ("Klingon", None), ("", None)]
    {
        assert_eq!(language(name).as_ref().map(Language::as_str), code, "{name}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    check_refused("<alto></alto>", &BadPage::NotPage("alto".to_owned()));
    check_refused("", &BadPage::NotPage("missing".to_owned()));
    check_refused("<PcGts><Page imageWidth=\"0\" imageHeight=\"1\"/></PcGts>", &BadPage::NoPageSize);
    check_refused(&page("<TextRegion><Coords points=\"1,2 x\"/></TextRegion>"), &BadPage::Points("1,2 x".to_owned()));
    check_refused(&page("</Page><Page imageWidth=\"1\" imageHeight=\"1\">"), &BadAlto::Pages.into());
    check_refused("<!DOCTYPE a [<!ENTITY b \"c\">]><PcGts/>", &BadAlto::DocType.into());
    check_refused(&page(&"<TextRegion>".repeat(100)), &BadAlto::Deep.into());
    assert!(matches!(read(b"<PcGts><Page", (1, 1)), Err(BadPage::Text(BadAlto::Xml { .. }))));
    assert!(matches!(read(b"<PcGts>\xff</PcGts>", (1, 1)), Err(BadPage::Text(BadAlto::Encoding(7)))));
}
