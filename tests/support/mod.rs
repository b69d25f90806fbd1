//! What tests share: a database of their own.

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// An empty database of this test's own on the test server.
#[expect(clippy::disallowed_methods, reason = "the address of the test server is no setting of fonds")]
pub async fn database() -> PgPool {
    let url = std::env::var("FONDS_TEST_DATABASE_URL").unwrap();
    let options: PgConnectOptions = url.parse().unwrap();
    let name = format!("t_{}", uuid::Uuid::new_v4().simple());
    let server = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&server).await.unwrap();
    PgPoolOptions::new().max_connections(8).connect_with(options.database(&name)).await.unwrap()
}
