//! The connection to the database is lost, before, during and after a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use fonds::clock::Clock;
use fonds::ledger::{Ledger, LedgerError};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::{accessioned, append, check_verified, described, opened};

#[tokio::test]
async fn a_connection_that_broke_while_idle_is_opened_anew() {
    let (pg, ledger) = opened().await;
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::query(cut).execute(&pg).await.unwrap();
    ledger.append(append([accessioned(1)])).await.unwrap();
    check_verified(&pg, 2).await;
}

#[tokio::test]
async fn a_ledger_that_was_taken_over_is_not_written_to() {
    let (pg, ledger) = opened().await;
    sqlx::query("update ledger.ledger_head set epoch = epoch + 1").execute(&pg).await.unwrap();
    let error = ledger.append(append([accessioned(1)])).await.unwrap_err();
    assert!(matches!(error, LedgerError::Deposed), "{error}");
    check_verified(&pg, 1).await;
}

const PASS: u8 = 0;
/// The commit reaches the database, its answer does not come back.
const LOSE_ANSWER: u8 = 1;
/// The commit does not reach the database.
const LOSE_COMMIT: u8 = 2;

/// Carries bytes to the test server; loses one commit in the way that `plan` says, and the connection with it.
async fn carry(mut client: TcpStream, mut server: impl AsyncRead + AsyncWrite + Unpin, plan: Arc<AtomicU8>) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let commit = up[..count].starts_with(b"Q") && up[..count].windows(6).any(|bytes| bytes == b"commit");
                let plan = if commit { plan.swap(PASS, Ordering::SeqCst) } else { PASS };
                if plan == LOSE_COMMIT {
                    return;
                }
                server.write_all(&up[..count]).await.unwrap();
                if plan == LOSE_ANSWER {
                    // The answer means that the commit is done; it is not passed on.
                    let _answer = server.read(&mut down).await;
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                client.write_all(&down[..count]).await.unwrap();
            }
        }
    }
}

/// The same database through a line that can be cut.
async fn through_a_bad_line(pg: &PgPool, plan: Arc<AtomicU8>) -> PgPool {
    let server = (*pg.connect_options()).clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let line = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port);
    let line = line.username(server.get_username()).database(server.get_database().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let plan = Arc::clone(&plan);
            if let Some(folder) = server.get_socket() {
                let path = folder.join(format!(".s.PGSQL.{}", server.get_port()));
                tokio::spawn(carry(client, UnixStream::connect(path).await.unwrap(), plan));
            } else {
                let server = TcpStream::connect((server.get_host(), server.get_port())).await.unwrap();
                tokio::spawn(carry(client, server, plan));
            }
        }
    });
    PgPoolOptions::new().connect_with(line).await.unwrap()
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_acknowledged_if_it_happened() {
    let (pg, _) = opened().await;
    let plan = Arc::new(AtomicU8::new(PASS));
    let line = through_a_bad_line(&pg, Arc::clone(&plan)).await;
    let ledger = Ledger::open(line, Clock::System, "A museum").await.unwrap();
    plan.store(LOSE_ANSWER, Ordering::SeqCst);
    let receipt = ledger.append(append([accessioned(1), described(1, "A jar")])).await.unwrap();
    assert_eq!((receipt.first_seq, receipt.last_seq), (1, 2));
    assert_eq!(plan.load(Ordering::SeqCst), PASS);
    check_verified(&pg, 3).await;
}

#[tokio::test]
async fn a_commit_that_did_not_happen_is_not_acknowledged() {
    let (pg, _) = opened().await;
    let plan = Arc::new(AtomicU8::new(PASS));
    let line = through_a_bad_line(&pg, Arc::clone(&plan)).await;
    let ledger = Ledger::open(line, Clock::System, "A museum").await.unwrap();
    plan.store(LOSE_COMMIT, Ordering::SeqCst);
    let asked = append([accessioned(1)]);
    let error = ledger.append(asked.clone()).await.unwrap_err();
    assert_eq!(error.to_string(), "could not commit events: the database refused or did not answer");
    check_verified(&pg, 1).await;
    ledger.append(asked).await.unwrap();
    check_verified(&pg, 2).await;
}

#[tokio::test]
async fn a_database_that_is_away_refuses_and_is_used_again_when_it_is_back() {
    let (pg, _) = opened().await;
    let plan = Arc::new(AtomicU8::new(PASS));
    let line = through_a_bad_line(&pg, Arc::clone(&plan)).await;
    let ledger = Ledger::open(line, Clock::System, "A museum").await.unwrap();
    let name: String = sqlx::query_scalar("select current_database()").fetch_one(&pg).await.unwrap();
    let admin = (*pg.connect_options()).clone().database("postgres");
    let admin = PgPoolOptions::new().max_connections(1).connect_with(admin).await.unwrap();
    let away = format!("alter database {name} allow_connections false");
    sqlx::query(sqlx::AssertSqlSafe(away)).execute(&admin).await.unwrap();
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1";
    sqlx::query(cut).bind(&name).execute(&admin).await.unwrap();
    let error = ledger.append(append([accessioned(1)])).await.unwrap_err();
    assert!(matches!(error, LedgerError::Database { .. }), "{error}");
    let back = format!("alter database {name} allow_connections true");
    sqlx::query(sqlx::AssertSqlSafe(back)).execute(&admin).await.unwrap();
    ledger.append(append([accessioned(1)])).await.unwrap();
    check_verified(&pg, 2).await;
}
