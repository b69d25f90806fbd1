//! What was harvested from other repositories: how far each harvest is, and where each object comes from.
//!
//! Who harvests asks how far; OAI-PMH asks where a public record comes from (`about/provenance`). An object that two
//! harvests brought comes from the one that brought it last. Neither answer looks at who asks: callers ask of objects
//! that they may show.

use std::collections::HashMap;

use async_trait::async_trait;
use fonds_schemas::event::Harvested;
use fonds_schemas::{Event, HarvestId, ObjectId, Origin, Sha256, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};

use crate::catalog::begin;
use crate::{Batch, Projection, ProjectionError, Stores, database, position};

/// The name of the projection.
pub const NAME: &str = "harvests";
const CODE_VERSION: u32 = 1;

const TABLES: &[&str] = &[
    // How far each harvest is. PostgreSQL keeps no NUL in a text, and nothing of a list that holds one was ever asked.
    "create table if not exists harvest_state (
        harvest text primary key, seq bigint not null, version bigint not null, base_url text not null,
        namespace text not null, prefix text not null, set_spec text, from_date text, until_date text,
        started text not null, token text, complete text, recorded_at bigint not null)",
    "create table if not exists harvest_origin (
        object text collate \"C\" primary key, seq bigint not null, base_url text not null, identifier text not null,
        datestamp text not null, harvest_date text not null, metadata_namespace text not null, deleted boolean not null,
        earlier text not null)",
];

/// What a record of a repository is here: asked for when it says that the record is gone.
const INDEX: &str =
    "create index if not exists harvest_origin_identifier on harvest_origin (md5(base_url || ' ' || identifier))";

/// The projection.
pub struct Harvests;

/// How far a harvest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which.
    pub harvest: HarvestId,
    /// The version of its stream: who goes on appends behind it.
    pub version: u64,
    /// The base URL of the repository.
    pub base_url: String,
    /// Whose numbering its identifiers are.
    pub namespace: String,
    /// The format.
    pub prefix: String,
    /// The set, if it is only one.
    pub set: Option<String>,
    /// The `from` of the last list.
    pub from: Option<String>,
    /// The `until` of the last list.
    pub until: Option<String>,
    /// When the repository answered the first page of the last list.
    pub started: String,
    /// What continues the last list; none where it ended.
    pub token: Option<String>,
    /// Everything that the repository changed before this moment is here.
    pub complete: Option<String>,
    /// When that was recorded here.
    pub recorded_at: Timestamp,
}

#[async_trait]
impl Projection for Harvests {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in TABLES {
            sqlx::query(*sql).execute(&stores.pg).await.map_err(database("could not make a table of harvests"))?;
        }
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        sqlx::query(INDEX).execute(&stores.pg).await.map_err(database("could not make the index of harvests"))?;
        position::analyze(&stores.pg, &["harvest_origin"]).await
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        let mut tx = begin(&stores.pg).await?;
        for recorded in &batch.events {
            match &recorded.event {
                Some(Event::Harvested(body)) => {
                    let envelope = &recorded.envelope;
                    keep_state(&mut tx, body, envelope.seq, envelope.version, envelope.recorded_at).await?;
                    keep_origins(&mut tx, body, envelope.seq).await?;
                }
                // An erased body says nothing: the page that it was of is asked for again. The others say nothing of
                // other repositories.
                None
                | Some(
                    Event::LedgerOpened(_)
                    | Event::AgentRegistered(_)
                    | Event::BatchOpened(_)
                    | Event::BatchClosed(_)
                    | Event::Accessioned(_)
                    | Event::Described(_)
                    | Event::Related(_)
                    | Event::FileStored(_)
                    | Event::FileDetached(_)
                    | Event::Arranged(_)
                    | Event::AccessSet(_)
                    | Event::EmbargoLapsed(_)
                    | Event::Annotated(_)
                    | Event::AnnotationRetracted(_)
                    | Event::Transcribed(_)
                    | Event::PublicationMarked(_)
                    | Event::TokenIssued(_)
                    | Event::TokenRevoked(_),
                ) => {}
            }
        }
        position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
        tx.commit().await.map_err(database("could not commit a batch of harvests"))
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let states = "harvest, seq, version, base_url, namespace, prefix, set_spec, from_date, until_date, started,
            token, complete, recorded_at";
        let origins =
            "object, seq, base_url, identifier, datestamp, harvest_date, metadata_namespace, deleted, earlier";
        let mut all = Vec::new();
        for (table, columns, order) in [("harvest_state", states, "harvest"), ("harvest_origin", origins, "object")] {
            all.extend_from_slice(position::table_digest(&stores.pg, table, columns, order).await?.as_bytes());
        }
        Ok(Sha256::of(&all))
    }
}

