//! Somebody with every right on the database changes what is stored: the verifier names the first event that is wrong.

use fonds::ledger::verify;
use sqlx::{PgPool, Row as _};

use super::{accessioned, append, described, opened};

/// Ten events: the opening at 0, then three streams.
async fn ten() -> PgPool {
    let (pg, ledger) = opened().await;
    ledger.append(append([accessioned(1), accessioned(2), accessioned(3)])).await.unwrap();
    let rest = [(1, "a"), (2, "b"), (1, "c"), (3, "d"), (1, "e"), (2, "f")];
    ledger.append(append(rest.map(|(name, text)| described(name, text)))).await.unwrap();
    let off = "alter table ledger.event disable trigger all; alter table ledger.event_body disable trigger all;
        alter table ledger.ledger_head disable trigger all";
    sqlx::raw_sql(off).execute(&pg).await.unwrap();
    pg
}

async fn check_found(sql: &'static str, seq: u64, why: &str) {
    let pg = ten().await;
    sqlx::raw_sql(sql).execute(&pg).await.unwrap();
    let mut told = Vec::new();
    let verdict = verify(&pg, |done, of| told.push((done, of))).await.unwrap();
    let wrong = verdict.wrong.unwrap();
    assert_eq!(wrong.seq, seq, "{}", wrong.why);
    assert!(wrong.why.contains(why), "{}", wrong.why);
    assert!(told.iter().all(|(done, of)| done <= of));
}

#[tokio::test]
async fn an_edited_body_is_found() {
    let sql = "update ledger.event_body set body = convert_to(replace(convert_from(body, 'UTF8'), 'c', 'x'), 'UTF8')
        where seq = 6";
    check_found(sql, 6, "its body is not the one that its envelope commits to").await;
}

#[tokio::test]
async fn an_edited_envelope_is_found() {
    let sql = "update ledger.event set leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) where seq = 4";
    check_found(sql, 4, "its envelope does not have the hash that was stored with it").await;
}

#[tokio::test]
async fn an_edited_envelope_with_its_hash_is_found() {
    let sql = r#"update ledger.event set
            leaf = convert_to(regexp_replace(convert_from(leaf, 'UTF8'), '"agent":"."', '"agent":"0'), 'UTF8')
            where seq = 4;
        update ledger.event set
            leaf = convert_to(regexp_replace(convert_from(leaf, 'UTF8'), '"agent":".', '"agent":"0'), 'UTF8')
            where seq = 4;
        update ledger.event set leaf_hash = sha256('\x00'::bytea || leaf) where seq = 4"#;
    check_found(sql, 6, "it does not follow on the event before it in object:").await;
}

#[tokio::test]
async fn an_edited_last_event_with_its_hash_is_found_by_the_tree() {
    let sql = r#"update ledger.event set
            leaf = convert_to(regexp_replace(convert_from(leaf, 'UTF8'), '"agent":".', '"agent":"0'), 'UTF8')
            where seq = 9;
        update ledger.event set leaf_hash = sha256('\x00'::bytea || leaf) where seq = 9"#;
    check_found(sql, 8, "the events from 8 to 9 are not the ones that the head counts in its tree").await;
}

#[tokio::test]
async fn swapped_bodies_are_found() {
    let sql = "create temp table b as select * from ledger.event_body where seq in (5, 7);
        update ledger.event_body e set salt = b.salt, body = b.body from b where e.seq in (5, 7) and b.seq = 12 - e.seq";
    check_found(sql, 5, "its body is not the one that its envelope commits to").await;
}

#[tokio::test]
async fn a_dropped_tail_is_found() {
    check_found("delete from ledger.event where seq >= 7", 7, "it is missing").await;
}

#[tokio::test]
async fn a_hole_is_found() {
    check_found("delete from ledger.event where seq = 3", 3, "it is missing").await;
}

#[tokio::test]
async fn a_missing_body_is_found() {
    check_found("delete from ledger.event_body where seq = 3", 3, "its body is missing").await;
}

#[tokio::test]
async fn reordered_events_are_found() {
    let sql = "update ledger.event set seq = 100 where seq = 4; update ledger.event set seq = 4 where seq = 5;
        update ledger.event set seq = 5 where seq = 100";
    check_found(sql, 4, "its envelope says that it is event 5").await;
}

#[tokio::test]
async fn an_edited_column_is_found() {
    let sql = "update ledger.event set stream = 'object:0000000000000000' where seq = 8";
    check_found(sql, 8, "the column stream does not say what the envelope says").await;
}

#[tokio::test]
async fn another_root_is_found() {
    check_found("update ledger.ledger_head set root = sha256('x')", 9, "the head says").await;
}

#[tokio::test]
async fn an_event_beside_the_ledger_is_found() {
    let sql = "insert into ledger.event select 10, gen_random_uuid(), 'object:0000000000000000', 0, type,
        schema_version, recorded_at, leaf, leaf_hash from ledger.event where seq = 9";
    check_found(sql, 10, "the head counts only 10 events").await;
}

#[tokio::test]
async fn a_body_beside_the_ledger_is_found() {
    let sql = "insert into ledger.event_body select 12, salt, body from ledger.event_body where seq = 9";
    check_found(sql, 10, "the head counts only 10 events").await;
}

/// The definitions of RFC 6962 §2.1 and of the salted digest, in SQL: nothing of the ledger's own code.
const IN_SQL: &str = r"
    create function pg_temp.root(hashes bytea[]) returns bytea language plpgsql as $$
    declare split int := 1;
    begin
        if cardinality(hashes) = 1 then return hashes[1]; end if;
        while split * 2 < cardinality(hashes) loop split := split * 2; end loop;
        return sha256('\x01'::bytea || pg_temp.root(hashes[:split]) || pg_temp.root(hashes[split + 1:]));
    end $$;
    select (select pg_temp.root(array_agg(sha256('\x00'::bytea || leaf) order by seq)) from ledger.event)
            = (select root from ledger.ledger_head)
        and (select bool_and(encode(sha256(salt || body), 'hex') =
                convert_from(leaf, 'UTF8')::json ->> 'body_digest') from ledger.event join ledger.event_body using (seq))
        and (select count(*) from ledger.event this join ledger.event prev using (stream)
                where prev.version = this.version - 1 and encode(prev.leaf_hash, 'hex') =
                convert_from(this.leaf, 'UTF8')::json ->> 'stream_prev') = 6";

#[tokio::test]
async fn somebody_else_s_arithmetic_finds_the_same_digests_and_root() {
    let pg = ten().await;
    let same: bool = sqlx::raw_sql(IN_SQL).fetch_one(&pg).await.unwrap().get(0);
    assert!(same);
}

#[tokio::test]
async fn an_erasure_that_nobody_ordered_is_found() {
    let sql = "update ledger.event_body set salt = null, body = null, erased_by = 5000 where seq = 2";
    check_found(sql, 2, "its body is neither there nor erased by a later event").await;
}
