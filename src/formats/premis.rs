//! PREMIS 3 (<https://www.loc.gov/standards/premis/>): what is kept of a thing, for whoever keeps it too: each file with its
//! digests, size and format, what belongs to what, and what one may do with it.
//!
//! Only the thing, its files, its rights and the keeper are told. What happened to it is the ledger's to tell, and the public
//! does not hear all of it: of events there is the accession.

use fonds_projections::feed::{Format, Place, Row, Setting, noted};
use fonds_schemas::{Event, Object, StoredFile};

use super::element::Element;
use super::files::{self, FILES_MAX};
use super::said::{Description, Said, is_web};
use crate::iiif::presentation::rights;

/// The format.
pub struct Premis;

pub(super) const NAMESPACE: &str = "http://www.loc.gov/premis/v3";
const SCHEMA: &str = "http://www.loc.gov/standards/premis/v3/premis.xsd";

/// Why PREMIS leaves a property out.
const DESCRIBED: Place = Place::Lost { why: "PREMIS leaves description to other formats" };

const fn described(property: &'static str) -> Row {
    Row { property, place: DESCRIBED }
}

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted(
        "title",
        "object/significantProperties",
        "the first is the originalName, too; else the number that it came with",
    ),
    described("alternative"),
    described("creator"),
    described("contributor"),
    described("publisher"),
    described("date_created"),
    described("date_issued"),
    described("object_type"),
    described("material"),
    described("technique"),
    described("dimensions"),
    described("period"),
    described("culture"),
    described("style"),
    described("use"),
    described("subject"),
    described("place"),
    described("coordinates"),
    described("language"),
    described("description"),
    described("inscription"),
    described("note"),
    noted("identifier", "object/objectIdentifier", "of the type local"),
    described("holding_institution"),
    described("department"),
    described("collection"),
    described("provenance"),
    described("credit_line"),
    described("acquired"),
    noted("rights", "rightsStatement", "a licence by its URI, anything else in words"),
    noted("rights_holder", "agent/agentName", "linked from every rightsStatement"),
    described("landing_page"),
    described("image_url"),
    described("source"),
    described("related"),
];

impl Format for Premis {
    fn prefix(&self) -> &'static str {
        "premis"
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
        let kept = Kept { object, setting, said: &Description::of(object, setting) };
        let root = Element::new("premis:premis")
            .attribute("xmlns:premis", NAMESPACE)
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
            .attribute("version", "3.0")
            .with([kept.entity()])
            .with(kept.representation())
            .with(files::named(object).map(|file| kept.file(file)))
            .with([kept.accession()])
            .with(kept.agents())
            .with(kept.rights());
        Some(root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        files::is_unmoved(before, event)
    }
}

/// A thing that is kept.
#[derive(Clone, Copy)]
pub(super) struct Kept<'b, 'a> {
    pub(super) object: &'a Object,
    pub(super) setting: &'b Setting<'b>,
    pub(super) said: &'b Description<'a>,
}

