//! Web Annotations by their addresses: pages of a canvas, and single ones.
//!
//! Everything is asked for through the object: what is said of an image that the asker may not see is not there.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use fonds_projections::annotations::{self, Source};
use fonds_projections::provenance;
use fonds_schemas::{Act, AgentId, AnnotationId, FileId, Object, ObjectId};

use crate::archive::App;
use crate::asking::Asking;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Keeping};
use crate::iiif::presentation::annotation::{self, Granularity, OneOrMany, WebAnnotation, granular_context};
use crate::iiif::presentation::maker::{Agents, Made};
use crate::iiif::presentation::views::is_image;
use crate::iiif::presentation::{CONTEXT, DIALECT, Wanted, find, setting};

/// Seconds that anybody may keep annotations: an edit is seen a minute later.
const SECONDS: u32 = 60;

/// The addresses of annotations.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/iiif/presentation/3/{object}/canvas/{file}/annotations", get(said))
        .route("/iiif/presentation/3/{object}/canvas/{file}/transcript", get(lines))
        .route("/iiif/presentation/3/{object}/canvas/{file}/transcript/words", get(words))
        .route("/iiif/presentation/2/{object}/canvas/{file}/annotations", get(said))
        .route("/iiif/presentation/2/{object}/canvas/{file}/transcript", get(lines))
        .route("/iiif/annotation/{id}", get(single))
}

async fn said(
    State(app): State<App>,
    asking: Asking,
    Path((object, file)): Path<(String, String)>,
    wanted: Wanted,
) -> Result<Response, Error> {
    let object = find(&app, asking, &object).await?;
    let file = painted(&app, &object, &file)?;
    let said = annotations::of_file(&app.stores.pg, object.id, file).await.map_err(Error::Projection)?;
    let agents = agents(&app, said.iter().map(|said| said.agent).collect()).await?;
    let page = annotation::page(&object, file, &said, &agents, setting(&app));
    let keeping = Keeping::of(&object.standing, asking.at, SECONDS);
    wanted.page(&page, keeping)
}

async fn lines(
    state: State<App>,
    asking: Asking,
    path: Path<(String, String)>,
    wanted: Wanted,
) -> Result<Response, Error> {
    transcript(state, asking, path, &wanted, Granularity::Line).await
}

async fn words(
    state: State<App>,
    asking: Asking,
    path: Path<(String, String)>,
    wanted: Wanted,
) -> Result<Response, Error> {
    transcript(state, asking, path, &wanted, Granularity::Word).await
}

async fn transcript(
    State(app): State<App>,
    asking: Asking,
    Path((object, file)): Path<(String, String)>,
    wanted: &Wanted,
    granularity: Granularity,
) -> Result<Response, Error> {
    let object = find(&app, asking, &object).await?;
    let file = painted(&app, &object, &file)?;
    let text = annotations::transcript(&app.stores.pg, file).await.map_err(Error::Projection)?;
    let agents = agents(&app, text.iter().map(|text| text.agent).collect()).await?;
    let page = annotation::transcript(&object, file, text.as_ref(), granularity, &agents, setting(&app));
    wanted.page(&page, Keeping::of(&object.standing, asking.at, SECONDS))
}

/// What an address under `/iiif/annotation` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Said(AnnotationId),
    Line(FileId, u32),
    Word(FileId, u32, u32),
}

impl Named {
    /// An annotation; or a file, a full stop and the number of a line; or a full stop and the number of a word more.
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| n.to_string() == text && *n > 0);
        let parts: Vec<&str> = text.splitn(4, '.').collect();
        match parts.as_slice() {
            [id] => AnnotationId::parse(id).ok().map(Self::Said),
            [file, line] => Some(Self::Line(FileId::parse(file).ok()?, number(line)?)),
            [file, line, word] => Some(Self::Word(FileId::parse(file).ok()?, number(line)?, number(word)?)),
            _ => None,
        }
    }
}

