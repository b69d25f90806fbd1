//! The images and other files of a thing as LIDO names them, with the manifest that has all of them.

use fonds_projections::feed::Setting;
use fonds_schemas::Object;

use super::{URI, VIEWS_MAX};
use crate::formats::element::Element;
use crate::formats::said::{Description, is_web};
use crate::formats::views::{Kind, View, views};

/// What a representation is, in the LIDO terminology: the one that is provided, or a small one.
const PROVIDED: &str = "http://terminology.lido-schema.org/lido00464";
const THUMBNAIL: &str = "http://terminology.lido-schema.org/lido00451";

/// The resources of a thing, if it has any.
pub fn resources<'a>(object: &Object, said: &Description<'a>, setting: &Setting<'_>) -> Option<Element<'a>> {
    let views = views(object, VIEWS_MAX);
    let rights = said.rights();
    let set = |link: Vec<Element<'a>>, kind: &'static str| {
        let kind =
            Element::new("lido:resourceType").with([Element::new("lido:term").attribute("xml:lang", "en").text(kind)]);
        let rights = rights.clone().map(|uri| {
            let id = Element::new("lido:conceptID").attribute("lido:type", URI).text(uri);
            Element::new("lido:rightsResource").with([Element::new("lido:rightsType").with([id])])
        });
        Element::new("lido:resourceSet").with(link).with([kind]).with(rights)
    };
    let of_view = |view: &View<'_>| {
        let provided = link(PROVIDED, view.address(setting), Some(view.media_type()));
        let small = view.thumbnail(setting).map(|address| link(THUMBNAIL, address, Some("image/jpeg")));
        set(std::iter::once(provided).chain(small).collect(), word(view.kind))
    };
    let elsewhere = said.all("image_url").map(|said| said.text).find(|text| is_web(text)).filter(|_| views.is_empty());
    let elsewhere = elsewhere.map(|address| set(vec![link(PROVIDED, address.to_owned(), None)], "image"));
    let manifest = || {
        let (address, kind) = (setting.addresses.manifest(object.id), "application/ld+json");
        set(vec![link(PROVIDED, address, Some(kind))], "IIIF manifest")
    };
    let manifest = if views.is_empty() { None } else { Some(manifest()) };
    Element::around("lido:resourceWrap", views.iter().map(of_view).chain(elsewhere).chain(manifest))
}

fn link<'a>(kind: &'static str, address: String, media_type: Option<&str>) -> Element<'a> {
    let link =
        Element::new("lido:linkResource").maybe("lido:formatResource", media_type.map(str::to_owned)).text(address);
    Element::new("lido:resourceRepresentation").attribute("lido:type", kind).with([link])
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "image",
        Kind::Sound => "sound recording",
        Kind::Film => "moving image",
        Kind::Text => "text",
        Kind::Model => "three-dimensional model",
    }
}
