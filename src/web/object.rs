//! The page of an object: now, or as it stood (`@{seq}`). An ending such as `.json` or `.ttl` asks for its data.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use fonds_projections::catalog;
use fonds_schemas::property::is_iri;
use fonds_schemas::{Act, Asserted, Object, ObjectId};

use super::page::{Error, Frame, of_object};
use super::search::{Card, card};
use super::{tier, words};
use crate::archive::{App, Archive, Denied};
use crate::asking::Asking;
use crate::iiif::presentation;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::views::{failure, is_image, is_painted, unshown};
use crate::linked::face::{FACES, embedded};
use crate::linked::signposts::{self, Link};
use crate::linked::{self, Surroundings, answer};

/// Objects that point here and are shown; the rest is a search away.
const POINTING_MAX: u32 = 60;

struct Value {
    text: String,
    language: Option<String>,
    /// Whether the reader needs to be told the language.
    tagged: bool,
    link: Option<String>,
    seq: u64,
}

struct Row {
    label: String,
    values: Vec<Value>,
}

struct Picture {
    src: String,
    /// Why there is nothing to see.
    problem: Option<String>,
    label: String,
    width: u32,
    height: u32,
    full: String,
}

struct FileRow {
    name: String,
    what: String,
    sha256: String,
    href: String,
}

struct Relations {
    label: String,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "object.html")]
struct ObjectPage {
    frame: Frame,
    id: ObjectId,
    title: String,
    title_language: Option<String>,
    also: Vec<(String, Option<String>)>,
    level: &'static str,
    access: Option<&'static str>,
    as_of: Option<(u64, String)>,
    pictures: Vec<Picture>,
    rows: Vec<Row>,
    relations: Vec<Relations>,
    files: Vec<FileRow>,
    manifest: Option<String>,
    name: String,
    changed: String,
    seq: u64,
    /// The page itself, which other addresses lead to.
    address: String,
    /// What search engines read.
    data: String,
    /// Other forms of the description: extension, media type and what people read.
    faces: Vec<(&'static str, String, &'static str)>,
    /// What Europeana would make of it.
    tier: Option<tier::Told>,
}

/// The object under that name: `ID`, `ID@SEQ` or `ID.EXT`.
pub async fn object(State(app): State<App>, asking: Asking, Path(name): Path<String>, headers: HeaderMap) -> Response {
    if let Some((id, extension)) = name.split_once('.') {
        let data = match id.parse() {
            Ok(id) => linked::representation(&app, asking, id, extension, &headers).await,
            Err(_no_id) => None,
        };
        return data.unwrap_or_else(|| Error::from(Denied::Unknown).page(&app));
    }
    match make(&app, asking, &name, &headers).await {
        Ok(response) => response,
        Err(error) => error.page(&app),
    }
}

async fn make(app: &Archive, asking: Asking, name: &str, asked: &HeaderMap) -> Result<Response, Error> {
    let (id, seq) = match name.split_once('@') {
        Some((id, seq)) => (id, Some(seq.parse().map_err(|_no_number| Denied::Unknown)?)),
        None => (name, None),
    };
    let id: ObjectId = id.parse().map_err(|_no_id| Denied::Unknown)?;
    let object = match seq {
        Some(seq) => app.object_at(asking, id, seq).await?,
        None => app.object(asking, id, Act::See).await?,
    };
    let failures = app.packs.failures().await?;
    let setting = Setting { failures: Some(&failures), ..presentation::setting(app) };
    let relations = relations(app, asking, &object, setting).await?;
    let mut page = page(app, &object, relations, seq, setting);
    let around = Surroundings::of(app, asking, &object).await?;
    let said = linked::setting(app);
    let links = match seq {
        None => around.signposts(&object, &said).links(),
        // Of a past state, only what it is a state of.
        Some(_) => vec![Link::new("cite-as", page.name.as_str()), Link::new("latest-version", page.address.as_str())],
    };
    if seq.is_none() {
        let seen = linked::to_be_seen(&object, setting);
        page.data =
            FACES.first().map(|face| embedded(&face.document(&seen, &around.beside, &said))).unwrap_or_default();
        page.tier = if object.is_public(asking.at) { tier::of(&object, &said) } else { None };
    }
    let changed_at = around.stand.changed_at.filter(|_| seq.is_none());
    let beside = answer::Beside::of(&object, asking, changed_at, signposts::header(&links));
    Ok(of_object(&page, asked, &beside)?)
}

