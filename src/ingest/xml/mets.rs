//! METS: which of its descriptions is that of the whole, and which files it has in which order.
//!
//! Source: METS 1.12.1, `dmdSec`, `fileSec`, `structMap`.

use std::collections::HashMap;

use fonds_schemas::FileRole;

use super::crosswalk::Volume;
use super::tree::Element;

/// The namespace of METS.
const METS: &str = "http://www.loc.gov/METS/";
/// The namespace of links.
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// A file that a volume names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    /// Where it is.
    pub location: &'a str,
    /// The line.
    pub line: u64,
    /// The part that it plays.
    pub role: FileRole,
    /// Of a text: where the image of its page is.
    pub text_of: Option<&'a str>,
}

/// What a volume is described by: what the first description holds that its logical order names, else the first of all.
pub fn described(mets: &Element) -> Option<&Element> {
    let mut orders: Vec<&Element> = named(mets, "structMap").collect();
    orders.sort_by_key(|order| order.attribute("", "TYPE") != Some("LOGICAL"));
    let wanted = orders.into_iter().find_map(first_description);
    let descriptions = || named(mets, "dmdSec");
    let first = wanted.and_then(|id| descriptions().find(|section| section.attribute("", "ID") == Some(id)));
    let section = first.or_else(|| descriptions().next())?;
    let wrapped = named(section, "mdWrap").next()?;
    named(wrapped, "xmlData").next()?.children().next()
}

/// The first description that a division names, the outer ones before the inner ones.
fn first_description(element: &Element) -> Option<&str> {
    let own = element.attribute("", "DMDID").and_then(|ids| ids.split_whitespace().next());
    own.or_else(|| named(element, "div").find_map(first_description))
}

fn named<'a>(element: &'a Element, local: &'static str) -> impl Iterator<Item = &'a Element> {
    element.children().filter(move |child| child.name.is(METS, local))
}

/// The files of the first use that the volume has, and its texts, in the order of its pages; and the uses of others.
pub fn files<'a>(mets: &'a Element, volume: &Volume) -> (Vec<Named<'a>>, Vec<String>) {
    let mut groups: Vec<(String, Vec<&Element>)> = Vec::new();
    for section in named(mets, "fileSec") {
        gather(section, "", &mut groups);
    }
    let has = |wanted: &&String| groups.iter().any(|(usage, _)| usage == *wanted);
    let masters = volume.masters.iter().find(has);
    let texts = volume.texts.iter().find(has);
    let role = |usage: &String| match (Some(usage) == masters, Some(usage) == texts) {
        (true, _) => Some(FileRole::Master),
        (false, true) => Some(FileRole::Transcript),
        (false, false) => None,
    };
    let others = groups.iter().filter(|(usage, _)| role(usage).is_none());
    let others =
        others.map(|(usage, _)| format!("mets:fileGrp[@USE='{}']", usage.chars().take(32).collect::<String>()));
    let others = others.collect();
    let places = places(mets);
    let mut files: Vec<(usize, Named<'a>)> = Vec::new();
    for (usage, members) in &groups {
        let Some(role) = role(usage) else { continue };
        for file in members {
            let place = file.attribute("", "ID").and_then(|id| places.get(id)).copied().unwrap_or(usize::MAX);
            let location = named(file, "FLocat").find_map(|at| Some((at.attribute(XLINK, "href")?, at.line)));
            let Some((location, line)) = location.filter(|(location, _)| !location.trim().is_empty()) else { continue };
            files.push((place, Named { location: location.trim(), line, role, text_of: None }));
        }
    }
    // Of one page, the image comes before its text: groups were asked in that order where their places are equal.
    files.sort_by_key(|(place, file)| (*place, file.role != FileRole::Master));
    // The one image of a page is what its text is the text of.
    let mut images: HashMap<usize, Option<&str>> = HashMap::new();
    for (place, file) in files.iter().filter(|(place, file)| *place != usize::MAX && file.role == FileRole::Master) {
        images.entry(*place).and_modify(|known| *known = None).or_insert(Some(file.location));
    }
    let text_of = |place: usize, file: &Named<'a>| match file.role {
        FileRole::Transcript => images.get(&place).copied().flatten(),
        FileRole::Master | FileRole::Access | FileRole::Attachment | FileRole::ThreeD | FileRole::Rti => None,
    };
    let files = files.into_iter().map(|(place, file)| Named { text_of: text_of(place, &file), ..file });
    (files.collect(), others)
}

/// The files of a group and of the groups in it, by their use.
fn gather<'a>(element: &'a Element, usage: &str, groups: &mut Vec<(String, Vec<&'a Element>)>) {
    for group in named(element, "fileGrp") {
        let usage = group.attribute("", "USE").unwrap_or(usage);
        let files: Vec<&Element> = named(group, "file").collect();
        match groups.iter_mut().find(|(known, _)| known == usage) {
            Some((_, members)) => members.extend(files),
            None if files.is_empty() => {}
            None => groups.push((usage.to_owned(), files)),
        }
        gather(group, usage, groups);
    }
}

/// The page of each file, by its id: pages have numbers, or stand in their order.
fn places(mets: &Element) -> HashMap<&str, usize> {
    let mut pages: Vec<(usize, &Element)> = Vec::new();
    for order in named(mets, "structMap").filter(|order| order.attribute("", "TYPE") == Some("PHYSICAL")) {
        divisions(order, &mut pages);
    }
    pages.sort_by_key(|(number, _)| *number);
    let mut places = HashMap::new();
    for (place, (_, page)) in pages.into_iter().enumerate() {
        for id in named(page, "fptr").filter_map(|pointer| pointer.attribute("", "FILEID")) {
            places.entry(id).or_insert(place);
        }
    }
    places
}

fn divisions<'a>(element: &'a Element, pages: &mut Vec<(usize, &'a Element)>) {
    for division in named(element, "div") {
        if named(division, "fptr").next().is_some() && division.attribute("", "TYPE") != Some("physSequence") {
            let number = division.attribute("", "ORDER").and_then(|number| number.trim().parse().ok());
            pages.push((number.unwrap_or(pages.len() + 1), division));
        }
        divisions(division, pages);
    }
}