async fn keep_state(
    tx: &mut PgConnection,
    body: &Harvested,
    seq: u64,
    version: u64,
    recorded_at: Timestamp,
) -> Result<(), ProjectionError> {
    let sql = "insert into harvest_state (harvest, seq, version, base_url, namespace, prefix, set_spec, from_date,
            until_date, started, token, complete, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (harvest) do update set seq = excluded.seq, version = excluded.version,
            base_url = excluded.base_url, namespace = excluded.namespace, prefix = excluded.prefix,
            set_spec = excluded.set_spec, from_date = excluded.from_date, until_date = excluded.until_date,
            started = excluded.started, token = excluded.token, complete = excluded.complete,
            recorded_at = excluded.recorded_at";
    let query = sqlx::query(sql).bind(body.harvest.to_string()).bind(seq.cast_signed()).bind(version.cast_signed());
    let query = query.bind(&body.base_url).bind(&body.namespace).bind(&body.prefix).bind(&body.set).bind(&body.from);
    let query = query.bind(&body.until).bind(&body.started).bind(&body.token).bind(&body.complete);
    let done = query.bind(recorded_at.micros()).execute(tx).await;
    done.map_err(database("could not write how far a harvest is")).map(drop)
}

async fn keep_origins(tx: &mut PgConnection, body: &Harvested, seq: u64) -> Result<(), ProjectionError> {
    // An object may stand in a page twice: the last word counts, and one statement writes a row once.
    let mut last: HashMap<ObjectId, usize> = HashMap::new();
    for (place, record) in body.records.iter().enumerate() {
        for object in &record.objects {
            last.insert(*object, place);
        }
    }
    let (mut objects, mut identifiers, mut datestamps) = (Vec::new(), Vec::new(), Vec::new());
    let (mut deleted, mut earlier) = (Vec::new(), Vec::new());
    for (place, record) in body.records.iter().enumerate() {
        for object in &record.objects {
            // A record may name an object twice, too.
            if last.get(object) != Some(&place) || last.remove(object).is_none() {
                continue;
            }
            objects.push(object.to_string());
            identifiers.push(record.identifier.as_str());
            datestamps.push(record.datestamp.as_str());
            deleted.push(record.deleted);
            let written = serde_json::to_string(&record.earlier);
            earlier.push(written.map_err(|source| unreadable(&object.to_string(), source.into()))?);
        }
    }
    let sql = "insert into harvest_origin (object, seq, base_url, identifier, datestamp, harvest_date,
            metadata_namespace, deleted, earlier)
        select object, $6, $7, identifier, datestamp, $8, $9, deleted, earlier
        from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[])
            as came (object, identifier, datestamp, deleted, earlier)
        on conflict (object) do update set seq = excluded.seq, base_url = excluded.base_url,
            identifier = excluded.identifier, datestamp = excluded.datestamp, harvest_date = excluded.harvest_date,
            metadata_namespace = excluded.metadata_namespace, deleted = excluded.deleted, earlier = excluded.earlier";
    let query = sqlx::query(sql).bind(objects).bind(identifiers).bind(datestamps).bind(deleted).bind(earlier);
    let query = query.bind(seq.cast_signed()).bind(&body.base_url).bind(&body.response_date);
    let done = query.bind(&body.metadata_namespace).execute(tx).await;
    done.map_err(database("could not write where objects come from")).map(drop)
}

