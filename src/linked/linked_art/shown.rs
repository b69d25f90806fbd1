//! Where an object is seen and read on the web: images with their services, other files, the manifest, the pages.

use super::words::{aat, classified};
use super::{Entity, list};
use crate::formats::said::is_web;
use crate::formats::views::{Kind, View, views};
use crate::linked::face::{NAMED_MAX, Node};

/// Adds it.
pub fn of(entity: &Entity<'_>, node: &mut Node) {
    let views = views(entity.object, NAMED_MAX);
    let images = views.iter().filter(|view| view.kind == Kind::Image).map(|view| image(entity, view));
    let elsewhere = entity.said.all("image_url").filter(|said| is_web(said.text));
    let elsewhere = elsewhere.map(|said| {
        classified(Node::new("type", "DigitalObject"), [aat("300215302", "Digital Image")])
            .with("access_point", list([point(said.text)]))
    });
    let images: Vec<Node> = images.chain(elsewhere).collect();
    if !images.is_empty() {
        node.add("representation", [Node::new("type", "VisualItem").with("digitally_shown_by", list(images))]);
    }
    for view in views.iter().filter(|view| view.kind != Kind::Image) {
        node.add("subject_of", [carried(file(entity, view))]);
    }
    let addresses = entity.setting.addresses;
    node.add("subject_of", [carried(web_page(&addresses.page(entity.object.id)))]);
    let landing = entity.said.all("landing_page").filter(|said| is_web(said.text));
    node.add("subject_of", landing.map(|said| carried(web_page(said.text))));
    if !views.is_empty() {
        let manifest = Node::new("type", "DigitalObject")
            .with("format", "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\"")
            .with("conforms_to", list([information("http://iiif.io/api/presentation")]))
            .with("access_point", list([point(&addresses.manifest(entity.object.id))]));
        node.add("subject_of", [carried(manifest)]);
    }
}

fn point(address: &str) -> Node {
    Node::new("id", address).with("type", "DigitalObject")
}

fn information(address: &str) -> Node {
    Node::new("id", address).with("type", "InformationObject")
}

/// The words or sounds that something digital carries.
fn carried(digital: Node) -> Node {
    Node::new("type", "LinguisticObject").with("digitally_carried_by", list([digital]))
}

fn web_page(address: &str) -> Node {
    classified(Node::new("type", "DigitalObject"), [aat("300264578", "Web Page")])
        .with("format", "text/html")
        .with("access_point", list([point(address)]))
}

fn image(entity: &Entity<'_>, view: &View<'_>) -> Node {
    let service = entity.setting.addresses.image(view.page.id());
    let sides = view.page.sides.into_iter().flat_map(|(width, height)| {
        [("300055647", "Width", width), ("300055644", "Height", height)].map(|(number, name, pixels)| {
            classified(Node::new("type", "Dimension").with("value", pixels), [aat(number, name)])
                .with("unit", unit("300266190", "pixels"))
        })
    });
    let available = Node::new("type", "DigitalService")
        .with("conforms_to", list([information("http://iiif.io/api/image/3")]))
        .with("access_point", list([point(&service)]));
    classified(Node::new("type", "DigitalObject"), [aat("300215302", "Digital Image")])
        .with("format", "image/jpeg")
        .with("dimension", list(sides))
        .with("access_point", list([point(&format!("{service}/full/max/0/default.jpg"))]))
        .with("digitally_available_via", list([available]))
}

fn file(entity: &Entity<'_>, view: &View<'_>) -> Node {
    let kept = view.page.file;
    Node::new("type", "DigitalObject")
        .with("_label", kept.name.as_str())
        .with("format", kept.media_type.as_str())
        .with("access_point", list([point(&entity.setting.addresses.content(kept.file))]))
}

/// A unit of measurement of the Art and Architecture Thesaurus.
pub fn unit(number: &str, name: &str) -> Node {
    Node::new("id", format!("http://vocab.getty.edu/aat/{number}")).with("type", "MeasurementUnit").with("_label", name)
}