fn page(
    app: &Archive,
    object: &Object,
    relations: Vec<Relations>,
    seq: Option<u64>,
    setting: Setting<'_>,
) -> ObjectPage {
    let title = object.values("title").next();
    let has_view = object.files.iter().any(|file| is_painted(file, setting));
    let access = object.standing.access;
    ObjectPage {
        frame: Frame::of(app),
        id: object.id,
        title: object.title(),
        title_language: title.and_then(words::language),
        also: object.values("title").skip(1).map(|title| (title.text.clone(), words::language(title))).collect(),
        level: object.level.as_str(),
        access: (access != fonds_schemas::Access::Public).then_some(access.as_str()),
        as_of: seq.map(|seq| (seq, words::moment(object.modified_at))),
        pictures: pictures(object, setting),
        rows: rows(object),
        relations,
        files: files(object),
        manifest: has_view.then(|| app.stores.addresses.manifest(object.id)),
        name: app.stores.addresses.id(object.id),
        changed: words::moment(object.modified_at),
        seq: object.seq,
        address: app.stores.addresses.page(object.id),
        data: String::new(),
        faces: FACES.iter().map(|face| (face.extension(), face.media_type(), face.label())).collect(),
        tier: None,
    }
}

fn pictures(object: &Object, setting: Setting<'_>) -> Vec<Picture> {
    let images = object.files.iter().filter(|file| is_image(file, setting));
    let pages = images.flat_map(fonds_schemas::StoredFile::all_pages);
    pages
        .map(|page| {
            let (image, (width, height)) = (page.id(), page.sides.unwrap_or_default());
            let several = !page.file.pages.is_empty();
            let number = if several { format!(" ({})", page.number) } else { String::new() };
            Picture {
                problem: failure(page, setting).map(unshown),
                src: format!("/iiif/image/3/{image}/full/!1000,1000/0/default.jpg"),
                full: format!("/iiif/image/3/{image}/full/max/0/default.jpg"),
                label: format!("{}{number}", page.file.name),
                width,
                height,
            }
        })
        .collect()
}

fn rows(object: &Object) -> Vec<Row> {
    let groups = object.by_property().into_iter();
    groups
        .map(|(property, values)| Row {
            label: property.label().to_owned(),
            values: {
                let languages: BTreeSet<_> = values.iter().map(|value| &value.statement.language).collect();
                values.into_iter().map(|standing| value(standing, languages.len() > 1)).collect()
            },
        })
        .collect()
}

fn value(standing: &Asserted, mixed: bool) -> Value {
    let statement = &standing.statement;
    let web = |text: &String| is_iri(text) && (text.starts_with("http://") || text.starts_with("https://"));
    let link = statement.authority.clone().filter(web).or_else(|| Some(statement.text.clone()).filter(web));
    Value {
        text: words::licence(&statement.text).unwrap_or_else(|| statement.text.clone()),
        language: words::language(statement),
        tagged: mixed || !words::is_pages_own(statement),
        link,
        seq: standing.seq,
    }
}

fn files(object: &Object) -> Vec<FileRow> {
    let rows = object.files.iter().map(|file| {
        let sides = file.width.zip(file.height).map_or_else(String::new, |(w, h)| format!(", {w} × {h} pixels"));
        let pages = if file.pages.is_empty() { String::new() } else { format!(", {} pages", file.pages.len() + 1) };
        FileRow {
            name: file.name.clone(),
            what: format!("{}, {}{sides}{pages}, {}", file.role.as_str(), file.media_type, bytes(file.bytes)),
            sha256: file.sha256.to_string(),
            href: format!("/api/v1/files/{}/content", file.file),
        }
    });
    rows.collect()
}

/// Bytes in the unit that reads best, one decimal, rounded down.
fn bytes(count: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.into_iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => format!("{}.{} {unit}", count / size, count % size * 10 / size),
        None => format!("{count} bytes"),
    }
}

/// What it is related to and what is related to it, both only as far as the asker may see them.
async fn relations(
    app: &Archive,
    asking: Asking,
    object: &Object,
    setting: Setting<'_>,
) -> Result<Vec<Relations>, Error> {
    let mut groups: Vec<(String, Vec<ObjectId>)> = Vec::new();
    let outward = object.relations.iter().map(|relation| (relation.kind.label().to_owned(), relation.target));
    let inward = catalog::pointing_at(&app.stores.pg, &asking.viewer, asking.at, object.id, POINTING_MAX).await?;
    let inward = inward.into_iter().map(|(kind, id)| (kind.inverse_label().to_owned(), id));
    for (label, id) in outward.chain(inward) {
        match groups.iter_mut().find(|(known, _)| *known == label) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((label, vec![id])),
        }
    }
    let mut shown = Vec::new();
    for (label, ids) in groups {
        let objects = catalog::objects(&app.stores.pg, &ids).await?;
        let seen = objects
            .iter()
            .filter(|object| fonds_schemas::may(&asking.viewer, &object.standing, Act::See, asking.at).is_allowed());
        let cards: Vec<Card> = seen.map(|object| card(object, setting)).collect();
        if !cards.is_empty() {
            shown.push(Relations { label, cards });
        }
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_234_567), "1.2 MB");
    }
}
