//! Records that a fonds wrote: which archive it was, and what it calls the object.

use fonds_schemas::ObjectId;

use super::crosswalk::Ours;
use super::path::{At, Found, Path};
use super::tree::{Node, inline};

/// Whose numbering the addresses of archives are: each is given once in the world, whatever format it came in.
pub const NAMESPACE: &str = "fonds";

/// The archive that wrote a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The public address of the archive, without a slash at its end.
    pub base: String,
    /// The address of the object there.
    pub address: String,
}

impl Origin {
    /// The archive, if the record has the address of an object of a fonds where a fonds writes it.
    ///
    /// A fonds writes nothing between elements. What somebody made pretty on the way is read as a record of anybody: its blanks
    /// are not those that were said.
    pub fn of(ours: &Ours, root: At<'_>) -> Option<Self> {
        if root.element.nodes.iter().any(|node| matches!(node, Node::Text(_))) {
            return None;
        }
        let texts =
            |paths: &[Path]| -> Vec<String> { paths.iter().flat_map(|path| path.find(root)).map(text).collect() };
        texts(&ours.address).into_iter().find_map(|address| {
            let (base, id) = address.rsplit_once("/id/")?;
            let is_web = base.starts_with("https://") || base.starts_with("http://");
            let id = ObjectId::parse(id).ok()?.to_string();
            let is_said_again = ours.again.is_empty() || texts(&ours.again).iter().any(|text| text.contains(&id));
            (is_web && is_said_again).then(|| Self { base: base.to_owned(), address: address.clone() })
        })
    }

    /// Whether the text is the address of something in that archive.
    pub fn has(&self, text: &str) -> bool {
        crate::formats::said::is_of_ours(text, &self.base)
    }

    /// Whether the text is the address of an image there, which others can show.
    pub fn has_image(&self, text: &str) -> bool {
        text.strip_prefix(&*self.base).is_some_and(|rest| rest.starts_with("/iiif/image/"))
    }
}

fn text(found: Found<'_>) -> String {
    found.attribute.map_or_else(|| found.at.element.text(&inline), |value| value.trim().to_owned())
}
