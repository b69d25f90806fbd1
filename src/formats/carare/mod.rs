//! CARARE 2.0 (<https://pro.carare.eu/en/introduction-carare-aggregation-services/carare-metadata-schema/>): what portals of
//! archaeology and architecture read.
//!
//! A record is a heritage asset, the activities that made it and brought it here, and the digital resources that show it.
//! Elements stand in the order of version 2.0.5 of the schema, which gives most of them once: several texts are one there.

mod asset;
mod resource;

use fonds_projections::feed::{Format, Row, Setting, lost, noted, to};
use fonds_schemas::{Event, Object};

use super::element::Element;
use super::said::{Description, Said};
use super::views;

/// The format.
pub struct Carare;

const NAMESPACE: &str = "http://www.carare.eu/carareSchema";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "appellation/name", "without one, the number that the thing came with"),
    noted("alternative", "appellation/name", "preferred=\"false\""),
    noted("creator", "actors", "roles: creator, with the authority as id"),
    noted("contributor", "actors", "roles: contributor, with the authority as id"),
    to("publisher", "publicationStatement/publisher"),
    noted("date_created", "characters/temporal/displayDate", "plain dates in EDTF as a timeSpan"),
    noted("date_issued", "publicationStatement/date", "in EDTF and as it was said"),
    noted("object_type", "characters/heritageAssetType", "with the authority as termUID"),
    to("material", "characters/materials"),
    noted("technique", "activity/consistsOf/techniques", "of an activity of the type production"),
    noted("dimensions", "characters/dimensions/measurementType", "in words; the schema asks for numbers and units"),
    to("period", "characters/temporal/periodName"),
    // In archaeology a period is named after a culture.
    to("culture", "characters/temporal/periodName"),
    noted("style", "characters/heritageAssetType", "namespace=\"style\""),
    noted("use", "characters/heritageAssetType", "namespace=\"use\""),
    lost("subject", "no element says what a thing is about"),
    noted("place", "spatial/locationSet/namedLocation", "with the authority as namespace"),
    noted("coordinates", "spatial/geometry/quickpoint", "of the place, where both are one"),
    noted("language", "digitalResource/language", "where there is a digital resource"),
    noted("description", "description", "one text, also of several"),
    to("inscription", "characters/inscriptions"),
    noted("note", "description", "behind the descriptions"),
    noted("identifier", "appellation/id", "each with the name again"),
    noted("holding_institution", "repositoryLocation", "without one, the archive"),
    noted("department", "repositoryLocation", "after the first institution"),
    to("collection", "collectionInformation/title"),
    noted("provenance", "provenance", "one text, also of several"),
    noted("credit_line", "rights/copyrightCreditLine", "one text, also of several"),
    noted("acquired", "activity/temporal/displayDate", "of an activity of the type acquisition"),
    noted("rights", "rights/licence", "the first URI; words are accessRights"),
    noted("rights_holder", "rights/copyrightCreditLine", "behind the credit lines"),
    noted("landing_page", "references/link", "an address only"),
    noted("image_url", "digitalResource/link", "the first, where the archive has no file"),
    to("source", "references/appellation"),
    to("related", "dcRelation"),
];

impl Format for Carare {
    fn prefix(&self) -> &'static str {
        "carare"
    }

    fn schema(&self) -> &'static str {
        // Whoever publishes in it names the schema by its namespace.
        NAMESPACE
    }

    fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    fn crosswalk(&self) -> &'static [Row] {
        CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let said = Description::of(object, setting);
        let record = Record { object, setting, said: &said, id: setting.addresses.id(object.id) };
        let resources = record.resources();
        let carare = Element::new("carare")
            .attribute("id", record.id.clone())
            .with(record.collections())
            .with([record.asset(&resources)])
            .with(resources.into_iter().map(|resource| resource.element))
            .with(record.activities());
        let root = Element::new("carareWrap")
            .attribute("xmlns", NAMESPACE)
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {NAMESPACE}"));
        Some(root.with([carare]).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

struct Record<'b, 'a> {
    object: &'a Object,
    setting: &'b Setting<'a>,
    said: &'b Description<'a>,
    id: String,
}

impl<'a> Record<'_, 'a> {
    fn institution(&self) -> &'a str {
        self.setting.publishing.institution.as_str()
    }

    /// The language of a text: that of the archive where it says none.
    fn language(&self, said: &Said<'a>) -> &'a str {
        said.language.unwrap_or(self.setting.publishing.language.as_str())
    }

    /// What the record belongs to.
    fn collections(&self) -> Vec<Element<'a>> {
        let information = |title: Option<&Said<'a>>| {
            Element::new("collectionInformation").with(title.map(|said| words("title", said))).with([
                Element::new("source").text(self.institution()),
                Element::new("language").text(self.setting.publishing.language.as_str()),
            ])
        };
        let all: Vec<_> = self.said.all("collection").map(|said| information(Some(said))).collect();
        if all.is_empty() { vec![information(None)] } else { all }
    }

    /// What is said of a record. The schema wants to know on which day it was made.
    fn information(&self, id: String) -> Element<'a> {
        let day: String = self.object.created_at.to_seconds_string().chars().take(10).collect();
        let rights = self.setting.publishing.record_rights.as_deref();
        Element::new("recordInformation")
            .with([Element::new("id").text(id), Element::new("source").text(self.institution())])
            .with([Element::new("creation").with([Element::new("date").text(day)])])
            .with([Element::new("language").text(self.setting.publishing.language.as_str())])
            .with(rights.map(|uri| Element::new("metadataRights").text(uri)))
    }

    /// What was done with the thing.
    fn activities(&self) -> Vec<Element<'a>> {
        let activity = |kind: &'static str| {
            let id = format!("{}#{kind}", self.id);
            let kind = Element::new("eventType").attribute("lang", "en").text(kind);
            Element::new("activity").with([self.information(id), kind])
        };
        let techniques = self.said.all("technique").map(|said| words("techniques", said));
        let production = Element::around("consistsOf", techniques).map(|parts| activity("production").with([parts]));
        let acquired: Vec<_> = self.said.all("acquired").map(temporal).collect();
        let acquisition = if acquired.is_empty() { None } else { Some(activity("acquisition").with(acquired)) };
        production.into_iter().chain(acquisition).collect()
    }
}

/// A statement's words.
fn words<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).maybe("lang", said.language).text(said.text)
}

/// A time: its ends where they are plain, and the words.
fn temporal<'a>(said: &Said<'a>) -> Element<'a> {
    let span = said.edtf.and_then(super::said::ends).map(|(begin, end)| {
        Element::new("timeSpan").with([Element::new("startDate").text(begin), Element::new("endDate").text(end)])
    });
    Element::new("temporal").with(span).with([words("displayDate", said)])
}
