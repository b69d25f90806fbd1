//! The contextual classes of EDM: whom, what, where and when a description names, as things of their own.

use std::borrow::Cow;

use crate::formats::element::Element;
use crate::formats::said::{Description, Said, ends};
use crate::iiif::presentation::place::{Point, point};

/// A class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Somebody.
    Agent,
    /// A place.
    Place,
    /// A time.
    TimeSpan,
    /// What a vocabulary names.
    Concept,
}

impl Class {
    /// The class of what a property names, if it names what has one.
    pub fn of(property: &str) -> Option<Self> {
        Some(match property {
            "creator" | "contributor" | "publisher" => Self::Agent,
            "date_created" | "date_issued" | "period" => Self::TimeSpan,
            "object_type" | "material" | "technique" | "culture" | "style" | "use" | "subject" => Self::Concept,
            "place" => Self::Place,
            // Words.
            _ => return None,
        })
    }
}

/// The order of elements in a Place; the one of the others is that in which they are written.
const PLACE_ORDER: &[&str] = &["wgs84:lat", "wgs84:long", "skos:prefLabel", "skos:altLabel"];

struct Entity<'a> {
    class: Class,
    about: Cow<'a, str>,
    labels: Vec<(Option<&'a str>, &'a str)>,
    ends: Option<(&'a str, &'a str)>,
    point: Option<Point>,
}

/// What a description names.
pub struct Context<'a> {
    /// The name of the object, which names without an address of their own begin with.
    id: String,
    entities: Vec<Entity<'a>>,
    times: u32,
    /// Coordinates that are no place's yet.
    points: Vec<Point>,
    /// Whether they are those of the place that the description names: both are one.
    is_of_place: bool,
}

impl<'a> Context<'a> {
    /// Nothing yet but coordinates, for the object of that name.
    pub fn new(id: &str, said: &Description<'_>) -> Self {
        let points: Vec<Point> = said.all("coordinates").filter_map(|said| point(said.text)).collect();
        let is_of_place = points.len() == 1 && said.all("place").count() == 1;
        Self { id: id.to_owned(), entities: Vec::new(), times: 0, points, is_of_place }
    }

    /// The name of what a statement names, if that is more than words: it has an address in an authority, it is a time
    /// whose beginning and end are known, or a place with its coordinates.
    ///
    /// What several statements name is one thing with several labels. It is of the class of the first of them: a potter who
    /// is also the subject of the pot stays a person.
    pub fn entity(&mut self, class: Class, said: &Said<'a>) -> Option<String> {
        let ends = if class == Class::TimeSpan { said.edtf.and_then(ends) } else { None };
        let is_located = class == Class::Place && self.is_of_place;
        let about = match (said.authority, ends) {
            (Some(authority), _) => Cow::Borrowed(authority),
            (None, Some(_)) => {
                self.times += 1;
                Cow::Owned(format!("{}#time-{}", self.id, self.times))
            }
            (None, None) if is_located => Cow::Owned(format!("{}#place", self.id)),
            (None, None) => return None,
        };
        let name = about.clone().into_owned();
        let label = (said.language, said.text);
        match self.entities.iter_mut().find(|known| known.about == about) {
            Some(known) if known.labels.contains(&label) => {}
            Some(known) => known.labels.push(label),
            None => {
                let point = if is_located { self.points.pop() } else { None };
                self.entities.push(Entity { class, about, labels: vec![label], ends, point });
            }
        }
        Some(name)
    }

    /// Makes places of the coordinates that are no place's, and returns their names.
    pub fn places(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        for (number, point) in (1u32..).zip(std::mem::take(&mut self.points)) {
            let about = format!("{}#place-{number}", self.id);
            names.push(about.clone());
            let (about, point) = (Cow::Owned(about), Some(point));
            self.entities.push(Entity { class: Class::Place, about, labels: Vec::new(), ends: None, point });
        }
        names
    }

    /// All of it.
    pub fn elements(self) -> impl Iterator<Item = Element<'a>> {
        self.entities.into_iter().map(element)
    }
}

fn element(entity: Entity<'_>) -> Element<'_> {
    let name = match entity.class {
        Class::Agent => "edm:Agent",
        Class::Place => "edm:Place",
        Class::TimeSpan => "edm:TimeSpan",
        Class::Concept => "skos:Concept",
    };
    // One preferred label a language (SKOS Reference, S14); the other names are other names, and come after all of them.
    let mut preferred: Vec<Element<'_>> = Vec::new();
    let mut other = Vec::new();
    for (place, (language, text)) in entity.labels.iter().enumerate() {
        let first = !entity.labels[..place].iter().any(|(earlier, _)| earlier == language);
        let (name, labels) = if first { ("skos:prefLabel", &mut preferred) } else { ("skos:altLabel", &mut other) };
        labels.push(Element::new(name).maybe("xml:lang", *language).text(*text));
    }
    let ends = entity.ends.into_iter().flat_map(|(begin, end)| [("edm:begin", begin), ("edm:end", end)]);
    let place = entity.point.into_iter().flat_map(|point| {
        let [longitude, latitude] = point.coordinates;
        [("wgs84:lat", latitude), ("wgs84:long", longitude)]
    });
    let element = Element::new(name)
        .attribute("rdf:about", entity.about)
        .with(preferred)
        .with(other)
        .with(ends.map(|(name, text)| Element::new(name).text(text)))
        .with(place.map(|(name, number)| Element::new(name).text(number.to_string())));
    if entity.class == Class::Place { element.in_order(PLACE_ORDER) } else { element }
}