impl<'a> Kept<'_, 'a> {
    fn id(&self) -> String {
        self.setting.addresses.id(self.object.id)
    }

    fn representation_id(&self) -> String {
        format!("{}#representation", self.id())
    }

    /// The thing itself.
    fn entity(&self) -> Element<'a> {
        let number = self.object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
        let others = self.said.all("identifier").map(|said| said.text).filter(|text| Some(*text) != number);
        let names = number.into_iter().chain(others).map(|text| identifier(OBJECT, "local", text.to_owned()));
        let represented = if self.object.files.is_empty() {
            None
        } else {
            Some(relationship("is represented by", [(self.representation_id(), None)]))
        };
        object("premis:intellectualEntity")
            .with([identifier(OBJECT, "URI", self.id())])
            .with(names)
            .with(self.said.all("title").map(|said| property("title", said.text.to_owned())))
            .with([Element::new("premis:originalName").text(self.object.title().trim().to_owned())])
            .with(represented)
            .with([linking(LINKED_EVENT, self.accession_id())])
            .with(self.statements().map(|(id, _)| linking(LINKED_RIGHTS, id)))
    }

    /// All its files together, in their order.
    fn representation(&self) -> Option<Element<'a>> {
        if self.object.files.is_empty() {
            return None;
        }
        let only = property("files described", format!("the first {FILES_MAX}"));
        let only = if files::has_more(self.object) { Some(only) } else { None };
        let parts = (1u32..).zip(files::named(self.object));
        let parts = parts.map(|(number, file)| (self.setting.addresses.content(file.file), Some(number)));
        let entity = object("premis:representation")
            .with([identifier(OBJECT, "URI", self.representation_id())])
            .with(only)
            .with([relationship("represents", [(self.id(), None)]), relationship("includes", parts)]);
        Some(entity)
    }

    /// One file.
    pub(super) fn file(&self, file: &'a StoredFile) -> Element<'a> {
        let address = self.setting.addresses.content(file.file);
        let fixity = |algorithm: &'static str, digest: String| {
            Element::new("premis:fixity").with([
                Element::new("premis:messageDigestAlgorithm").text(algorithm),
                Element::new("premis:messageDigest").text(digest),
            ])
        };
        let name = Element::new("premis:formatName").text(file.media_type.as_str());
        let format = Element::new("premis:formatDesignation").with([name]);
        let characteristics = Element::new("premis:objectCharacteristics").with([
            Element::new("premis:compositionLevel").text("0"),
            fixity("SHA-256", file.sha256.to_string()),
            fixity("SHA-512", file.sha512.to_string()),
            Element::new("premis:size").text(file.bytes.to_string()),
            Element::new("premis:format").with([format]),
        ]);
        let location = Element::new("premis:contentLocation").with([
            Element::new("premis:contentLocationType").text("URL"),
            Element::new("premis:contentLocationValue").text(address.clone()),
        ]);
        object("premis:file")
            .with([identifier(OBJECT, "URI", address), identifier(OBJECT, "local", file.file.to_string())])
            .with([property("role", file.role.as_str().to_owned())])
            .with(properties(file))
            .with([characteristics, Element::new("premis:originalName").text(file.name.as_str())])
            .with([Element::new("premis:storage").with([location])])
            .with([relationship("is included in", [(self.representation_id(), None)])])
    }

    fn accession_id(&self) -> String {
        format!("{}#accession", self.id())
    }

    /// That it came into the archive, and on which day.
    fn accession(&self) -> Element<'a> {
        let day: String = self.object.created_at.to_seconds_string().chars().take(10).collect();
        Element::new("premis:event").with([
            identifier(EVENT, "URI", self.accession_id()),
            Element::new("premis:eventType").text("accession"),
            Element::new("premis:eventDateTime").text(day),
            linking(LINKED_AGENT, self.keeper_id()),
            linking(LINKED_OBJECT, self.id()),
        ])
    }

    /// What the keeper is called: its own page, else the archive's front page.
    fn keeper_id(&self) -> String {
        let homepage = self.setting.publishing.homepage.as_deref();
        homepage.map_or_else(|| format!("{}/", self.setting.addresses.base()), str::to_owned)
    }

    fn holders(&self) -> impl Iterator<Item = (String, &Said<'a>)> {
        let id = self.id();
        let holders = (1u32..).zip(self.said.all("rights_holder"));
        holders.map(move |(number, said)| {
            (said.authority.map_or_else(|| format!("{id}#rights-holder-{number}"), str::to_owned), said)
        })
    }

    /// The keeper, and who holds rights.
    fn agents(&self) -> Vec<Element<'a>> {
        let agent = |id: String, name: String| {
            let name = Element::new("premis:agentName").text(name);
            Element::new("premis:agent").with([identifier(AGENT, "URI", id), name])
        };
        let keeper = agent(self.keeper_id(), self.setting.publishing.institution.clone());
        let mut all = vec![keeper.with([Element::new("premis:agentType").text("organization")])];
        all.extend(self.holders().map(|(id, said)| agent(id, said.text.to_owned())));
        all
    }

    fn statements(&self) -> impl Iterator<Item = (String, &Said<'a>)> {
        let id = self.id();
        (1u32..).zip(self.said.all("rights")).map(move |(number, said)| (format!("{id}#rights-{number}"), said))
    }

    /// What one may do with it.
    pub(super) fn rights(&self) -> Option<Element<'a>> {
        let statement = |(id, said): (String, &Said<'a>)| {
            let holders = self.holders().map(|(id, _)| {
                linking(LINKED_AGENT, id).with([Element::new("premis:linkingAgentRole").text("rights holder")])
            });
            let [basis, information] = basis(said);
            Element::new("premis:rightsStatement")
                .with([identifier(RIGHTS, "URI", id), basis, information])
                .with([linking(LINKED_OBJECT, self.id())])
                .with(holders)
        };
        Element::around("premis:rights", self.statements().map(statement))
    }
}

