//! METS 1.12.1 (<https://www.loc.gov/standards/mets/>): a thing with its files in their order, described in MODS, with PREMIS
//! for each file and for what one may do with it.
//!
//! The addresses are those under which the public gets the bytes that are kept. Images are there a second time, as the JPEG
//! that a viewer of METS can show.

use std::collections::HashMap;

use fonds_projections::feed::{Format, Row, Setting};
use fonds_schemas::{Event, FileRole, Object, ObjectId, StoredFile};

use super::element::Element;
use super::files::{self, FILES_MAX};
use super::mods;
use super::premis::{self, Kept};
use super::said::Description;
use super::views::{Kind, View, views};

/// The format.
pub struct Mets;

const NAMESPACE: &str = "http://www.loc.gov/METS/";
const SCHEMA: &str = "http://www.loc.gov/standards/mets/mets.xsd";

impl Format for Mets {
    fn prefix(&self) -> &'static str {
        "mets"
    }

    fn schema(&self) -> &'static str {
        SCHEMA
    }

    fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    fn crosswalk(&self) -> &'static [Row] {
        // What is said stands in MODS.
        mods::CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let said = Description::of(object, setting);
        let kept = Kept { object, setting, said: &said };
        let volume = Volume::of(object, setting);
        let status = if files::has_more(object) { Some(format!("only the first {FILES_MAX} files")) } else { None };
        let described = wrapped("MODS", "3.8", mods::root(object, &said, setting));
        let rights = kept.rights().map(|rights| wrapped("PREMIS:RIGHTS", "3.0", rights));
        let order = volume.order(object, rights.as_ref().map(|_| volume.name("rights")));
        let rights =
            rights.map(|wrap| Element::new("mets:rightsMD").attribute("ID", volume.name("rights")).with([wrap]));
        let root = Element::new("mets:mets")
            .attribute("xmlns:mets", NAMESPACE)
            .attribute("xmlns:premis", premis::NAMESPACE)
            .attribute("xmlns:xlink", "http://www.w3.org/1999/xlink")
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
            .attribute("OBJID", setting.addresses.id(object.id))
            .attribute("LABEL", object.title().trim().to_owned())
            .attribute("TYPE", object.level.as_str())
            .with([header(setting).maybe("RECORDSTATUS", status)])
            .with([Element::new("mets:dmdSec").attribute("ID", volume.name("mods")).with([described])])
            .with(Element::around("mets:amdSec", volume.technical(&kept).into_iter().chain(rights)))
            .with(Element::around("mets:fileSec", volume.groups()))
            .with([order]);
        Some(root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        // The MODS names views, and the first of them may be behind the last file that is named.
        files::is_unmoved(before, event) && mods::Mods.is_unmoved(before, event)
    }
}

fn header<'a>(setting: &Setting<'a>) -> Element<'a> {
    let name = Element::new("mets:name").text(setting.publishing.institution.as_str());
    let agent = Element::new("mets:agent").attribute("ROLE", "CUSTODIAN").attribute("TYPE", "ORGANIZATION");
    Element::new("mets:metsHdr").with([agent.with([name])])
}

/// Metadata in another format.
fn wrapped<'a>(kind: &'static str, version: &'static str, metadata: Element<'a>) -> Element<'a> {
    Element::new("mets:mdWrap")
        .attribute("MIMETYPE", "text/xml")
        .attribute("MDTYPE", kind)
        .attribute("MDTYPEVERSION", version)
        .with([Element::new("mets:xmlData").with([metadata])])
}

/// A file with its place, from 1.
struct Entry<'a> {
    name: String,
    place: usize,
    file: &'a StoredFile,
    address: String,
}

/// An image as viewers show it.
struct Shown<'a> {
    name: String,
    view: View<'a>,
    address: String,
}

/// The files of a thing.
struct Volume<'a> {
    object: ObjectId,
    files: Vec<Entry<'a>>,
    shown: Vec<Shown<'a>>,
}

/// The groups of files, by the part that they play; what they are for, in the words that viewers and importers of METS know.
const GROUPS: &[(FileRole, &str)] = &[
    (FileRole::Master, "MASTER"),
    (FileRole::Access, "ACCESS"),
    (FileRole::Transcript, "FULLTEXT"),
    (FileRole::ThreeD, "3D"),
    (FileRole::Rti, "RTI"),
    (FileRole::Attachment, "ATTACHMENT"),
];

