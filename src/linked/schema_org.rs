//! An object in the words of schema.org (<https://schema.org>, version 29): what search engines read from a page.
//!
//! schema.org has no word for some of what archives say, and none is bent for it. What may be a person or a body goes without a
//! type: nobody said which.

use fonds_projections::feed::{Format, Place, Row, Setting, lost, noted, to};
use fonds_schemas::{Level, Object, Property, RelationKind, property};
use serde_json::Value;

use super::face::{Beside, Face, NAMED_MAX, Named, Node, named};
use crate::formats::said::{Description, Said, ends, is_web};
use crate::formats::views::{Kind, View, views};
use crate::iiif::presentation::place::point;

/// The face.
pub struct SchemaOrg;

/// The context, which nobody needs to fetch to read the document.
const CONTEXT: &str = "https://schema.org";
/// The code of pixels in the recommendation of UN/CEFACT for units (No. 20).
const PIXELS: &str = "E37";

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "name", "without one, the number that it came with"),
    to("alternative", "alternateName"),
    noted("creator", "creator", "the authority as its @id"),
    noted("contributor", "contributor", "the authority as its @id"),
    noted("publisher", "publisher", "the authority as its @id"),
    noted("date_created", "dateCreated", "a plain date in EDTF; else temporal, in words"),
    noted("date_issued", "datePublished", "a plain date in EDTF; else temporal, in words"),
    noted("object_type", "genre", "with an authority, additionalType too"),
    noted("material", "material", "in words; with an authority, a DefinedTerm among the keywords too"),
    noted("technique", "keywords", "with an authority, a DefinedTerm"),
    noted("dimensions", "size", "of archival levels, materialExtent"),
    to("period", "temporalCoverage"),
    noted("culture", "keywords", "with an authority, a DefinedTerm"),
    noted("style", "genre", "with an authority, a DefinedTerm among the keywords too"),
    noted("use", "keywords", "with an authority, a DefinedTerm"),
    noted("subject", "about", "the authority as its @id"),
    noted("place", "spatialCoverage", "a Place with the authority as its @id"),
    noted("coordinates", "spatialCoverage", "a Place with geo; of the place, where both are one"),
    to("language", "inLanguage"),
    to("description", "description"),
    to("inscription", "text"),
    to("note", "description"),
    to("identifier", "identifier"),
    noted("holding_institution", "holdingArchive", "without one, the archive"),
    to("department", "holdingArchive/department"),
    noted("collection", "isPartOf", "a Collection"),
    lost("provenance", "schema.org has no word for where a work was before"),
    to("credit_line", "creditText"),
    lost("acquired", "schema.org has no word for when a work came to its holder"),
    noted("rights", "license", "the URI; words become copyrightNotice"),
    to("rights_holder", "copyrightHolder"),
    noted("landing_page", "sameAs", "an address only"),
    noted("image_url", "image", "an address only"),
    noted("source", "isBasedOn", "a CreativeWork of that name"),
    lost("related", "schema.org has no word for a relation that nobody named"),
];

impl Format for SchemaOrg {
    fn prefix(&self) -> &'static str {
        "schema_org"
    }

    fn schema(&self) -> &'static str {
        CONTEXT
    }

    fn namespace(&self) -> &'static str {
        "https://schema.org/"
    }

    fn crosswalk(&self) -> &'static [Row] {
        CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        Some(self.document(object, &[], setting).to_string())
    }

    fn place_of(&self, property: &Property) -> Option<Place> {
        let term = property::nearest(property)?;
        CROSSWALK.iter().find(|row| row.property == term.name).map(|row| row.place)
    }
}

impl Face for SchemaOrg {
    fn extension(&self) -> &'static str {
        "schema.jsonld"
    }

    fn profile(&self) -> &'static str {
        "https://schema.org/"
    }

    fn label(&self) -> &'static str {
        "schema.org"
    }

    fn document(&self, object: &Object, beside: &[Beside], setting: &Setting<'_>) -> Value {
        let said = Description::of(object, setting);
        let work = Work { object, setting, said: &said };
        let mut node = work.named();
        node = work.made(node);
        node = work.about(node);
        node = work.held(node);
        node = work.shown(node);
        work.beside(&mut node, beside);
        node.into()
    }
}

struct Work<'a> {
    object: &'a Object,
    setting: &'a Setting<'a>,
    said: &'a Description<'a>,
}

/// The class of an object: things of archives are works that somebody holds.
#[must_use]
pub fn classes(level: Level) -> [&'static str; 2] {
    match level {
        Level::Fonds | Level::Series | Level::File => ["Collection", "ArchiveComponent"],
        Level::Work | Level::Project | Level::Instance | Level::Item => ["CreativeWork", "ArchiveComponent"],
    }
}