/// On what a right rests: a licence of Creative Commons, or what somebody says.
fn basis<'a>(said: &Said<'a>) -> [Element<'a>; 2] {
    let uri = said.authority.and_then(rights::uri).or_else(|| rights::uri(said.text));
    let address = uri.clone().or_else(|| said.authority.map(str::to_owned));
    let words = if is_web(said.text) && address.is_some() { None } else { Some(said.text) };
    let basis = |text: &'static str| Element::new("premis:rightsBasis").text(text);
    if uri.is_some_and(|uri| uri.contains("://creativecommons.org/licenses/")) {
        let licence = address.map(|uri| identifier(LICENCE, "URI", uri));
        let terms = words.map(|text| Element::new("premis:licenseTerms").text(text));
        return [basis("license"), Element::new("premis:licenseInformation").with(licence).with(terms)];
    }
    let documentation = address.map(|uri| identifier(OTHER, "URI", uri));
    let note = words.map(|text| Element::new("premis:otherRightsNote").text(text));
    let other = Element::new("premis:otherRightsInformation")
        .with(documentation)
        .with([Element::new("premis:otherRightsBasis").text("rights statement")])
        .with(note);
    [basis("other"), other]
}

/// What a file looks and sounds like.
fn properties<'a>(file: &StoredFile) -> impl Iterator<Item = Element<'a>> {
    let sides = file.width.zip(file.height).map(|(width, height)| format!("{width}x{height}"));
    let pages = if file.pages.is_empty() { None } else { Some((file.pages.len() + 1).to_string()) };
    let known = [
        ("pixel dimensions", sides),
        ("page count", pages),
        ("duration in milliseconds", file.duration_ms.map(|number| number.to_string())),
    ];
    known.into_iter().filter_map(|(kind, value)| Some(property(kind, value?)))
}

fn property<'a>(kind: &'static str, value: String) -> Element<'a> {
    Element::new("premis:significantProperties").with([
        Element::new("premis:significantPropertiesType").text(kind),
        Element::new("premis:significantPropertiesValue").text(value),
    ])
}

fn object<'a>(kind: &'static str) -> Element<'a> {
    Element::new("premis:object").attribute("xsi:type", kind)
}

/// The elements of an identifier: around it, its type, its value.
type Names = [&'static str; 3];

const OBJECT: Names = ["premis:objectIdentifier", "premis:objectIdentifierType", "premis:objectIdentifierValue"];
const EVENT: Names = ["premis:eventIdentifier", "premis:eventIdentifierType", "premis:eventIdentifierValue"];
const AGENT: Names = ["premis:agentIdentifier", "premis:agentIdentifierType", "premis:agentIdentifierValue"];
const RIGHTS: Names = [
    "premis:rightsStatementIdentifier",
    "premis:rightsStatementIdentifierType",
    "premis:rightsStatementIdentifierValue",
];
const LICENCE: Names = [
    "premis:licenseDocumentationIdentifier",
    "premis:licenseDocumentationIdentifierType",
    "premis:licenseDocumentationIdentifierValue",
];
const OTHER: Names = [
    "premis:otherRightsDocumentationIdentifier",
    "premis:otherRightsDocumentationIdentifierType",
    "premis:otherRightsDocumentationIdentifierValue",
];
const LINKED_OBJECT: Names =
    ["premis:linkingObjectIdentifier", "premis:linkingObjectIdentifierType", "premis:linkingObjectIdentifierValue"];
const LINKED_EVENT: Names =
    ["premis:linkingEventIdentifier", "premis:linkingEventIdentifierType", "premis:linkingEventIdentifierValue"];
const LINKED_AGENT: Names =
    ["premis:linkingAgentIdentifier", "premis:linkingAgentIdentifierType", "premis:linkingAgentIdentifierValue"];
const LINKED_RIGHTS: Names = [
    "premis:linkingRightsStatementIdentifier",
    "premis:linkingRightsStatementIdentifierType",
    "premis:linkingRightsStatementIdentifierValue",
];
const RELATED: Names =
    ["premis:relatedObjectIdentifier", "premis:relatedObjectIdentifierType", "premis:relatedObjectIdentifierValue"];

fn identifier<'a>([name, kind, value]: Names, scheme: &'static str, text: String) -> Element<'a> {
    Element::new(name).with([Element::new(kind).text(scheme), Element::new(value).text(text)])
}

/// A link to what has that URI.
fn linking<'a>(names: Names, id: String) -> Element<'a> {
    identifier(names, "URI", id)
}

/// How something stands to those objects, each with its place where they have an order.
fn relationship<'a>(kind: &'static str, to: impl IntoIterator<Item = (String, Option<u32>)>) -> Element<'a> {
    let related = |(id, place): (String, Option<u32>)| {
        let place = place.map(|place| Element::new("premis:relatedObjectSequence").text(place.to_string()));
        identifier(RELATED, "URI", id).with(place)
    };
    Element::new("premis:relationship")
        .with([
            Element::new("premis:relationshipType").text("structural"),
            Element::new("premis:relationshipSubType").text(kind),
        ])
        .with(to.into_iter().map(related))
}
