//! What Europeana shows of an object: which of its files come first, and how the web reads them.

use fonds_projections::feed::Setting;
use fonds_schemas::Object;

use super::VIEWS_MAX;
use crate::formats::element::Element;
use crate::formats::said::{Description, is_web};
use crate::formats::views::{Kind, View, views};

/// What things are whose digital form is only known from what they are called: names of the DCMI Type Vocabulary, and plain
/// English ones.
const TYPES_BY_NAME: &[(&str, &str)] = &[
    ("book", "TEXT"),
    ("drawing", "IMAGE"),
    ("film", "VIDEO"),
    ("image", "IMAGE"),
    ("letter", "TEXT"),
    ("manuscript", "TEXT"),
    ("map", "IMAGE"),
    ("movingimage", "VIDEO"),
    ("newspaper", "TEXT"),
    ("painting", "IMAGE"),
    ("photograph", "IMAGE"),
    ("physicalobject", "IMAGE"),
    ("poster", "IMAGE"),
    ("print", "IMAGE"),
    ("sound", "SOUND"),
    ("sound recording", "SOUND"),
    ("stillimage", "IMAGE"),
    ("text", "TEXT"),
    ("video", "VIDEO"),
];

/// What is shown of an object.
pub struct Media<'a> {
    /// `edm:type`.
    pub kind: &'static str,
    /// The address of what it is shown by.
    pub shown_by: Option<String>,
    /// The address of the picture from which portals make a small one.
    pub picture: Option<String>,
    /// The view that it is shown by, unless that is elsewhere.
    first: Option<View<'a>>,
    /// The other views.
    pub others: Vec<View<'a>>,
}

impl<'a> Media<'a> {
    /// What is shown of an object; `None` where nobody can say of which media type it is.
    pub fn of(object: &'a Object, said: &Description<'_>, setting: &Setting<'_>) -> Option<Self> {
        let has_language = said.first("language").is_some();
        // A text without a language is refused; its pictures, if it has any, are not.
        let fits = |kind: &str| kind != "TEXT" || has_language;
        let mut others = views(object, VIEWS_MAX);
        if let Some(place) = others.iter().position(|view| fits(edm_type(view.kind))) {
            let first = others.remove(place);
            let picture = others.iter().find(|view| view.kind == Kind::Image);
            let picture = if first.kind == Kind::Image { Some(&first) } else { picture };
            let picture = picture.map(|view| view.address(setting));
            let (kind, shown_by) = (edm_type(first.kind), Some(first.address(setting)));
            return Some(Self { kind, shown_by, picture, first: Some(first), others });
        }
        let elsewhere = said.all("image_url").map(|said| said.text).find(|text| is_web(text)).map(str::to_owned);
        let kind = if elsewhere.is_some() { "IMAGE" } else { named_type(said).filter(|kind| fits(kind))? };
        Some(Self { kind, shown_by: elsewhere.clone(), picture: elsewhere, first: None, others: Vec::new() })
    }

    /// What the web finds at each address. The first is the one that it is shown by.
    pub fn resources(&self, object: &Object, setting: &Setting<'_>, rights: &str) -> Vec<Element<'a>> {
        let manifest = setting.addresses.manifest(object.id);
        let mut resources = Vec::with_capacity(self.others.len() + 1);
        let mut before: Option<String> = None;
        for view in self.first.iter().chain(&self.others) {
            let address = view.address(setting);
            let next = before.replace(address.clone());
            resources.push(resource(view, address, next, (setting, rights, &manifest)));
        }
        if let (None, Some(elsewhere)) = (self.first, &self.shown_by) {
            resources.push(
                Element::new("edm:WebResource")
                    .attribute("rdf:about", elsewhere.clone())
                    .with([link("edm:rights", rights)]),
            );
        }
        resources
    }

    /// The IIIF image services of its images.
    pub fn services(&self, setting: &Setting<'_>) -> Vec<Element<'a>> {
        let images = self.first.iter().chain(&self.others).filter(|view| view.kind == Kind::Image);
        let service = |view: &View<'_>| {
            // Without a slash at the end: Europeana's reader puts `/info.json` after it.
            Element::new("svcs:Service").attribute("rdf:about", setting.addresses.image_2(view.page.id())).with([
                link("dcterms:conformsTo", "http://iiif.io/api/image"),
                link("doap:implements", "http://iiif.io/api/image/2/level2.json"),
            ])
        };
        images.map(service).collect()
    }
}

fn resource<'a>(
    view: &View<'_>,
    address: String,
    before: Option<String>,
    (setting, rights, manifest): (&Setting<'_>, &str, &str),
) -> Element<'a> {
    let is_image = view.kind == Kind::Image;
    // The bytes of an image are made when they are asked for; those of another file are the ones that are kept.
    let bytes = Element::new("ebucore:fileByteSize")
        .attribute("rdf:datatype", "http://www.w3.org/2001/XMLSchema#long")
        .text(view.page.file.bytes.to_string());
    let sides =
        view.page.sides.into_iter().flat_map(|(width, height)| [("ebucore:width", width), ("ebucore:height", height)]);
    let sides = sides.map(|(name, pixels)| {
        let datatype = "http://www.w3.org/2001/XMLSchema#integer";
        Element::new(name).attribute("rdf:datatype", datatype).text(pixels.to_string())
    });
    let service = || link("svcs:has_service", &setting.addresses.image_2(view.page.id()));
    Element::new("edm:WebResource")
        .attribute("rdf:about", address)
        // Pages follow one another.
        .with(before.map(|before| link("edm:isNextInSequence", &before)))
        .with([link("edm:rights", rights), Element::new("ebucore:hasMimeType").text(view.media_type().to_owned())])
        .with(if is_image { None } else { Some(bytes) })
        .with(sides)
        .with([link("dcterms:isReferencedBy", manifest)])
        .with(view.thumbnail(setting).map(|small| link("edm:preview", &small)))
        .with(if is_image { Some(service()) } else { None })
        .with([Element::new("edm:type").text(edm_type(view.kind))])
}

fn link<'a>(name: &'static str, to: &str) -> Element<'a> {
    Element::new(name).attribute("rdf:resource", to.to_owned())
}

const fn edm_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "IMAGE",
        Kind::Sound => "SOUND",
        Kind::Film => "VIDEO",
        Kind::Text => "TEXT",
        Kind::Model => "3D",
    }
}

fn named_type(said: &Description<'_>) -> Option<&'static str> {
    said.all("object_type").find_map(|said| {
        let name = said.text.to_ascii_lowercase();
        let by_address = said.authority.and_then(|iri| iri.strip_prefix("http://purl.org/dc/dcmitype/"));
        let names = [Some(name), by_address.map(str::to_ascii_lowercase)];
        let known = |name: &String| TYPES_BY_NAME.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
        names.iter().flatten().find_map(known)
    })
}