impl Work<'_> {
    fn named(&self) -> Node {
        let addresses = self.setting.addresses;
        let source = self.object.source.as_ref().map(|source| source.identifier.trim());
        let source = source.filter(|text| !self.said.all("identifier").any(|said| said.text == *text));
        let identifiers = source.into_iter().chain(self.said.all("identifier").map(|said| said.text));
        let mut names = self.texts(&["title"]);
        if names.is_empty() {
            names.push(self.object.title().into());
        }
        Node::new("@context", CONTEXT)
            .with("@id", addresses.id(self.object.id))
            .with("@type", classes(self.object.level).map(Value::from).to_vec())
            .with("url", addresses.page(self.object.id))
            .with("name", one_or_all(names))
            .with("alternateName", self.texts(&["alternative"]))
            .with("identifier", identifiers.map(Value::from).collect::<Vec<_>>())
            .with("sameAs", self.addresses("landing_page"))
            .with("sdPublisher", organization("Organization", &self.setting.publishing.institution, self.homepage()))
            .with("sdLicense", self.setting.publishing.record_rights.clone())
    }

    fn homepage(&self) -> String {
        let own = || self.setting.addresses.base().to_owned();
        self.setting.publishing.homepage.clone().unwrap_or_else(own)
    }

    fn made(&self, node: Node) -> Node {
        let (created, created_in_words) = self.dates("date_created");
        let (issued, issued_in_words) = self.dates("date_issued");
        node.with("creator", self.things("creator", None))
            .with("contributor", self.things("contributor", None))
            .with("publisher", self.things("publisher", None))
            .with("dateCreated", created)
            .with("datePublished", issued)
            .with("temporal", created_in_words.into_iter().chain(issued_in_words).collect::<Vec<_>>())
            .with("material", self.texts(&["material"]))
            .with(self.extent(), self.texts(&["dimensions"]))
    }

    fn extent(&self) -> &'static str {
        if classes(self.object.level)[0] == "Collection" { "materialExtent" } else { "size" }
    }

    fn about(&self, node: Node) -> Node {
        let types = named(self.said, "object_type");
        let types: Vec<Value> = types.iter().filter_map(|one| one.authority).map(Value::from).collect();
        let words = ["technique", "culture", "use"].into_iter().flat_map(|property| self.terms(property, true));
        let known = ["material", "style"].into_iter().flat_map(|property| self.terms(property, false));
        node.with("additionalType", types)
            .with("genre", self.texts(&["object_type", "style"]))
            .with("keywords", words.chain(known).collect::<Vec<_>>())
            .with("temporalCoverage", self.texts(&["period"]))
            .with("spatialCoverage", self.places())
            .with("about", self.things("subject", None))
            .with("inLanguage", self.said.all("language").map(|said| said.text.into()).collect::<Vec<Value>>())
            .with("description", self.texts(&["description", "note"]))
            .with("text", self.texts(&["inscription"]))
            .with("isBasedOn", self.things("source", Some("CreativeWork")))
    }

    fn held(&self, node: Node) -> Node {
        let departments = self.things("department", Some("Organization"));
        let mut holders: Vec<Node> =
            named(self.said, "holding_institution").iter().map(|one| thing(one, Some("ArchiveOrganization"))).collect();
        if holders.is_empty() {
            holders.push(organization("ArchiveOrganization", &self.setting.publishing.institution, self.homepage()));
        }
        // Whose departments they are is known where there is one holder.
        let holders = holders
            .into_iter()
            .enumerate()
            .map(|(place, holder)| if place == 0 { holder.with("department", departments.clone()) } else { holder });
        let words = self.said.all("rights").filter(|said| !is_web(said.text)).map(text);
        node.with("holdingArchive", holders.map(Value::from).collect::<Vec<_>>())
            .with("isPartOf", self.things("collection", Some("Collection")))
            .with("license", self.said.license())
            .with("copyrightNotice", words.collect::<Vec<_>>())
            .with("copyrightHolder", self.things("rights_holder", None))
            .with("creditText", self.texts(&["credit_line"]))
    }

    fn shown(&self, node: Node) -> Node {
        let all = views(self.object, NAMED_MAX);
        let (images, others): (Vec<View<'_>>, Vec<View<'_>>) =
            all.into_iter().partition(|view| view.kind == Kind::Image);
        let mut images: Vec<Value> = images.iter().map(|view| self.image(view).into()).collect();
        images.extend(self.addresses("image_url"));
        let manifest = self.setting.addresses.manifest(self.object.id);
        let manifest = Node::new("@id", manifest.clone())
            .with("@type", "DigitalDocument")
            .with("name", "IIIF manifest")
            .with("url", manifest)
            .with("encodingFormat", "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"");
        let is_shown = !images.is_empty() || !others.is_empty();
        node.with("image", images)
            .with("associatedMedia", others.iter().map(|view| self.media(view).into()).collect::<Vec<Value>>())
            .with("subjectOf", if is_shown { Value::from(manifest) } else { Value::Null })
    }

    fn image(&self, view: &View<'_>) -> Node {
        let service = self.setting.addresses.image(view.page.id());
        let pixels = |side: Option<u32>| side.map(|side| Value::from(quantity(side)));
        let (width, height) = (view.page.sides.map(|sides| sides.0), view.page.sides.map(|sides| sides.1));
        Node::new("@type", "ImageObject")
            .with("contentUrl", format!("{service}/full/max/0/default.jpg"))
            .with("thumbnailUrl", format!("{service}/full/!400,400/0/default.jpg"))
            .with("encodingFormat", "image/jpeg")
            .with("width", pixels(width))
            .with("height", pixels(height))
            .with("license", self.said.license())
            .with("creditText", self.texts(&["credit_line"]))
    }

    fn media(&self, view: &View<'_>) -> Node {
        let class = match view.kind {
            Kind::Image => "ImageObject",
            Kind::Sound => "AudioObject",
            Kind::Film => "VideoObject",
            Kind::Text => "DigitalDocument",
            Kind::Model => "3DModel",
        };
        let file = view.page.file;
        Node::new("@type", class)
            .with("name", file.name.as_str())
            .with("contentUrl", self.setting.addresses.content(file.file))
            .with("encodingFormat", file.media_type.as_str())
            .with("contentSize", format!("{} B", file.bytes))
            .with("sha256", file.sha256.to_string())
            .with("duration", file.duration_ms.map(|ms| format!("PT{}.{:03}S", ms / 1000, ms % 1000)))
    }

    fn beside(&self, node: &mut Node, beside: &[Beside]) {
        for Beside { kind, object } in beside {
            let word = match kind {
                RelationKind::PartOf => "isPartOf",
                RelationKind::Realises => "about",
                RelationKind::InstanceOf | RelationKind::ItemOf => "exampleOfWork",
                RelationKind::DerivedFrom => "isBasedOn",
                // schema.org has no word for these.
                RelationKind::ProducedBy | RelationKind::Related => continue,
            };
            let addresses = self.setting.addresses;
            let other = Node::new("@id", addresses.id(object.id))
                .with("@type", classes(object.level).map(Value::from).to_vec())
                .with("name", object.title())
                .with("url", addresses.page(object.id));
            node.add(word, [other]);
        }
    }

    fn texts(&self, properties: &[&'static str]) -> Vec<Value> {
        properties.iter().flat_map(|property| self.said.all(property)).map(text).collect()
    }

    fn addresses(&self, property: &'static str) -> Vec<Value> {
        self.said.all(property).filter(|said| is_web(said.text)).map(|said| said.text.into()).collect()
    }

    fn things(&self, property: &'static str, class: Option<&str>) -> Vec<Value> {
        named(self.said, property).iter().map(|one| thing(one, class).into()).collect()
    }

    /// Words of a vocabulary; those that have no address only if they stand nowhere else.
    fn terms(&self, property: &'static str, all: bool) -> Vec<Value> {
        let all = named(self.said, property).into_iter().filter(|one| all || one.authority.is_some());
        let term = |one: Named<'_>| match one.authority {
            Some(_) => vec![thing(&one, Some("DefinedTerm")).into()],
            None => one.labels.iter().map(|said| text(said)).collect(),
        };
        all.flat_map(term).collect()
    }

    fn places(&self) -> Vec<Value> {
        let mut places: Vec<Node> = named(self.said, "place").iter().map(|one| thing(one, Some("Place"))).collect();
        let points: Vec<Node> = self
            .said
            .all("coordinates")
            .filter_map(|said| point(said.text))
            .map(|point| {
                let [longitude, latitude] = point.coordinates;
                Node::new("@type", "GeoCoordinates").with("latitude", latitude).with("longitude", longitude)
            })
            .collect();
        if let ([_], [_]) = (&places[..], &points[..]) {
            places = places.into_iter().zip(points).map(|(place, point)| place.with("geo", point)).collect();
        } else {
            places.extend(points.into_iter().map(|point| Node::new("@type", "Place").with("geo", point)));
        }
        places.into_iter().map(Value::from).collect()
    }

    /// Dates that are dates, and what else is said of when.
    fn dates(&self, property: &'static str) -> (Vec<Value>, Vec<Value>) {
        let (mut dates, mut words) = (Vec::new(), Vec::new());
        for said in self.said.all(property) {
            // A span is no date for schema.org.
            match said.edtf.filter(|edtf| ends(edtf).is_some_and(|(begin, end)| begin == end)) {
                Some(edtf) => dates.push(edtf.into()),
                None => words.push(text(said)),
            }
        }
        (dates, words)
    }
}

fn quantity(pixels: u32) -> Node {
    Node::new("@type", "QuantitativeValue").with("value", pixels).with("unitCode", PIXELS)
}

fn organization(class: &str, name: &str, url: String) -> Node {
    Node::new("@type", class).with("name", name).with("url", url)
}

/// Something with a name, or several for one address.
fn thing(one: &Named<'_>, class: Option<&str>) -> Node {
    let names: Vec<Value> = one.labels.iter().map(|said| text(said)).collect();
    Node::default().with("@type", class).with("@id", one.authority).with("name", one_or_all(names))
}

/// Words, in their language where it is known.
fn text(said: &Said<'_>) -> Value {
    match said.language {
        Some(language) => Node::new("@value", said.text).with("@language", language).into(),
        None => said.text.into(),
    }
}

/// A list of one is that one: readers of schema.org ask for a name.
fn one_or_all(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { values.into() }
}
