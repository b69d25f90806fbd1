//! The documents of the stream: pure functions of how many activities there are, and which.
//!
//! Pages have numbers from 1 and a fixed size, so a page is a range of the activities' own numbers, and what stands on
//! it never moves. A page that another one follows is *closed*: the same bytes for ever.

use std::ops::Range;

use fonds_projections::feed::{self, ActivityKind};
use fonds_schemas::{Addresses, ObjectId, Timestamp};

use super::CONTEXT;
use super::types::{Activity, Collection, Dataset, Page, Reference, Resource};
use crate::iiif::presentation::language::LanguageMap;

/// The stream, as much as is visible of it.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    /// The public addresses.
    pub addresses: &'a Addresses,
    /// Activities on one page. Never to be changed for a stream that somebody reads: its pages would not be the same.
    pub page_items: u64,
    /// How many activities there are.
    pub total: u64,
}

impl Stream<'_> {
    /// The number of the last page. That of an empty stream has nothing on it: a collection must have a last page, and
    /// a page must have an activity (§3.1, §3.2). A consumer that walks through no activities comes to its end; one that
    /// finds no `last` does not.
    #[must_use]
    pub fn last_page(&self) -> u64 {
        self.total.div_ceil(self.page_items).max(1)
    }

    /// The numbers of the activities on a page; `None` where there is no such page.
    #[must_use]
    pub fn on_page(&self, page: u64) -> Option<Range<u64>> {
        if page == 0 || page > self.last_page() {
            return None;
        }
        let start = (page - 1) * self.page_items + 1;
        Some(start..(start + self.page_items).min(self.total + 1))
    }

    /// Whether a page will never change: another one follows, which it names.
    #[must_use]
    pub fn is_closed(&self, page: u64) -> bool {
        page < self.last_page()
    }

    /// The entry to the stream.
    #[must_use]
    pub fn collection(&self) -> Collection {
        let see_also = Dataset {
            id: format!("{}/.well-known/void", self.addresses.base()),
            kind: "Dataset",
            label: LanguageMap::english("VoID description of everything that is published here"),
            format: "text/turtle",
            profile: "http://rdfs.org/ns/void#",
        };
        Collection {
            context: CONTEXT,
            id: self.addresses.discovery(),
            kind: "OrderedCollection",
            total_items: self.total,
            see_also: vec![see_also],
            first: self.page_reference(1),
            last: self.page_reference(self.last_page()),
        }
    }

    /// A page with the activities that are on it.
    #[must_use]
    pub fn page(&self, page: u64, activities: &[feed::Activity]) -> Page {
        Page {
            context: CONTEXT,
            id: self.page_address(page),
            kind: "OrderedCollectionPage",
            start_index: page.saturating_sub(1) * self.page_items,
            part_of: Reference { id: self.addresses.discovery(), kind: "OrderedCollection" },
            prev: (page > 1).then(|| self.page_reference(page - 1)),
            next: self.is_closed(page).then(|| self.page_reference(page + 1)),
            ordered_items: activities.iter().map(|activity| self.item(activity)).collect(),
        }
    }

    /// An activity by itself.
    #[must_use]
    pub fn activity(&self, activity: &feed::Activity) -> Activity {
        Activity { context: Some(CONTEXT), ..self.item(activity) }
    }

    fn item(&self, activity: &feed::Activity) -> Activity {
        let (kind, see_also) = match activity.kind {
            ActivityKind::Created => ("Create", self.descriptions(activity.object)),
            ActivityKind::Updated => ("Update", self.descriptions(activity.object)),
            // There is nothing to be read of it.
            ActivityKind::Deleted => ("Delete", Vec::new()),
        };
        Activity {
            context: None,
            id: format!("{}/iiif/discovery/1/activity/{}", self.addresses.base(), activity.number),
            kind,
            object: Resource {
                id: self.addresses.manifest(activity.object),
                kind: "Manifest",
                canonical: self.addresses.id(activity.object),
                see_also,
            },
            end_time: end_time(activity.published_at),
        }
    }

    fn descriptions(&self, object: ObjectId) -> Vec<Dataset> {
        vec![Dataset {
            id: format!("{}.rdf", self.addresses.page(object)),
            kind: "Dataset",
            label: LanguageMap::english("Description as EDM in RDF/XML"),
            format: "application/rdf+xml",
            profile: "http://www.europeana.eu/schemas/edm/",
        }]
    }

    fn page_reference(&self, page: u64) -> Reference {
        Reference { id: self.page_address(page), kind: "OrderedCollectionPage" }
    }

    fn page_address(&self, page: u64) -> String {
        format!("{}/iiif/discovery/1/page/{page}", self.addresses.base())
    }
}

/// The datestamp, and the seconds after which what has it is listed.
///
/// A consumer stops where `endTime` is before its last crawl (§3.5.2). With the bare datestamp it would never see what
/// became visible while it crawled and was listed two seconds later. A datestamp is also cut to its second, in the course
/// of which the manifest became available, and that has to be at or before `endTime` (§3.3).
fn end_time(published_at: i64) -> String {
    let listed_at = published_at.saturating_add(feed::SETTLING_SECONDS);
    Timestamp::from_micros(listed_at.saturating_mul(1_000_000)).to_seconds_string()
}
