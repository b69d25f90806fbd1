//! MARC 21 as XML (<https://www.loc.gov/standards/marcxml/>): what library catalogues load.
//!
//! Fields follow the crosswalk from Dublin Core of the Library of Congress, and are finer where the archive is. Of a name it
//! does not know whether it is a person's, so names are in 720, which does not say.

use fonds_projections::feed::{Format, Publishing, Row, Setting, noted, to};
use fonds_schemas::{Event, Level, Object, edtf};

use super::element::Element;
use super::said::{Description, Numbers, Said, ends, is_web};
use super::views::{self, Kind, views};

/// The format.
pub struct MarcXml;

const NAMESPACE: &str = "http://www.loc.gov/MARC21/slim";
const SCHEMA: &str = "http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property. `$0` is the address in an authority.
const CROSSWALK: &[Row] = &[
    noted("title", "245 $a", "further titles in 246; without one, the number that the thing came with"),
    to("alternative", "246 $a"),
    noted("creator", "720 $a $e", "nobody says whether it is a person's name"),
    noted("contributor", "720 $a $e", "nobody says whether it is a person's name"),
    to("publisher", "264 _1 $b"),
    noted("date_created", "264 _0 $c", "the first plain date in EDTF in 008 and 046 $k $l as well"),
    noted("date_issued", "264 _1 $c", "the first plain date in EDTF in 046 $c $e as well"),
    to("object_type", "655 _4 $a $0"),
    to("material", "340 $a $0"),
    to("technique", "340 $d $0"),
    to("dimensions", "300 $c"),
    to("period", "648 _4 $a $0"),
    to("culture", "650 _4 $a $0"),
    to("style", "655 _4 $a $0"),
    to("use", "500 $a"),
    to("subject", "650 _4 $a $0"),
    noted("place", "651 _4 $a $0", "nobody says whether it was made there, found there or shows it"),
    to("coordinates", "255 $c"),
    noted("language", "546 $a", "a code of three letters in 041 $a as well"),
    to("description", "520 $a"),
    to("inscription", "562 $a"),
    to("note", "500 $a"),
    to("identifier", "024 8_ $a"),
    noted("holding_institution", "852 $a", "with the number that the thing came with in $j"),
    to("department", "852 $b"),
    to("collection", "773 $t"),
    to("provenance", "561 $a"),
    to("credit_line", "500 $a"),
    to("acquired", "541 $d"),
    noted("rights", "540 $a $u", "the URI in $u"),
    to("rights_holder", "542 $d"),
    noted("landing_page", "856 42 $u", "an address only"),
    noted("image_url", "856 41 $u", "an address only"),
    to("source", "786 $n"),
    to("related", "787 $n"),
];

impl Format for MarcXml {
    fn prefix(&self) -> &'static str {
        "marcxml"
    }

    fn schema(&self) -> &'static str {
        SCHEMA
    }

    fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    fn crosswalk(&self) -> &'static [Row] {
        CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let (said, named) = (Description::of(object, setting), object.title());
        let views = views(object, VIEWS_MAX);
        let mut fields: Vec<Field<'_>> = said.iter().filter_map(field).collect();
        fields.extend(titles(&said, named.trim()));
        fields.extend(issue(&said, '0', &[("date_created", "c")]));
        fields.extend(issue(&said, '1', &[("publisher", "b"), ("date_issued", "c")]));
        fields.extend(coded_dates(&said));
        let Numbers { number, others } = Numbers::of(object, &said);
        fields.extend(others.iter().map(|said| Field::new("024", '8', ' ').with("a", said.text)));
        fields.extend(holding(number, &said));
        fields.extend(languages(&said));
        fields.extend(setting.publishing.organization_code.as_deref().map(cataloguer));
        let ours = setting.addresses.id(object.id);
        fields.push(Field::new("024", '7', ' ').with("a", ours).with("2", "uri"));
        let page = setting.addresses.page(object.id);
        fields.push(Field::new("856", '4', '2').with("u", page).with("3", "Page of the object"));
        for view in &views {
            let (address, kind) = (view.address(setting), view.media_type().to_owned());
            fields.push(Field::new("856", '4', '1').with("u", address).with("q", kind));
        }
        if !views.is_empty() {
            let manifest = setting.addresses.manifest(object.id);
            fields.push(Field::new("856", '4', '1').with("u", manifest).with("3", "IIIF manifest"));
        }
        // Fields of one tag stay as they were said.
        fields.sort_by_key(|field| field.tag);
        let root = Element::new("record")
            .attribute("xmlns", NAMESPACE)
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
            .attribute("type", "Bibliographic")
            .with([Element::new("leader").text(leader(object, views.first().map(|view| view.kind)))])
            .with(controls(object, &said, setting.publishing))
            .with(fields.into_iter().map(Field::element))
            .each_once();
        Some(root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// A data field.
struct Field<'a> {
    tag: &'static str,
    indicators: [char; 2],
    subfields: Vec<Element<'a>>,
}

