-- Safe: makes a schema of its own and touches nothing that exists. Runs once, in one transaction, as the owner.
--
-- The ledger: every event in one order. What the code promises holds here too, where the code is wrong: events are
-- never changed or deleted, a place is never taken twice, neither in the ledger nor in a stream, and the head never
-- goes back. Triggers are `enable always`, so that they also hold in a session that plays a replica. They keep
-- honest mistakes out; that nobody rewrote history is proved by the Merkle tree, not by them.

create schema ledger;

-- One row, locked by whoever appends: the order of the events is the order of its locks.
create table ledger.ledger_head (
    id          smallint    primary key check (id = 1),
    ledger      uuid        not null,
    -- Moved by whoever restores or takes over a ledger; a writer that knows another epoch must stop.
    epoch       bigint      not null check (epoch >= 0),
    size        bigint      not null check (size >= 0),
    root        bytea       not null check (octet_length(root) = 32),
    -- The roots of the perfect subtrees, largest first: 32 bytes for every one in the binary form of the size.
    frontier    bytea       not null check (octet_length(frontier) % 32 = 0),
    recorded_at timestamptz not null
);

insert into ledger.ledger_head (id, ledger, epoch, size, root, frontier, recorded_at)
values (1, gen_random_uuid(), 0, 0, sha256(''), '', 'epoch');

-- `leaf` is the envelope byte for byte, as it was hashed: not jsonb, which keeps neither order nor every character.
-- The columns before it repeat what it says, for searching only; the verifier compares them.
create table ledger.event (
    seq            bigint             primary key check (seq >= 0),
    event_id       uuid               not null unique,
    stream         text collate "C"   not null,
    version        bigint             not null check (version >= 0),
    type           text collate "C"   not null,
    schema_version integer            not null,
    recorded_at    timestamptz        not null,
    leaf           bytea              not null,
    leaf_hash      bytea              not null check (octet_length(leaf_hash) = 32),
    unique (stream, version)
);

-- `no event of these types` is a condition that appends may carry: without this it would read the whole ledger.
create index event_type on ledger.event (type, seq);

-- Apart from the envelope, so that a body can be erased by law without touching a leaf. One statement writes both
-- rows; a foreign key would look every event up again just after it was written, which costs more than writing the body.
-- The verifier finds a body without its event and an event without its body.
create table ledger.event_body (
    seq       bigint primary key,
    salt      bytea check (octet_length(salt) = 16),
    body      bytea,
    -- The place of the event that ordered the erasure.
    erased_by bigint check (erased_by > seq),
    check ((salt is null) = (body is null) and (body is null) = (erased_by is not null))
);

create function ledger.refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the ledger is never changed: % on %.% is refused', lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'object_not_in_prerequisite_state';
end
$$;

-- The one change that a body knows: from there to erased, by ledger.erase_body.
create function ledger.refuse_but_erasure() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.body is not null and new.body is null and new.salt is null and new.seq = old.seq
        and current_setting('fonds.erasing', true) = old.seq::text then
        return new;
    end if;
    raise exception 'the ledger is never changed: % on %.% is refused', lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'object_not_in_prerequisite_state';
end
$$;

create function ledger.refuse_going_back() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.size < old.size or new.recorded_at < old.recorded_at or new.epoch < old.epoch or new.ledger <> old.ledger then
        raise exception 'the head of the ledger never goes back' using errcode = 'object_not_in_prerequisite_state';
    end if;
    return new;
end
$$;

create trigger event_is_final before update or delete on ledger.event
    for each row execute function ledger.refuse();
create trigger event_stays before truncate on ledger.event
    for each statement execute function ledger.refuse();
create trigger body_is_final before update on ledger.event_body
    for each row execute function ledger.refuse_but_erasure();
create trigger body_row_stays before delete on ledger.event_body
    for each row execute function ledger.refuse();
create trigger body_stays before truncate on ledger.event_body
    for each statement execute function ledger.refuse();
create trigger head_goes_on before update on ledger.ledger_head
    for each row execute function ledger.refuse_going_back();
create trigger head_row_stays before delete on ledger.ledger_head
    for each row execute function ledger.refuse();
create trigger head_stays before truncate on ledger.ledger_head
    for each statement execute function ledger.refuse();

alter table ledger.event enable always trigger event_is_final;
alter table ledger.event enable always trigger event_stays;
alter table ledger.event_body enable always trigger body_is_final;
alter table ledger.event_body enable always trigger body_row_stays;
alter table ledger.event_body enable always trigger body_stays;
alter table ledger.ledger_head enable always trigger head_goes_on;
alter table ledger.ledger_head enable always trigger head_row_stays;
alter table ledger.ledger_head enable always trigger head_stays;

-- Erases the body of the event at `victim`, as the event at `by` orders; the envelope, and so every proof, stays. The
-- salt goes with it: a short body could otherwise be guessed from its digest. Nobody but the owner may call it until
-- the owner grants it.
create function ledger.erase_body(victim bigint, by bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from ledger.event where seq = by and by > victim) then
        raise exception 'event % orders no erasure of event %: it is not there, or not later', by, victim;
    end if;
    perform set_config('fonds.erasing', victim::text, true);
    update ledger.event_body set salt = null, body = null, erased_by = by where seq = victim and body is not null;
    if not found then
        raise exception 'event % has no body to erase', victim;
    end if;
    perform set_config('fonds.erasing', '', true);
end
$$;

revoke all on function ledger.erase_body(bigint, bigint) from public;
