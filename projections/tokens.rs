//! Who may use the API.

use async_trait::async_trait;
use fonds_schemas::{AgentId, Event, Scope, Sha256, Timestamp, TokenId, event};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};

use crate::catalog::begin;
use crate::{Batch, Projection, ProjectionError, Stores, database, position};

const NAME: &str = "tokens";
const CODE_VERSION: u32 = 1;

/// The projection.
pub struct Tokens;

#[async_trait]
impl Projection for Tokens {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        let sql = "create table if not exists tokens_token (
            token text primary key, seq bigint not null, agent text not null, scope text not null,
            label text not null, expires_at bigint, secret_sha256 text not null unique, revoked boolean not null)";
        sqlx::query(sql).execute(&stores.pg).await.map_err(database("could not make the table of tokens"))?;
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        let mut tx = begin(&stores.pg).await?;
        for recorded in &batch.events {
            match &recorded.event {
                Some(Event::TokenIssued(body)) => issue(&mut tx, recorded.envelope.seq, body).await?,
                Some(Event::TokenRevoked(body)) => revoke(&mut tx, body.token).await?,
                // An erased body says nothing: a token that was issued by it is not known, and so does not work. The
                // others say nothing of tokens.
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
                    | Event::Harvested(_),
                ) => {}
            }
        }
        position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
        tx.commit().await.map_err(database("could not commit a batch of tokens"))
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let columns = "token, seq, agent, scope, label, expires_at, secret_sha256, revoked";
        position::table_digest(&stores.pg, "tokens_token", columns, "token").await
    }
}

async fn issue(tx: &mut PgConnection, seq: u64, body: &event::TokenIssued) -> Result<(), ProjectionError> {
    let sql = "insert into tokens_token (token, seq, agent, scope, label, expires_at, secret_sha256, revoked)
        values ($1, $2, $3, $4, $5, $6, $7, false)";
    let query = sqlx::query(sql).bind(body.token.to_string()).bind(seq.cast_signed()).bind(body.agent.to_string());
    let query = query.bind(body.scope.as_str()).bind(body.label.replace('\0', "\u{fffd}"));
    let query = query.bind(body.expires_at.map(Timestamp::micros)).bind(body.secret_sha256.to_string());
    query.execute(tx).await.map_err(database("could not write a token"))?;
    Ok(())
}

async fn revoke(tx: &mut PgConnection, token: TokenId) -> Result<(), ProjectionError> {
    let sql = "update tokens_token set revoked = true where token = $1";
    let done = sqlx::query(sql).bind(token.to_string()).execute(tx).await;
    done.map_err(database("could not revoke a token"))?;
    Ok(())
}

/// A token as it stands.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its id.
    pub token: TokenId,
    /// In whose name it acts.
    pub agent: AgentId,
    /// What it allows.
    pub scope: Scope,
    /// What people call it.
    pub label: String,
    /// When it ceases to be valid.
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// The token with a secret of that digest.
pub async fn by_secret(pg: &PgPool, secret: &Sha256) -> Result<Option<Token>, ProjectionError> {
    let sql = "select token, agent, scope, label, expires_at, revoked from tokens_token where secret_sha256 = $1";
    let row = sqlx::query(sql).bind(secret.to_string()).fetch_optional(pg).await;
    row.map_err(database("could not find a token"))?.map(|row| read(&row)).transpose()
}

/// Every token, oldest first.
pub async fn all(pg: &PgPool) -> Result<Vec<Token>, ProjectionError> {
    let sql = "select token, agent, scope, label, expires_at, revoked from tokens_token order by seq";
    let rows = sqlx::query(sql).fetch_all(pg).await.map_err(database("could not list the tokens"))?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Token, ProjectionError> {
    let read = || -> Result<Token, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Token {
            token: row.get::<&str, _>(0).parse()?,
            agent: row.get::<&str, _>(1).parse()?,
            scope: row.get::<&str, _>(2).parse()?,
            label: row.get(3),
            expires_at: row.get::<Option<i64>, _>(4).map(Timestamp::from_micros),
            revoked: row.get(5),
        })
    };
    read().map_err(|source| ProjectionError::Row { what: "token", id: row.get(0), source })
}