impl<'a> Field<'a> {
    const fn new(tag: &'static str, first: char, second: char) -> Self {
        Self { tag, indicators: [first, second], subfields: Vec::new() }
    }

    fn with(mut self, code: &'static str, text: impl Into<std::borrow::Cow<'a, str>>) -> Self {
        self.subfields.push(Element::new("subfield").attribute("code", code).text(text));
        self
    }

    fn element(self) -> Element<'a> {
        let [first, second] = self.indicators.map(String::from);
        Element::new("datafield")
            .attribute("tag", self.tag)
            .attribute("ind1", first)
            .attribute("ind2", second)
            .with(self.subfields)
            .each_once()
    }
}

/// A statement that is a field of its own.
fn field<'a>(said: &Said<'a>) -> Option<Field<'a>> {
    let words = |tag, first, second, code| Field::new(tag, first, second).with(code, said.text);
    let named = |tag, second, code| {
        let field = words(tag, ' ', second, code);
        match said.authority {
            Some(authority) => field.with("0", authority),
            None => field,
        }
    };
    Some(match said.property {
        "alternative" => words("246", '3', ' ', "a"),
        "creator" | "contributor" => words("720", ' ', ' ', "a").with("e", said.property),
        "object_type" | "style" => named("655", '4', "a"),
        "material" => named("340", ' ', "a"),
        "technique" => named("340", ' ', "d"),
        "dimensions" => words("300", ' ', ' ', "c"),
        "period" => named("648", '4', "a"),
        "culture" | "subject" => named("650", '4', "a"),
        "place" => named("651", '4', "a"),
        "coordinates" => words("255", ' ', ' ', "c"),
        "description" => words("520", ' ', ' ', "a"),
        "inscription" => words("562", ' ', ' ', "a"),
        "note" | "use" | "credit_line" => words("500", ' ', ' ', "a"),
        "collection" => words("773", '0', ' ', "t"),
        "provenance" => words("561", ' ', ' ', "a"),
        "acquired" => words("541", ' ', ' ', "d"),
        "rights" => {
            let uri = said.authority.or_else(|| if is_web(said.text) { Some(said.text) } else { None });
            let field = words("540", ' ', ' ', "a");
            match uri {
                Some(uri) => field.with("u", uri),
                None => field,
            }
        }
        "rights_holder" => words("542", ' ', ' ', "d"),
        "landing_page" if is_web(said.text) => words("856", '4', '2', "u"),
        "image_url" if is_web(said.text) => words("856", '4', '1', "u").with("3", "Image"),
        "source" => words("786", '0', ' ', "n"),
        "related" => words("787", '0', ' ', "n"),
        // What stands together in one field with others.
        _ => return None,
    })
}

/// The one title, and the others.
fn titles<'a>(said: &Description<'a>, otherwise: &str) -> Vec<Field<'a>> {
    let mut all = said.all("title").map(|said| said.text);
    let first = all.next().map_or_else(|| otherwise.to_owned().into(), std::borrow::Cow::Borrowed);
    let first = Field::new("245", '0', '0').with("a", first);
    std::iter::once(first).chain(all.map(|text| Field::new("246", '3', ' ').with("a", text))).collect()
}

/// Who made (0) or issued (1) it when, in one field.
fn issue<'a>(said: &Description<'a>, second: char, parts: &[(&'static str, &'static str)]) -> Option<Field<'a>> {
    let mut field = Field::new("264", ' ', second);
    for (property, code) in parts {
        for said in said.all(property) {
            field = field.with(code, said.text);
        }
    }
    if field.subfields.is_empty() { None } else { Some(field) }
}

/// Who keeps it, where, under which number. Departments and the number are those of the first keeper.
fn holding<'a>(number: Option<&'a str>, said: &Description<'a>) -> Vec<Field<'a>> {
    let mut keepers = said.all("holding_institution").map(|said| said.text);
    let mut first = Field::new("852", ' ', ' ');
    if let Some(keeper) = keepers.next() {
        first = first.with("a", keeper);
    }
    for department in said.all("department") {
        first = first.with("b", department.text);
    }
    if let Some(number) = number {
        first = first.with("j", number);
    }
    let rest = keepers.map(|keeper| Field::new("852", ' ', ' ').with("a", keeper));
    std::iter::once(first).filter(|field| !field.subfields.is_empty()).chain(rest).collect()
}

