//! What a server must offer before the archive's schema is made: version, database, roles, extensions.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::config::Secret;

use super::OLDEST_MAJOR;
use super::binaries::{OLDEST_VECTOR, is_new_enough};
use super::cluster::Server;
use super::error::{PostgresError, database};

/// The superuser of the private server, who owns the schema.
pub const OWNER: &str = "fonds";

/// The plain role that serves. A superuser is bound by no grant and can switch triggers off; this one is bound, so that
/// the refusal to update or delete events holds for the server too.
pub const SERVING: &str = "fonds_serving";

/// The archive's database in the private server.
pub const DATABASE: &str = "fonds";

/// The extensions that fonds uses, and what does not work without.
const EXTENSIONS: &[(&str, &str)] = &[
    ("vector", "search by similarity"),
    ("pg_trgm", "search by parts of words"),
    ("unaccent", "search without accents"),
];

/// An extension that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingExtension {
    /// Its name.
    pub name: &'static str,
    /// What does not work without it.
    pub without: &'static str,
    /// Why it is not there, and what would bring it.
    pub why: String,
}

/// Reads the address of the user's own server.
pub fn parse(url: &Secret) -> Result<PgConnectOptions, PostgresError> {
    url.reveal().parse().map_err(PostgresError::BadUrl)
}

/// Looks whether the user's own server will do, and makes the extensions as far as its role may.
pub async fn own_server(options: &PgConnectOptions) -> Result<Vec<MissingExtension>, PostgresError> {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let doing = format!("connect to the PostgreSQL server at {host}");
    let mut connection = PgConnection::connect_with(options).await.map_err(database(doing))?;
    let sql = "select current_setting('server_version_num')::integer, current_setting('server_version'),
        current_setting('server_encoding')";
    let row = sqlx::query(sql).fetch_one(&mut connection).await.map_err(database("ask the server for its version"))?;
    let (number, version, encoding): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
    if number.unsigned_abs() / 10_000 < OLDEST_MAJOR {
        return Err(PostgresError::TooOld { host, version, oldest: OLDEST_MAJOR });
    }
    if encoding != "UTF8" {
        return Err(PostgresError::Encoding { host, encoding });
    }
    make_extensions(&mut connection).await
}

/// Makes database, roles and extensions of the private server where they are missing. The caller holds the start lock.
pub async fn private_server(server: &Server) -> Result<Vec<MissingExtension>, PostgresError> {
    let options = server.connect_to(OWNER, "postgres");
    let mut connection =
        PgConnection::connect_with(&options).await.map_err(database("connect to the private PostgreSQL"))?;
    let exists = "select 1 from pg_database where datname = $1";
    let sql = format!("create database {DATABASE}");
    make(&mut connection, exists, DATABASE, sql, "make the database of the private PostgreSQL").await?;
    let exists = "select 1 from pg_roles where rolname = $1";
    let sql = format!("create role {SERVING} login nosuperuser nocreatedb nocreaterole noreplication");
    make(&mut connection, exists, SERVING, sql, "make the serving role").await?;
    // Projections make their own schemas, and a rebuild makes more of them.
    let sql = format!("grant connect, create, temporary on database {DATABASE} to {SERVING}");
    run(&mut connection, sql, "let the serving role make schemas").await?;
    close(connection).await?;
    let options = server.connect_as(OWNER);
    let mut connection =
        PgConnection::connect_with(&options).await.map_err(database("connect to the archive's database"))?;
    let missing = make_extensions(&mut connection).await?;
    close(connection).await?;
    Ok(missing)
}

/// Makes what is missing. A process that was killed leaves its statement at work in the server, and the one here is
/// refused once that one is through: what it made is there then.
async fn make(
    connection: &mut PgConnection,
    exists: &'static str,
    name: &str,
    sql: String,
    doing: &str,
) -> Result<(), PostgresError> {
    if !missing(connection, exists, name).await? {
        return Ok(());
    }
    match run(connection, sql, doing).await {
        Err(refused) if missing(connection, exists, name).await? => Err(refused),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn missing(connection: &mut PgConnection, exists: &'static str, name: &str) -> Result<bool, PostgresError> {
    let row = sqlx::query(exists).bind(name).fetch_optional(connection).await;
    Ok(row.map_err(database("look into the private PostgreSQL"))?.is_none())
}

async fn run(connection: &mut PgConnection, sql: String, doing: &str) -> Result<(), PostgresError> {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.map(drop).map_err(database(doing))
}

async fn close(connection: PgConnection) -> Result<(), PostgresError> {
    connection.close().await.map_err(database("disconnect from the private PostgreSQL"))
}

/// Makes the extensions; says which cannot be made, once, here.
async fn make_extensions(connection: &mut PgConnection) -> Result<Vec<MissingExtension>, PostgresError> {
    let mut missing = Vec::new();
    for &(name, without) in EXTENSIONS {
        if let Err(why) = make_extension(connection, name).await? {
            tracing::warn!(extension = name, "{without} is off: the extension {name} is not there: {why}");
            missing.push(MissingExtension { name, without, why });
        }
    }
    Ok(missing)
}

async fn make_extension(connection: &mut PgConnection, name: &str) -> Result<Result<(), String>, PostgresError> {
    if let Some(version) = installed(connection, name).await? {
        return Ok(check_version(name, &version));
    }
    let sql = "select default_version from pg_available_extensions where name = $1";
    let row = sqlx::query(sql).bind(name).fetch_optional(&mut *connection).await;
    let row = row.map_err(database("list the extensions that the server offers"))?;
    if row.is_none() {
        return Ok(Err("the server's installation does not bring it".to_owned()));
    }
    let sql = AssertSqlSafe(format!("create extension if not exists {name}"));
    if let Err(refused) = sqlx::query(sql).execute(&mut *connection).await {
        // Two that make it at the same moment: one is told that it exists.
        if installed(connection, name).await?.is_none() {
            return Ok(Err(format!("{refused}; a superuser can run once: create extension {name}")));
        }
    }
    let version = installed(connection, name).await?.unwrap_or_default();
    Ok(check_version(name, &version))
}

async fn installed(connection: &mut PgConnection, name: &str) -> Result<Option<String>, PostgresError> {
    let sql = "select extversion from pg_extension where extname = $1";
    let row = sqlx::query(sql).bind(name).fetch_optional(connection).await;
    Ok(row.map_err(database("list the extensions of the database"))?.map(|row| row.get(0)))
}

fn check_version(name: &str, version: &str) -> Result<(), String> {
    if name != "vector" || is_new_enough(version) {
        return Ok(());
    }
    let (major, minor) = OLDEST_VECTOR;
    Err(format!("version {version} is too old: fonds needs {major}.{minor} or later (halfvec)"))
}