/// How far a harvest is; `None` where it never began.
pub async fn state(pg: &PgPool, harvest: HarvestId) -> Result<Option<State>, ProjectionError> {
    let sql = format!("{STATES} where harvest = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(harvest.to_string()).fetch_optional(pg).await;
    row.map_err(database("could not read how far a harvest is"))?.as_ref().map(read_state).transpose()
}

/// The harvests of a repository, the one that went on last first.
pub async fn states_of(pg: &PgPool, base_url: &str) -> Result<Vec<State>, ProjectionError> {
    let sql = format!("{STATES} where base_url = $1 order by seq desc");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(base_url).fetch_all(pg).await;
    rows.map_err(database("could not read the harvests of a repository"))?.iter().map(read_state).collect()
}

/// The objects that records of a repository are here, each with the identifier there, the datestamp that it had and
/// whether it was gone.
pub async fn known(
    pg: &PgPool,
    base_url: &str,
    identifiers: &[&str],
) -> Result<Vec<(ObjectId, String, String, bool)>, ProjectionError> {
    let sql = "select object, origin.identifier, datestamp, deleted
        from unnest($2::text[]) as asked (identifier)
        join harvest_origin as origin
            on md5(origin.base_url || ' ' || origin.identifier) = md5($1 || ' ' || asked.identifier)
                and origin.identifier = asked.identifier and origin.base_url = $1
        order by object";
    let rows = sqlx::query(sql).bind(base_url).bind(identifiers).fetch_all(pg).await;
    let rows = rows.map_err(database("could not read what records of a repository are here"))?;
    let read = |row: &PgRow| {
        let object = row.get::<&str, _>(0);
        let object = object.parse().map_err(|bad: fonds_schemas::ids::BadId| unreadable(object, bad.into()))?;
        Ok((object, row.get(1), row.get(2), row.get(3)))
    };
    rows.iter().map(read).collect()
}

/// Whether anything was ever harvested: an archive without it need not be asked of every record.
pub async fn any(pg: &PgPool) -> Result<bool, ProjectionError> {
    let row = sqlx::query("select exists (select 1 from harvest_origin)").fetch_one(pg).await;
    Ok(row.map_err(database("could not read whether anything was harvested"))?.get(0))
}

/// Where those of the objects come from that were harvested: the last place first, and then where that had them from.
///
/// What a repository says of its metadata is changed here in any case: a description is taken apart into statements, and
/// records are made of them anew.
pub async fn origins(pg: &PgPool, objects: &[ObjectId]) -> Result<HashMap<ObjectId, Vec<Origin>>, ProjectionError> {
    let sql = "select object, base_url, identifier, datestamp, harvest_date, metadata_namespace, earlier
        from harvest_origin where object = any($1)";
    let asked: Vec<String> = objects.iter().map(ObjectId::to_string).collect();
    let rows = sqlx::query(sql).bind(asked).fetch_all(pg).await;
    let rows = rows.map_err(database("could not read where objects come from"))?;
    let read = |row: &PgRow| -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
        let mut origins = vec![Origin {
            altered: true,
            base_url: row.get(1),
            datestamp: row.get(3),
            harvest_date: row.get(4),
            identifier: row.get(2),
            metadata_namespace: row.get(5),
        }];
        origins.extend(serde_json::from_str::<Vec<Origin>>(row.get(6))?);
        Ok((row.get::<&str, _>(0).parse()?, origins))
    };
    rows.iter().map(|row| read(row).map_err(|source| unreadable(row.get(0), source))).collect()
}

const STATES: &str = "select harvest, version, base_url, namespace, prefix, set_spec, from_date, until_date, started,
    token, complete, recorded_at from harvest_state";

fn read_state(row: &PgRow) -> Result<State, ProjectionError> {
    let harvest = row.get::<&str, _>(0);
    let harvest = harvest.parse().map_err(|bad: fonds_schemas::ids::BadId| unreadable(harvest, bad.into()))?;
    Ok(State {
        harvest,
        version: row.get::<i64, _>(1).unsigned_abs(),
        base_url: row.get(2),
        namespace: row.get(3),
        prefix: row.get(4),
        set: row.get(5),
        from: row.get(6),
        until: row.get(7),
        started: row.get(8),
        token: row.get(9),
        complete: row.get(10),
        recorded_at: Timestamp::from_micros(row.get(11)),
    })
}

fn unreadable(id: &str, source: Box<dyn std::error::Error + Send + Sync>) -> ProjectionError {
    ProjectionError::Row { what: "origin", id: id.to_owned(), source }
}
