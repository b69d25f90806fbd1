//! The description of an object as RDF: the classes of the Europeana Data Model, Dublin Core and whatever properties its
//! statements name. Pure: the same object gives the same quads.
//!
//! Every quad has a subject that belongs to this object alone (the thing, its aggregation, its views, its files), so
//! that taking an object out of the graph never takes anything from another. Source: EDM definition 5.2.8.

use std::collections::BTreeSet;

use fonds_schemas::property::is_iri;
use fonds_schemas::{Addresses, FileId, Object, ObjectId, Relation, RelationKind, Statement, StoredFile};
use oxigraph::model::vocab::rdf;
use oxigraph::model::{GraphName, Literal, NamedNode, NamedNodeRef, Quad, Term};

use super::vocabulary::{
    BF_INSTANCE_OF, BF_ITEM_OF, CRM_DOCUMENTS, CRM_PRODUCED_BY, DC_IDENTIFIER, DC_RIGHTS, DCTERMS_IS_FORMAT_OF,
    DCTERMS_IS_PART_OF, DCTERMS_IS_REFERENCED_BY, DCTERMS_RELATION, DCTERMS_TYPE, EBUCORE_BYTES, EBUCORE_FILE_NAME,
    EBUCORE_HEIGHT, EBUCORE_MIME_TYPE, EBUCORE_WIDTH, EDM_AGGREGATED_CHO, EDM_DATA_PROVIDER, EDM_HAS_VIEW,
    EDM_IS_SHOWN_AT, EDM_IS_SHOWN_BY, EDM_PROVIDED_CHO, EDM_RIGHTS, EDM_TYPE, EDM_WEB_RESOURCE, EDTF, ORE_AGGREGATES,
    ORE_AGGREGATION, PREMIS_DIGEST, PREMIS_FILE, PROV_WAS_DERIVED_FROM, SVCS_HAS_SERVICE,
};

/// The description of the object, without its relations to other objects: what those may show depends on the others.
#[must_use]
pub fn quads(object: &Object, addresses: &Addresses) -> Vec<Quad> {
    with_files(object, addresses, object.files.iter())
}

/// The descriptions of an object before and after something, both without the files of which they say the same: of ten
/// thousand files mostly one has come.
pub(super) fn quads_of_both(before: &Object, after: &Object, addresses: &Addresses) -> [Vec<Quad>; 2] {
    let moved = after.files.not_in(Some(&before.files)).chain(before.files.not_in(Some(&after.files)));
    // The image that an object is shown by is said to be so, and every other one to be another view.
    let moved: BTreeSet<FileId> = moved.map(|file| file.file).chain(shown_by(before)).chain(shown_by(after)).collect();
    [before, after].map(|object| with_files(object, addresses, moved.iter().filter_map(|file| object.file(*file))))
}

fn shown_by(object: &Object) -> Option<FileId> {
    object.files.iter().find(|file| file.is_image()).map(|file| file.file)
}

fn with_files<'a>(object: &Object, addresses: &Addresses, files: impl Iterator<Item = &'a StoredFile>) -> Vec<Quad> {
    let thing = name(object.id, addresses);
    let aggregation = NamedNode::new_unchecked(format!("{}#aggregation", thing.as_str()));
    let mut description = Description { addresses, thing, aggregation, quads: Vec::with_capacity(32) };
    description.thing_of(object);
    description.aggregation_of(object);
    let shown = shown_by(object);
    for file in files {
        description.file(object.id, file);
        if file.is_image() && shown != Some(file.file) {
            let view = description.view(file);
            description.say_of_aggregation(EDM_HAS_VIEW, view);
        }
    }
    description.quads
}

/// One relation as a quad of the default graph.
#[must_use]
pub fn relation(object: ObjectId, relation: &Relation, addresses: &Addresses) -> Quad {
    let predicate = match relation.kind {
        RelationKind::PartOf => DCTERMS_IS_PART_OF,
        RelationKind::Realises => CRM_DOCUMENTS,
        RelationKind::ProducedBy => CRM_PRODUCED_BY,
        RelationKind::InstanceOf => BF_INSTANCE_OF,
        RelationKind::ItemOf => BF_ITEM_OF,
        RelationKind::DerivedFrom => PROV_WAS_DERIVED_FROM,
        RelationKind::Related => DCTERMS_RELATION,
    };
    let target = name(relation.target, addresses);
    Quad::new(name(object, addresses), predicate, target, GraphName::DefaultGraph)
}