/// The first plain date of its making, and that of its issue, in EDTF.
fn coded_dates<'a>(said: &Description<'a>) -> Vec<Field<'a>> {
    let plain = |property| said.all(property).find_map(|said: &Said<'a>| said.edtf.and_then(ends));
    let two = |begin: &'a str, end: &'a str| if begin == end { None } else { Some(end) };
    let field = |[first, second]: [&'static str; 2], (begin, end): (&'a str, &'a str)| {
        let field = Field::new("046", ' ', ' ').with(first, begin);
        two(begin, end).into_iter().fold(field, |field, end| field.with(second, end)).with("2", "edtf")
    };
    let made = plain("date_created").map(|ends| field(["k", "l"], ends));
    // Subfields for dates before the first year have no room for EDTF.
    let issued = plain("date_issued").filter(|(begin, _)| !begin.starts_with('-')).map(|ends| field(["c", "e"], ends));
    made.into_iter().chain(issued).collect()
}

/// The languages in words, and those that are codes of MARC by their shape as codes.
fn languages<'a>(said: &Description<'a>) -> Vec<Field<'a>> {
    let notes = said.all("language").map(|said| Field::new("546", ' ', ' ').with("a", said.text));
    let mut codes = Field::new("041", ' ', ' ');
    for said in said.all("language").filter(|said| is_code(said.text)) {
        codes = codes.with("a", said.text);
    }
    let codes = if codes.subfields.is_empty() { None } else { Some(codes) };
    codes.into_iter().chain(notes).collect()
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn cataloguer(code: &str) -> Field<'_> {
    Field::new("040", ' ', ' ').with("a", code).with("c", code)
}

/// The leader. Encoding level and rules of description are unknown (`u`): the description was not made for a catalogue.
fn leader(object: &Object, kind: Option<Kind>) -> String {
    let type_of_record = match kind {
        _ if is_collection(object.level) => 'p',
        Some(Kind::Sound) => 'i',
        Some(Kind::Film) => 'g',
        Some(Kind::Text) => 'a',
        Some(Kind::Image) => 'k',
        Some(Kind::Model) | None => 'r',
    };
    let (level, control) = match object.level {
        Level::Fonds | Level::Series | Level::File | Level::Project => ('c', 'a'),
        Level::Work | Level::Instance | Level::Item => ('m', ' '),
    };
    format!("00000n{type_of_record}{level}{control}a2200000uu 4500")
}

const fn is_collection(level: Level) -> bool {
    match level {
        Level::Fonds | Level::Series | Level::File | Level::Project => true,
        Level::Work | Level::Instance | Level::Item => false,
    }
}

fn controls<'a>(object: &Object, said: &Description<'_>, publishing: &'a Publishing) -> Vec<Element<'a>> {
    let control = |tag| Element::new("controlfield").attribute("tag", tag);
    let code = publishing.organization_code.as_deref().map(|code| control("003").text(code));
    let mut all = vec![control("001").text(object.id.to_string())];
    all.extend(code);
    all.push(control("008").text(fixed(object, said)));
    all
}

/// Field 008: when it came in, when it was made, its language. What depends on the material is not coded (`|`).
fn fixed(object: &Object, said: &Description<'_>) -> String {
    let day: String = object.created_at.to_seconds_string().chars().take(10).filter(|c| *c != '-').skip(2).collect();
    let dated = said.all("date_created").chain(said.all("date_issued")).find_map(|said| said.edtf.and_then(ends));
    // MARC has no years before the first.
    let year = |date: &str| edtf::first_day(date).map(|day| day[..4].to_owned());
    let years = dated.and_then(|(begin, end)| Some((year(begin)?, year(end)?)));
    let span = match years {
        Some((begin, end)) if begin == end => format!("s{begin}    "),
        // Somewhen between them; of a collection, all the while.
        Some((begin, end)) => format!("{}{begin}{end}", if is_collection(object.level) { 'i' } else { 'q' }),
        None => "nuuuuuuuu".to_owned(),
    };
    let language = said.all("language").map(|said| said.text).find(|text| is_code(text)).unwrap_or("|||");
    format!("{day:0>6}{span}xx {}{language}||", "|".repeat(17))
}
