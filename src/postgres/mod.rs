//! PostgreSQL: a private one under the data directory, or the user's own.

use sqlx::postgres::PgConnectOptions;

use crate::config::Settings;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// To come.
    #[error("to come")]
    ToCome,
}

/// A PostgreSQL that answers.
pub struct Database {
    /// How to connect as the owner of the schema: migrations only.
    pub owner: PgConnectOptions,
    /// How to connect to serve: a plain role, which cannot change `event`. The same as `owner` for the user's own server.
    pub serving: PgConnectOptions,
}

impl Database {
    /// Connects to the user's own server if one is set, else starts the private one or joins the one that runs.
    pub async fn open(_settings: &Settings) -> Result<Self, PostgresError> {
        todo!()
    }
    /// Stops the private server, unless another process uses it. Does nothing for the user's own.
    pub async fn close(self) -> Result<(), PostgresError> {
        todo!()
    }
}
