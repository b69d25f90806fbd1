//! What the archive says, without when and by which event: equal for two archives that took in the same things.

use fonds_schemas::{Access, Arrangement, FileRole, Level, Object, ObjectId, Relation, Sha256, SourceKey, Statement};
use futures::TryStreamExt as _;
use serde::Serialize;
use sha2::Digest as _;
use sqlx::{PgPool, Row as _};

use super::read_row;
use super::stored::NOW;
use crate::{ProjectionError, database};

#[derive(Serialize)]
struct Says<'a> {
    id: ObjectId,
    level: Level,
    source: &'a Option<SourceKey>,
    access: Access,
    statements: Vec<&'a Statement>,
    relations: Vec<Relation>,
    files: Vec<(u32, Sha256, FileRole, &'a str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrangement: Option<&'a Arrangement>,
}

fn says(object: &Object) -> Says<'_> {
    let mut relations = object.relations.clone();
    relations.sort();
    let mut files: Vec<_> = object.files.iter().map(|f| (f.order, f.sha256, f.role, f.name.as_str())).collect();
    files.sort();
    Says {
        id: object.id,
        level: object.level,
        source: &object.source,
        access: object.standing.access,
        statements: object.description(),
        relations,
        files,
        arrangement: Some(&object.arrangement).filter(|arrangement| !arrangement.is_empty()),
    }
}

/// The digest of what every object says now: level, source, access, statements, relations and files, but neither
/// places in the ledger nor names of events nor moments.
pub async fn state_digest(pg: &PgPool) -> Result<Sha256, ProjectionError> {
    let doing = "could not read the catalogue for its state digest";
    let mut hash = sha2::Sha256::new();
    let sql = format!("select object, doc, {NOW} from catalog_object where to_seq is null order by object");
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(pg);
    while let Some(row) = rows.try_next().await.map_err(database(doing))? {
        let id: &str = row.get(0);
        let object = read_row(&row)?;
        let text = serde_json::to_vec(&says(&object)).map_err(|source| ProjectionError::Row {
            what: "object",
            id: id.to_owned(),
            source: source.into(),
        })?;
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(&text);
    }
    Ok(Sha256::from_digest(hash.finalize().into()))
}