async fn single(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Error> {
    let named = Named::parse(&id).ok_or(Error::NotFound)?;
    let (object, document) = match named {
        Named::Said(id) => one_said(&app, asking, id).await?,
        Named::Line(file, line) => one_of_text(&app, asking, file, line, None).await?,
        Named::Word(file, line, word) => one_of_text(&app, asking, file, line, Some(word)).await?,
    };
    let keeping = Keeping::of(&object.standing, asking.at, SECONDS);
    http::document(&asked, &document, DIALECT, keeping, None)
}

async fn one_said(app: &App, asking: Asking, id: AnnotationId) -> Result<(Object, WebAnnotation), Error> {
    let said = annotations::annotation(&app.stores.pg, id).await.map_err(Error::Projection)?;
    let said = said.ok_or(Error::NotFound)?;
    let object = seen(app, asking, said.body.object, said.body.file).await?;
    let agents = agents(app, vec![said.agent]).await?;
    let canvas = annotation::canvas(&object, said.body.file, setting(app));
    let document = annotation::of_said(&said, &canvas, &agents, setting(app));
    Ok((object, WebAnnotation { context: Some(OneOrMany::One(CONTEXT)), ..document }))
}

async fn one_of_text(
    app: &App,
    asking: Asking,
    file: FileId,
    number: u32,
    word: Option<u32>,
) -> Result<(Object, WebAnnotation), Error> {
    let hit = annotations::line(&app.stores.pg, file, number).await.map_err(Error::Projection)?;
    let hit = hit.ok_or(Error::NotFound)?;
    let object = seen(app, asking, hit.object, file).await?;
    let Source::Line(_, line) = &hit.source else { return Err(Error::NotFound) };
    let (canvas, base) = (annotation::canvas(&object, file, setting(app)), app.stores.addresses.base());
    let made = Made::by(hit.agent, &agents(app, vec![hit.agent]).await?);
    let text = annotation::Text { file, language: hit.language.as_ref(), made, canvas: &canvas, base };
    let document = match word {
        None => text.line(number, line),
        Some(place) => {
            let at = usize::try_from(place - 1).unwrap_or(usize::MAX);
            let word = line.words.get(at).ok_or(Error::NotFound)?;
            text.word((number, place), word)
        }
    };
    Ok((object, WebAnnotation { context: Some(granular_context()), ..document }))
}

/// The object, if the asker may see it and the image is shown on it.
async fn seen(app: &App, asking: Asking, object: ObjectId, file: FileId) -> Result<Object, Error> {
    let object = app.object(asking, object, Act::See).await?;
    painted(app, &object, &file.to_string())?;
    Ok(object)
}

/// An image that is shown on a canvas of the object.
fn painted(app: &App, object: &Object, file: &str) -> Result<FileId, Error> {
    let id = FileId::parse(file).map_err(|_no_file_is_called_so| Error::NotFound)?;
    let shown = object.file(id).is_some_and(|file| is_image(file, setting(app)));
    if shown { Ok(id) } else { Err(Error::NotFound) }
}

/// Who these agents are.
pub(super) async fn agents(app: &App, mut ids: Vec<AgentId>) -> Result<Agents, Error> {
    ids.sort();
    ids.dedup();
    let agents = provenance::agents(&app.stores.pg, &ids).await.map_err(Error::Projection)?;
    Ok(agents.into_iter().map(|agent| (agent.agent, agent)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, named: Option<Named>) {
        assert_eq!(Named::parse(text), named, "{text}");
    }

    #[test]
    fn addresses_name_annotations_lines_and_words() {
        let (file, id) = (FileId::from_random([1; 10]), AnnotationId::from_random([1; 10]));
        check(&id.to_string(), Some(Named::Said(id)));
        check(&format!("{file}.12"), Some(Named::Line(file, 12)));
        check(&format!("{file}.12.3"), Some(Named::Word(file, 12, 3)));
    }
    #[test]
    fn there_is_one_address_for_each() {
        let file = FileId::from_random([1; 10]);
        for text in ["", "x", ".", &format!("{file}.0"), &format!("{file}.01"), &format!("{file}.1.+2")] {
            check(text, None);
        }
        check(&format!("{file}.1.2.3"), None);
        check(&format!("{file}.99999999999"), None);
    }
}
