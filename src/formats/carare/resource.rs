//! The digital resources: where the web finds what shows the thing.

use super::{Record, VIEWS_MAX, words};
use crate::formats::element::Element;
use crate::formats::said::is_web;
use crate::formats::views::{Kind, View, views};

/// A digital resource, with its name.
pub(super) struct Resource<'a> {
    pub(super) id: String,
    pub(super) element: Element<'a>,
}

impl<'a> Record<'_, 'a> {
    pub(super) fn resources(&self) -> Vec<Resource<'a>> {
        let views = views(self.object, VIEWS_MAX);
        let mut all: Vec<_> = views.iter().map(|view| self.resource_of(view)).collect();
        if all.is_empty() {
            let elsewhere = self.said.all("image_url").map(|said| said.text).find(|text| is_web(text));
            all.extend(elsewhere.map(|address| {
                let name = self.object.title().trim().to_owned();
                self.resource(address.to_owned(), name, (Kind::Image, None), address.to_owned())
            }));
        }
        all
    }

    fn resource_of(&self, view: &View<'a>) -> Resource<'a> {
        let address = view.address(self.setting);
        // The schema wants an address of which a small picture can be made.
        let small = view.thumbnail(self.setting).unwrap_or_else(|| address.clone());
        let format = Some(view.media_type().to_owned());
        self.resource(address, view.page.file.name.clone(), (view.kind, format), small)
    }

    fn resource(
        &self,
        address: String,
        name: String,
        (kind, format): (Kind, Option<String>),
        small: String,
    ) -> Resource<'a> {
        let language = self.setting.publishing.language.as_str();
        let name = Element::new("name").attribute("lang", language).text(name);
        let element = Element::new("digitalResource")
            .with([self.information(address.clone())])
            .with([Element::new("appellation").with([name, Element::new("id").text(address.clone())])])
            .with([Element::new("type").text(word(kind))])
            .with(format.map(|format| Element::new("format").text(format)))
            .with(self.said.all("language").map(|said| words("language", said)))
            .with([Element::new("link").text(address.clone()), Element::new("object").text(small)])
            .with([Element::new("isShownAt").text(self.setting.addresses.page(self.object.id))])
            .with(self.rights())
            .with([Element::new("isRepresentationOf").text(self.id.clone())]);
        Resource { id: address, element }
    }
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "Image",
        Kind::Sound => "Sound",
        Kind::Film => "Movie",
        Kind::Text => "Text",
        Kind::Model => "3D",
    }
}
