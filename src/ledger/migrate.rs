//! The tables of the ledger, and what the role that serves may do to them.

use sqlx::PgPool;
use sqlx::migrate::Migrator;

use super::LedgerError;
use super::error::database;

/// Every migration, in order. A test compares it with the folder: a new file must be seen by the compiler.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Brings the tables up to date as their owner, and lets the role that serves read and append, nothing more.
///
/// Without a serving role the owner serves: the triggers still refuse changes, but an owner can switch them off.
pub async fn migrate(owner: &PgPool, serving_role: Option<&str>) -> Result<(), LedgerError> {
    MIGRATIONS.run(owner).await?;
    let Some(role) = serving_role else { return Ok(()) };
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let sql = format!(
        "grant usage on schema ledger to {role};
         grant select, insert on ledger.event, ledger.event_body to {role};
         grant select, update on ledger.ledger_head to {role}"
    );
    let granted = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(owner).await;
    granted.map_err(database("could not let the serving role use the ledger"))?;
    Ok(())
}
