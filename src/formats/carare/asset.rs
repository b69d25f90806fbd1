//! The heritage asset: what is said of the thing itself.

use super::resource::Resource;
use super::{Record, temporal, words};
use crate::formats::element::Element;
use crate::formats::said::{Said, is_web};
use crate::iiif::presentation::place::point;
use crate::iiif::presentation::rights;

impl<'a> Record<'_, 'a> {
    pub(super) fn asset(&self, resources: &[Resource<'a>]) -> Element<'a> {
        let shown = resources.iter().map(|resource| Element::new("hasRepresentation").text(resource.id.clone()));
        Element::new("heritageAssetIdentification")
            .with([self.information(self.id.clone())])
            .with(self.appellations())
            .with(self.one_text("description", &["description", "note"]))
            .with(self.actors())
            .with(self.one_text("provenance", &["provenance"]))
            .with(self.characters())
            .with(self.places())
            .with(self.repositories())
            .with(self.publications())
            .with(self.rights())
            .with(self.references())
            .with(shown)
            .with(self.said.all("related").map(|said| Element::new("dcRelation").text(said.text)))
    }

    /// Its names, with each of its numbers.
    pub(super) fn appellations(&self) -> Vec<Element<'a>> {
        let name = |language: &'a str, preferred: &'static str, text: String| {
            Element::new("name").attribute("lang", language).attribute("preferred", preferred).text(text)
        };
        let said = |property, preferred| {
            self.said.all(property).map(move |said| name(self.language(said), preferred, said.text.to_owned()))
        };
        let mut names: Vec<_> = said("title", "true").collect();
        if names.is_empty() {
            let language = self.setting.publishing.language.as_str();
            names.push(name(language, "true", self.object.title().trim().to_owned()));
        }
        let first = names[0].clone();
        names.extend(said("alternative", "false"));
        let mut all = vec![Element::new("appellation").with(names).with([Element::new("id").text(self.id.clone())])];
        let number = self.object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
        let others = self.said.all("identifier").map(|said| said.text).filter(|text| Some(*text) != number);
        all.extend(
            number
                .into_iter()
                .chain(others)
                .map(|text| Element::new("appellation").with([first.clone(), Element::new("id").text(text)])),
        );
        all
    }

    /// Several texts as one, in the language of the first: the schema has one.
    fn one_text(&self, name: &'static str, properties: &[&'static str]) -> Option<Element<'a>> {
        let all = || properties.iter().flat_map(|property| self.said.all(property));
        let language = self.language(all().next()?);
        let text = all().map(|said| said.text).collect::<Vec<_>>().join("\n\n");
        Some(Element::new(name).attribute("lang", language).text(text))
    }

    fn actors(&self) -> Vec<Element<'a>> {
        let actor = |said: &Said<'a>| {
            let id = said.authority.map(|authority| Element::new("id").text(authority));
            let role = Element::new("roles").attribute("lang", "en").text(said.property);
            Element::new("actors").with(id).with([words("name", said), role])
        };
        self.said.all("creator").chain(self.said.all("contributor")).map(actor).collect()
    }

    fn characters(&self) -> Option<Element<'a>> {
        let kind = |said: &Said<'a>| {
            let space = if said.property == "object_type" { None } else { Some(said.property) };
            Element::new("heritageAssetType")
                .maybe("lang", said.language)
                .maybe("namespace", space)
                .maybe("termUID", said.authority)
                .text(said.text)
        };
        let kinds = ["object_type", "style", "use"].into_iter().flat_map(|property| self.said.all(property)).map(kind);
        let dates = self.said.all("date_created").map(temporal);
        let periods = ["period", "culture"].into_iter().flat_map(|property| self.said.all(property));
        let periods = periods.map(|said| Element::new("temporal").with([words("periodName", said)]));
        let materials = self.said.all("material").map(|said| words("materials", said));
        let inscriptions = self.said.all("inscription").map(|said| words("inscriptions", said));
        let measured = self.said.all("dimensions");
        let measured = measured.map(|said| Element::new("dimensions").with([words("measurementType", said)]));
        let all = kinds.chain(dates).chain(periods).chain(materials).chain(inscriptions).chain(measured);
        Element::around("characters", all)
    }

    /// Places, and points that are those of the place, where there is one of both.
    fn places(&self) -> Vec<Element<'a>> {
        let place = |said: &Said<'a>| {
            let name = words("namedLocation", said).maybe("namespace", said.authority);
            Element::new("spatial").with([Element::new("locationSet").with([name])])
        };
        let geometry = |said: &Said<'a>| {
            let [longitude, latitude] = point(said.text)?.coordinates;
            let side = |name, number: serde_json::Number| {
                // Without an exponent, which a decimal number of XML Schema does not have.
                Element::new(name).text(number.as_f64().unwrap_or_default().to_string())
            };
            let point = Element::new("quickpoint").with([side("x", longitude), side("y", latitude)]);
            let system = Element::new("spatialReferenceSystem").text("WGS84");
            Some(Element::new("geometry").with([system, point]))
        };
        let mut places: Vec<_> = self.said.all("place").map(place).collect();
        let mut points: Vec<_> = self.said.all("coordinates").filter_map(geometry).collect();
        if let ([place], [_]) = (&mut places[..], &points[..]) {
            *place = place.clone().with(points.pop());
        }
        places.extend(points.into_iter().map(|point| Element::new("spatial").with([point])));
        places
    }

    fn repositories(&self) -> Vec<Element<'a>> {
        let mut keepers: Vec<_> =
            self.said.all("holding_institution").map(|said| (said.language, said.text.to_owned())).collect();
        if keepers.is_empty() {
            keepers.push((None, self.institution().to_owned()));
        }
        for said in self.said.all("department") {
            keepers[0].1.push_str(", ");
            keepers[0].1.push_str(said.text);
        }
        let location = |(language, text): (Option<&'a str>, String)| {
            Element::new("repositoryLocation").maybe("lang", language).text(text)
        };
        keepers.into_iter().map(location).collect()
    }

    /// Who published it, with when it was published at the first.
    fn publications(&self) -> Vec<Element<'a>> {
        let mut dates: Vec<&'a str> = Vec::new();
        for said in self.said.all("date_issued") {
            dates.extend(said.edtf);
            dates.extend(Some(said.text).filter(|text| said.edtf != Some(*text)));
        }
        let dates: Vec<_> = dates.into_iter().map(|text| Element::new("date").text(text)).collect();
        let publishers = self.said.all("publisher");
        let mut all: Vec<_> =
            publishers.map(|said| Element::new("publicationStatement").with([words("publisher", said)])).collect();
        match all.first_mut() {
            Some(first) => *first = first.clone().with(dates),
            None => all.extend(Element::around("publicationStatement", dates)),
        }
        all
    }

    pub(super) fn rights(&self) -> Option<Element<'a>> {
        let joined = |all: Vec<&str>, name: &'static str| {
            if all.is_empty() { None } else { Some(Element::new(name).text(all.join("; "))) }
        };
        let credit = ["credit_line", "rights_holder"].into_iter().flat_map(|property| self.said.all(property));
        let credit = joined(credit.map(|said| said.text).collect(), "copyrightCreditLine");
        let uri = |said: &Said<'a>| {
            let known = said.authority.and_then(rights::uri).or_else(|| rights::uri(said.text));
            known.or_else(|| said.authority.map(str::to_owned))
        };
        let licence = self.said.rights().or_else(|| self.said.all("rights").find_map(uri));
        let is_said = |said: &&Said<'a>| licence.is_none() || !is_web(said.text);
        let access = self.said.all("rights").filter(is_said).map(|said| said.text).collect();
        let access = joined(access, "accessRights");
        let licence = licence.clone().map(|uri| Element::new("licence").text(uri));
        Element::around("rights", credit.into_iter().chain(access).chain(licence))
    }

    fn references(&self) -> Vec<Element<'a>> {
        let source = |said: &Said<'a>| {
            let name = Element::new("name").attribute("lang", self.language(said)).text(said.text);
            let id = Element::new("id").text(said.authority.unwrap_or(said.text));
            Element::new("references").with([Element::new("appellation").with([name, id])])
        };
        let pages = self.said.all("landing_page").map(|said| said.text).filter(|text| is_web(text));
        let pages = pages.map(|text| Element::new("references").with([Element::new("link").text(text)]));
        self.said.all("source").map(source).chain(pages).collect()
    }
}