impl<'a> Volume<'a> {
    fn of(object: &'a Object, setting: &Setting<'_>) -> Self {
        let mut volume = Self { object: object.id, files: Vec::new(), shown: Vec::new() };
        for (place, file) in (1..).zip(files::named(object)) {
            let (name, address) = (volume.name(&format!("file-{place}")), setting.addresses.content(file.file));
            volume.files.push(Entry { name, place, file, address });
        }
        let last = volume.files.last().map(|entry| (entry.file.order, entry.file.file));
        let views = views(object, FILES_MAX).into_iter().filter(|view| view.kind == Kind::Image);
        let views = views.filter(|view| Some((view.page.file.order, view.page.file.file)) <= last);
        for (place, view) in (1..).zip(views) {
            let (name, address) = (volume.name(&format!("image-{place}")), view.address(setting));
            volume.shown.push(Shown { name, view, address });
        }
        volume
    }

    /// The name of a part. Many records stand on one page of OAI-PMH, and no name may stand there twice.
    fn name(&self, part: &str) -> String {
        format!("{part}-{}", self.object)
    }

    /// What PREMIS says of each file.
    fn technical(&self, kept: &Kept<'_, 'a>) -> Vec<Element<'a>> {
        let technical = |entry: &Entry<'a>| {
            let object = wrapped("PREMIS:OBJECT", "3.0", kept.file(entry.file));
            Element::new("mets:techMD").attribute("ID", format!("premis-{}", entry.name)).with([object])
        };
        self.files.iter().map(technical).collect()
    }

    fn groups(&self) -> Vec<Element<'a>> {
        let kept = GROUPS.iter().filter_map(|(role, purpose)| {
            let files = self.files.iter().filter(|entry| entry.file.role == *role).map(file);
            Some(Element::around("mets:fileGrp", files)?.attribute("USE", *purpose))
        });
        let shown = self.shown.iter().map(|shown| {
            Element::new("mets:file")
                .attribute("ID", shown.name.clone())
                .attribute("MIMETYPE", shown.view.media_type().to_owned())
                .with([location(shown.address.clone())])
        });
        let shown = Element::around("mets:fileGrp", shown).map(|group| group.attribute("USE", "DEFAULT"));
        kept.chain(shown).collect()
    }

    /// The order of its pages. Text stands with the image of the same name.
    fn order(&self, object: &Object, rights: Option<String>) -> Element<'a> {
        let mut pages: Vec<Element<'a>> = Vec::new();
        let mut stems: HashMap<&str, usize> = HashMap::new();
        for entry in self.files.iter().filter(|entry| entry.file.role != FileRole::Transcript) {
            let shown: Vec<&Shown<'a>> =
                self.shown.iter().filter(|shown| shown.view.page.file.file == entry.file.file).collect();
            stems.entry(stem(&entry.file.name)).or_insert(pages.len());
            if shown.is_empty() {
                pages.push(division("file", &entry.file.name).with([pointer(&entry.name)]));
            }
            for shown in shown {
                let both = [pointer(&entry.name), pointer(&shown.name)];
                pages.push(division("page", &entry.file.name).with(both));
            }
        }
        for entry in self.files.iter().filter(|entry| entry.file.role == FileRole::Transcript) {
            let text = pointer(&entry.name);
            match stems.get(stem(&entry.file.name)).and_then(|place| pages.get_mut(*place)) {
                Some(page) => *page = page.clone().with([text]),
                None => pages.push(division("file", &entry.file.name).with([text])),
            }
        }
        let pages = (1u32..).zip(pages).map(|(place, page)| page.attribute("ORDER", place.to_string()));
        let whole = Element::new("mets:div")
            .attribute("TYPE", "physSequence")
            .attribute("LABEL", object.title().trim().to_owned())
            .attribute("DMDID", self.name("mods"))
            .maybe("ADMID", rights)
            .with(pages);
        Element::new("mets:structMap").attribute("TYPE", "PHYSICAL").with([whole])
    }
}

fn file<'a>(entry: &Entry<'a>) -> Element<'a> {
    Element::new("mets:file")
        .attribute("ID", entry.name.clone())
        .attribute("SEQ", entry.place.to_string())
        .attribute("MIMETYPE", entry.file.media_type.as_str())
        .attribute("SIZE", entry.file.bytes.to_string())
        .attribute("CHECKSUM", entry.file.sha256.to_string())
        .attribute("CHECKSUMTYPE", "SHA-256")
        .attribute("ADMID", format!("premis-{}", entry.name))
        .with([location(entry.address.clone())])
}

fn location<'a>(address: String) -> Element<'a> {
    Element::new("mets:FLocat").attribute("LOCTYPE", "URL").attribute("xlink:href", address)
}

fn division<'a>(kind: &'static str, name: &'a str) -> Element<'a> {
    Element::new("mets:div").attribute("TYPE", kind).attribute("LABEL", name)
}

fn pointer<'a>(name: &str) -> Element<'a> {
    Element::new("mets:fptr").attribute("FILEID", name.to_owned())
}

/// A name without its extension.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
