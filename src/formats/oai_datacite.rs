//! The `DataCite` kernel in the container that `DataCite` made for OAI-PMH (<https://schema.datacite.org/oai/oai-1.1/>), which
//! `OpenAIRE` and other harvesters of research data ask for.

use fonds_projections::feed::{Format, Row, Setting};
use fonds_schemas::{Event, Object};

use super::datacite::{self, DataCite};
use super::element::Element;

/// The format.
pub struct OaiDataCite;

const NAMESPACE: &str = "http://schema.datacite.org/oai/oai-1.1/";
const SCHEMA: &str = "http://schema.datacite.org/oai/oai-1.1/oai.xsd";

impl Format for OaiDataCite {
    fn prefix(&self) -> &'static str {
        "oai_datacite"
    }

    fn schema(&self) -> &'static str {
        SCHEMA
    }

    fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    fn crosswalk(&self) -> &'static [Row] {
        datacite::CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let payload = datacite::root(object, setting)?;
        // DataCite gives symbols to its members only; nobody else may call itself by one.
        let code = setting.publishing.organization_code.as_deref();
        let symbol = code.unwrap_or(&setting.publishing.institution);
        let root = Element::new("oai_datacite")
            .attribute("xmlns", NAMESPACE)
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
            .with([Element::new("schemaVersion").text("4.5"), Element::new("datacentreSymbol").text(symbol)])
            .with([Element::new("payload").with([payload])]);
        Some(root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        DataCite.is_unmoved(before, event)
    }
}