/// The name of an object in the graph.
pub(super) fn name(object: ObjectId, addresses: &Addresses) -> NamedNode {
    // A public address is checked when the settings are read.
    NamedNode::new_unchecked(addresses.id(object))
}

struct Description<'a> {
    addresses: &'a Addresses,
    thing: NamedNode,
    aggregation: NamedNode,
    quads: Vec<Quad>,
}

impl Description<'_> {
    fn say(&mut self, subject: NamedNode, predicate: NamedNodeRef<'_>, object: impl Into<Term>) {
        self.quads.push(Quad::new(subject, predicate, object, GraphName::DefaultGraph));
    }

    fn say_of_thing(&mut self, predicate: NamedNodeRef<'_>, object: impl Into<Term>) {
        self.say(self.thing.clone(), predicate, object);
    }

    fn say_of_aggregation(&mut self, predicate: NamedNodeRef<'_>, object: impl Into<Term>) {
        self.say(self.aggregation.clone(), predicate, object);
    }

    fn thing_of(&mut self, object: &Object) {
        self.say_of_thing(rdf::TYPE, EDM_PROVIDED_CHO);
        self.say_of_thing(DCTERMS_TYPE, NamedNode::new_unchecked(format!("urn:fonds:level:{}", object.level.as_str())));
        if let Some(kind) = edm_type(object) {
            self.say_of_thing(EDM_TYPE, Literal::new_simple_literal(kind));
        }
        for standing in &object.statements {
            self.statement(&standing.statement);
        }
        let identifier = object.source.as_ref().map(|source| source.identifier.as_str());
        if let Some(identifier) = identifier.filter(|id| !object.values("identifier").any(|s| s.text == *id)) {
            self.say_of_thing(DC_IDENTIFIER, Literal::new_simple_literal(writable(identifier)));
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement.property.as_str() {
            "rights" => return self.rights(statement),
            // What an aggregation has at most one of is chosen among all the object's statements.
            "landing_page" | "image_url" => return,
            _ => {}
        }
        let property = statement.property.iri();
        // What the archive took for an IRI, RDF may not: its name then stands under one of our own.
        let property = NamedNode::new(property).unwrap_or_else(|_not_an_iri| {
            NamedNode::new_unchecked(format!("urn:fonds:property:{}", escaped(property)))
        });
        self.say_of_thing(property.as_ref(), literal(statement));
        if let Some(edtf) = &statement.edtf {
            self.say_of_thing(property.as_ref(), Literal::new_typed_literal(writable(edtf), EDTF));
        }
        let authority = statement.authority.as_deref().and_then(|authority| self.resource(authority));
        if let Some(authority) = authority {
            self.say_of_thing(property.as_ref(), authority);
        }
    }

    /// A licence or rights statement known by its address belongs to the aggregation; words belong to the thing.
    fn rights(&mut self, statement: &Statement) {
        let named = statement.authority.as_deref().and_then(|authority| self.resource(authority));
        match self.resource(&statement.text) {
            Some(address) => self.say_of_aggregation(EDM_RIGHTS, address),
            None => self.say_of_thing(DC_RIGHTS, literal(statement)),
        }
        if let Some(named) = named {
            self.say_of_aggregation(EDM_RIGHTS, named);
        }
    }

    fn aggregation_of(&mut self, object: &Object) {
        let thing = self.thing.clone();
        self.say_of_aggregation(rdf::TYPE, ORE_AGGREGATION);
        self.say_of_aggregation(EDM_AGGREGATED_CHO, thing);
        if let Some(holder) = object.values("holding_institution").next() {
            self.say_of_aggregation(EDM_DATA_PROVIDER, literal(holder));
        }
        let landing = object.values("landing_page").find_map(|page| self.resource(&page.text));
        let page = landing.unwrap_or_else(|| NamedNode::new_unchecked(self.addresses.page(object.id)));
        self.say_of_aggregation(EDM_IS_SHOWN_AT, page);
        let elsewhere = object.values("image_url").find_map(|image| self.resource(&image.text));
        let ours = object.files.iter().find(|file| file.is_image()).map(|file| self.view(file));
        if let Some(image) = ours.or(elsewhere) {
            self.say_of_aggregation(EDM_IS_SHOWN_BY, image);
        }
    }

    fn view(&self, file: &StoredFile) -> NamedNode {
        NamedNode::new_unchecked(format!("{}/full/max/0/default.jpg", self.addresses.image(file.file.into())))
    }

    /// The bytes that are kept, and for an image the picture that the web gets of them, which has other bytes.
    fn file(&mut self, object: ObjectId, file: &StoredFile) {
        let kept = NamedNode::new_unchecked(format!("urn:fonds:file:{}", file.file));
        self.say_of_aggregation(ORE_AGGREGATES, kept.clone());
        self.say(kept.clone(), rdf::TYPE, PREMIS_FILE);
        self.say(kept.clone(), EBUCORE_FILE_NAME, Literal::new_simple_literal(writable(&file.name)));
        self.say(kept.clone(), EBUCORE_MIME_TYPE, Literal::new_simple_literal(writable(&file.media_type)));
        self.say(kept.clone(), EBUCORE_BYTES, Literal::from(file.bytes));
        self.say(kept.clone(), PREMIS_DIGEST, NamedNode::new_unchecked(format!("urn:sha256:{}", file.sha256)));
        let (Some(width), Some(height), true) = (file.width, file.height, file.is_image()) else { return };
        let view = self.view(file);
        self.say(view.clone(), rdf::TYPE, EDM_WEB_RESOURCE);
        self.say(view.clone(), DCTERMS_IS_FORMAT_OF, kept);
        self.say(view.clone(), EBUCORE_WIDTH, Literal::from(width));
        self.say(view.clone(), EBUCORE_HEIGHT, Literal::from(height));
        let service = NamedNode::new_unchecked(self.addresses.image(file.file.into()));
        self.say(view.clone(), SVCS_HAS_SERVICE, service);
        let manifest = NamedNode::new_unchecked(self.addresses.manifest(object));
        self.say(view, DCTERMS_IS_REFERENCED_BY, manifest);
    }

    /// The text as something that RDF can name. Names of our own objects are left out: whether another object may be
    /// named depends on who may see it, which is decided for relations and not for descriptions.
    fn resource(&self, text: &str) -> Option<NamedNode> {
        let ours = text.strip_prefix(self.addresses.base()).is_some_and(|rest| rest.starts_with("/id/"));
        if ours || !is_iri(text) {
            return None;
        }
        NamedNode::new(text).ok()
    }
}

fn literal(statement: &Statement) -> Literal {
    let text = writable(&statement.text);
    match &statement.language {
        // A tag of the right shape that the registry's grammar refuses is dropped; the text stays.
        Some(language) => Literal::new_language_tagged_literal(text.clone(), language.as_str())
            .unwrap_or_else(|_bad_tag| Literal::new_simple_literal(text)),
        None => Literal::new_simple_literal(text),
    }
}

/// The text without the characters that XML 1.0 cannot carry, so that every format can be written.
fn writable(text: &str) -> String {
    let forbidden =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}") } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            // Writing into a string does not fail.
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The media type that Europeana sorts by, from the files.
fn edm_type(object: &Object) -> Option<&'static str> {
    object.files.iter().find_map(|file| match file.media_type.split('/').next() {
        Some("image") => Some("IMAGE"),
        Some("text") => Some("TEXT"),
        Some("video") => Some("VIDEO"),
        Some("audio") => Some("SOUND"),
        Some("model") => Some("3D"),
        Some("application") if file.media_type == "application/pdf" => Some("TEXT"),
        Some(_) | None => None,
    })
}
