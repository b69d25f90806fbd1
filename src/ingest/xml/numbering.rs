//! Whose numbering the identifiers of records are.

use super::apply::Mapping;
use super::build::Building;
use super::crosswalk::Crosswalk;
use super::origin;
use super::records::{Records, identity};
use crate::ingest::problem::Place;

impl Records {
    /// Whose numbering the identifier is.
    pub(super) fn numbering(&self, crosswalk: &Crosswalk, mapping: &Mapping<'_>, identifier: &str) -> String {
        if mapping.origin.as_ref().is_some_and(|origin| origin.address == identifier) && !crosswalk.is_named {
            return origin::NAMESPACE.to_owned();
        }
        let is_iri = identifier.contains("://") && fonds_schemas::property::is_iri(identifier);
        let worldwide = crosswalk.iri_namespace.clone().filter(|_| is_iri);
        let said = || mapping.source(&crosswalk.namespace);
        worldwide.or_else(said).unwrap_or_else(|| self.namespace.clone())
    }

    /// Whose numbering the identifiers of a record that is open are; found once.
    pub(super) fn numbering_of_whole(
        &self,
        crosswalk: &Crosswalk,
        building: &mut Building,
        header: Option<&str>,
    ) -> String {
        let frame = building.frames().first();
        if let Some(known) = frame.and_then(|frame| frame.namespace.clone()) {
            return known;
        }
        let identifier = identity(crosswalk, building, 0, header).unwrap_or_default();
        let namespace = building.so_far(0).map_or_else(
            || self.namespace.clone(),
            |whole| {
                let mapping = Mapping::new(crosswalk, &whole, header, &Place::file(""));
                self.numbering(crosswalk, &mapping, &identifier)
            },
        );
        if let Some(frame) = building.frames().first_mut() {
            frame.namespace = Some(namespace.clone());
        }
        namespace
    }
}
