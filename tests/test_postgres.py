"""What is PostgreSQL's own: how it must be set, what is said of its faults, tables by month, more
workers than one."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from engine.errors import Conflict, StoreError
from engine.record import born, broken
from engine.stores import Appended, Store, open_store, postgres, postgres_link, postgres_schema
from tests.postgres_server import Server, running, shared
from tests.store_urls import CANARY, NOON, append, begun, said, with_store
from web.settings import without_password

T = TypeVar("T")


@pytest.fixture
def server() -> Server:
    return shared()


def refused(url: str, words: str) -> StoreError:
    """That this address is refused with these words, and without a trace of its password."""
    with pytest.raises(StoreError, match=words) as told:
        asyncio.run(open_store(url))
    whole = "".join(traceback.format_exception(told.value))
    assert "canary" not in whole, "a password in what is said"
    return told.value


def two(url: str, work: Callable[[Store, Store], Awaitable[T]]) -> T:
    """What some work gives with two stores on one database, as two workers have them."""

    async def run() -> T:
        one, other = await asyncio.gather(open_store(url), open_store(url))
        try:
            return await work(one, other)
        finally:
            await asyncio.gather(one.close(), other.close())

    return asyncio.run(run())


def random(count: int) -> str:
    """Letters that cannot be packed."""
    return "".join(sha256(str(n).encode()).hexdigest() for n in range(count // 64))


def walk_of(month: str, n: int = 0) -> str:
    return f"w{month}{n:024}"


# ------------------------------------------------------------------------------ how it is set


def test_a_server_that_would_lose_what_it_acknowledged_is_refused(server: Server) -> None:
    refused(server.url(synchronous_commit="off"), "synchronous_commit=off, and would lose")
    for good in ("on", "local", "remote_apply"):
        with_store(server.url(synchronous_commit=good), lambda s: append(s, "w", begun(), after=0))


@pytest.mark.slow
def test_a_server_that_does_not_sync_is_refused() -> None:
    with running(fsync="off") as unsafe:
        refused(unsafe.url(), r"fsync=off, and would lose its data with the power")


def test_a_database_of_another_encoding_is_refused(server: Server) -> None:
    url = server.database("latin", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    refused(url, "encoding LATIN1, which cannot hold every letter: CREATE DATABASE")


def test_each_connection_is_set_for_its_work(server: Server) -> None:
    async def work(store: Store) -> dict[str, str]:
        assert isinstance(store, postgres.Postgres)
        names = list(postgres_link._SETTINGS)
        query = "SELECT name, setting FROM pg_settings WHERE name = ANY($1)"
        return dict(await store._link.read(lambda c: c.fetch(query, names)))

    found = with_store(server.url(), work)
    assert found["statement_timeout"] == "60000"
    assert found["lock_timeout"] == "10000"
    assert found["idle_in_transaction_session_timeout"] == "30000"
    assert found["jit"] == "off"


# ------------------------------------------------------------------------------- words of faults


def test_what_is_wrong_with_an_address_is_told(server: Server) -> None:
    port = server.port
    refused(
        f"postgresql://canary:canary@127.0.0.1:{port}/nowhere",
        "does not let this user in|no database",
    )
    refused(
        server.address("nowhere"),
        "there is no database of this name at 127.0.0.1:.*/nowhere: make it",
    )
    refused(
        "postgresql://u:canary@127.0.0.1:1/x",
        r"127\.0\.0\.1:1/x cannot be reached.*see that it runs",
    )
    refused("postgresql://u:canary@no.such.host.invalid/x", "cannot be reached")
    refused(
        "postgresql://u:canary/1@h:notaport/x",
        "cannot be read: write postgresql://user:password@host",
    )
    refused("postgresql://u:canary@[::1/x", "cannot be read: write postgresql://")
    refused("postgresql://u@h/x?connections=many", "cannot be read: write postgresql://")
    refused("postgresql://u@h/x?connections=1", "2 at least")
    refused(server.url(tables="round"), "tables=round is none: write tables=months")
    refused(server.address(search_path="nowhere_at_all"), "there is no schema of this name")


def test_a_wrong_password_is_told_and_never_said(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.sql("CREATE ROLE locked LOGIN PASSWORD 'right'")
    server.lock("locked")
    url = f"postgresql://locked:canary-wrong@127.0.0.1:{server.port}/postgres"
    refused(url, "did not take the password: check user and password")
    refused(
        url.replace(":canary-wrong", "") + "?password=canary-wrong", "did not take the password"
    )
    assert "canary" not in caplog.text
    assert "canary" not in without_password(f"{url}?password=canary-wrong")
    with_store(
        url.replace("canary-wrong", "right") + "?search_path=" + _schema(server, "locked"),
        lambda s: append(s, "w", begun(), after=0),
    )


def _schema(server: Server, owner: str) -> str:
    server.sql(f"CREATE SCHEMA {owner}_own AUTHORIZATION {owner}")
    return f"{owner}_own"


def test_a_home_folder_that_cannot_be_read_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", closed)
    refused(server.address(), "home folder of the user that serves cannot be read.*: set HOME to")


def test_a_role_that_may_not_is_told_what_to_grant(server: Server) -> None:
    url = server.url()
    with_store(url, lambda s: append(s, "w", begun(), after=0))
    server.sql("CREATE ROLE guest LOGIN")
    refused(
        url.replace("//fingerpost@", "//guest@"),
        "may not do this: let it own its tables|there is no schema|missing",
    )
    schema = url.rpartition("=")[2]
    server.sql(f"GRANT USAGE ON SCHEMA {schema} TO guest")
    server.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest")

    async def reads(store: Store) -> None:
        assert len(await store.events("w")) == 1  # whoever only reads may
        with pytest.raises(StoreError, match="may not do this: let it own its tables"):
            await append(store, "w", said("x"), after=1)

    with_store(url.replace("//fingerpost@", "//guest@"), reads)


def test_too_many_connections_are_told(server: Server) -> None:
    server.sql("CREATE ROLE few LOGIN CONNECTION LIMIT 1")
    url = server.address(search_path=_schema(server, "few"), user="few")

    async def work(store: Store) -> None:
        with pytest.raises(StoreError, match="too many connections: raise max_connections, or"):
            await open_store(url)

    with_store(url, work)


def test_a_standby_is_told(server: Server) -> None:
    url = server.database("standby")
    server.sql("ALTER DATABASE standby SET default_transaction_read_only = on")
    refused(url, "can only be read: it is a standby; name the primary")


def test_a_record_of_a_newer_version_is_refused_and_left_as_it_is(server: Server) -> None:
    url = server.url()
    with_store(url, lambda s: append(s, "w", begun(), after=0))
    server.sql("UPDATE fingerpost SET form = 99", url)
    refused(url, "newer Fingerpost .form 99.; this one knows form [0-9]+: upgrade it")
    assert server.sql("SELECT form FROM fingerpost", url) == [(99,)]


def test_tables_of_others_are_left_alone(server: Server) -> None:
    url = server.url()
    server.sql("CREATE TABLE events (theirs text)", url)
    refused(
        url, "other tables at .* under the names of ours: give the record a database or a schema"
    )
    assert server.sql("SELECT count(*) FROM events", url) == [(0,)]
    assert server.sql("SELECT to_regclass('walks')", url) == [(None,)]


def test_without_its_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    refused("postgresql://h/x", r"needs asyncpg: pip install 'fingerpost\[postgres\]'")


def test_the_driver_is_read_only_when_it_is_needed() -> None:
    code = "import sys, engine.stores; sys.exit('asyncpg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


_FAULTY: Any = """
CREATE SEQUENCE tries;
CREATE FUNCTION faulty() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'canary' USING ERRCODE = '{state}'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER faulty BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION faulty();
"""


def _schemas_faults(server: Server, state: str, times: int) -> str:
    """A record whose server answers the next writes with a fault."""
    url = server.url()
    with_store(url, lambda s: append(s, "w", begun(), after=0))
    server.sql(_FAULTY.format(state=state, times=times), url)
    return url


@pytest.mark.parametrize("state", ["40001", "40P01", "57P01", "08006", "53300", "55P03"])
def test_what_may_go_well_in_a_moment_is_tried_again(state: str, server: Server) -> None:
    async def work(store: Store) -> None:
        assert await append(store, "w", said("x"), after=1) == Appended(2)
        assert len(await store.events("w")) == 2

    with_store(_schemas_faults(server, state, 2), work)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            "53100",
            "disk of PostgreSQL at .* is full: free some space; press again, it counts once",
        ),
        ("53200", "has no memory left"),
        ("58030", "could not write for sure; press again"),
        ("XX001", "is damaged: restore it from a backup"),
        ("57014", "took too long, and was stopped; press again"),
        ("26000", r"mixes up prepared statements: let PgBouncer pool by session"),
        ("P0001", r"refused this \(P0001, RaiseError\): its log says why"),
    ],
)
def test_a_fault_is_told_nothing_is_kept_and_it_heals(
    state: str, words: str, server: Server
) -> None:
    async def work(store: Store) -> None:
        with pytest.raises(StoreError, match=words) as told:
            await append(store, "w", said("x"), after=1, client_id="c")
        assert "canary" not in "".join(traceback.format_exception(told.value))
        assert len(await store.events("w")) == 1
        assert await append(store, "w", said("x"), after=1, client_id="c") == Appended(2)

    with_store(_schemas_faults(server, state, 1), work)


def test_what_cannot_be_written_down_harms_nobody_beside_it(server: Server) -> None:
    async def work(store: Store) -> None:
        bad = begun(f"{CANARY}\0")
        calls = [
            append(store, f"w{n}", bad if n % 8 == 3 else begun(), after=0) for n in range(32)
        ]
        calls.append(append(store, "long", begun(), after=0, client_id=random(9_000)))
        results = await asyncio.gather(*calls, return_exceptions=True)
        for n, result in enumerate(results[:32]):
            if n % 8 == 3:
                assert isinstance(result, StoreError)
                assert "cannot be written down" in str(result)
                assert "canary" not in "".join(traceback.format_exception(result))
            else:
                assert result == Appended(1)
        assert "too long" in str(results[32])

    with_store(server.url(), work)


async def _until_commits_wait(url: str) -> None:
    """A configuration that was read anew is not yet everybody's."""
    probe = await asyncpg.connect(url)
    await probe.execute("SET synchronous_commit = local")
    await probe.execute("CREATE TABLE probe (n integer)")
    await probe.execute("SET synchronous_commit = on")
    waits = False
    while not waits:
        try:
            await probe.execute("INSERT INTO probe VALUES (1)", timeout=1)
        except TimeoutError:
            waits = True
    await probe.close()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_a_standby_has_not_is_not_acknowledged() -> None:
    """With a synchronous standby that is away, a COMMIT waits; whoever gives up waiting has a row
    that can be read, and is nowhere else."""
    with running() as alone:
        url = alone.url()

        async def work() -> None:
            store = await postgres.open_(url, patience=2)
            await append(store, "w", begun(), after=0)
            standby = "ALTER SYSTEM SET synchronous_standby_names = '{}'"
            await asyncio.to_thread(alone.sql, standby.format("nobody"))
            await asyncio.to_thread(alone.sql, "SELECT pg_reload_conf()")
            await _until_commits_wait(url)
            call: dict[str, Any] = {"after": 1, "client_id": "c", "body": "b"}
            with pytest.raises(StoreError, match="press again, it counts once"):
                await append(store, "w", said("x"), **call)
            # Whoever waits for the standby is told to stop: then its row can be read.
            waits = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            assert await asyncio.to_thread(alone.sql, f"SELECT pg_cancel_backend(pid) {waits}")
            while await asyncio.to_thread(alone.sql, f"SELECT 1 {waits}"):
                await asyncio.sleep(0.05)
            assert len(await store.events("w")) == 2
            for again in (("w", said("x")), ("w",)):
                with pytest.raises(StoreError, match="press again, it counts once"):
                    await append(store, *again, **call)
            await asyncio.to_thread(alone.sql, "ALTER SYSTEM RESET synchronous_standby_names")
            await asyncio.to_thread(alone.sql, "SELECT pg_reload_conf()")
            assert (await append(store, "w", said("x"), **call)).seq == 2
            assert len(await store.events("w")) == 2
            await store.close()

        monkeypatch = pytest.MonkeyPatch()
        with monkeypatch.context() as patched:
            patched.setattr(postgres_link, "COMMAND", 1.0)
            asyncio.run(work())


def test_a_closed_store_says_so_instead_of_waiting_for_ever(server: Server) -> None:
    url = server.url()

    async def run() -> None:
        store = await open_store(url)
        await store.close()
        await store.close()
        with pytest.raises(StoreError, match="is closed: open it again"):
            await append(store, "w", begun(), after=0)
        with pytest.raises(StoreError, match="is closed: open it again"):
            await store.walk("w")

    asyncio.run(run())


def test_a_role_that_may_make_no_tables_serves_until_it_needs_some(server: Server) -> None:
    url = server.url()
    with_store(url, lambda s: append(s, walk_of("2603"), begun(), after=0))
    server.sql("CREATE ROLE writer LOGIN")
    schema = url.rpartition("=")[2]
    server.sql(f"GRANT USAGE ON SCHEMA {schema} TO writer")
    server.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO writer")
    for month in sorted(_months(server, url) - {"202603"}):  # as if none had been made ahead
        for table in postgres_schema.BY_MONTH:
            server.sql(f"DROP TABLE {table}_{month}", url)

    async def work(store: Store) -> None:
        assert await append(store, walk_of("2603"), said("x"), after=1) == Appended(2)
        assert await append(store, walk_of("2603", 1), begun(), after=0) == Appended(1)
        with pytest.raises(StoreError, match="may not do this: let it own its tables"):
            await append(store, walk_of("3001"), begun(), after=0)

    with_store(url.replace("//fingerpost@", "//writer@"), work)


# ---------------------------------------------------------------------------------- its tables


def test_many_that_begin_at_once_make_the_tables_once(server: Server) -> None:
    url = server.url(connections="2")

    async def run() -> None:
        stores = await asyncio.gather(*(open_store(url) for _ in range(5)))
        await asyncio.gather(*(append(s, f"w{n}", begun(), after=0) for n, s in enumerate(stores)))
        assert len(await stores[0].walks()) == 5
        await asyncio.gather(*(store.close() for store in stores))

    asyncio.run(run())
    assert server.sql("SELECT form FROM fingerpost", url) == [(len(postgres_schema.FORMS),)]


def test_a_record_is_brought_forward_with_all_that_it_holds(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url()
    with_store(url, lambda s: append(s, walk_of("2603"), begun(), said("x"), after=0))
    forms = (
        *postgres_schema.FORMS,
        "ALTER TABLE walks ADD COLUMN more {text} NOT NULL DEFAULT ''",
    )
    monkeypatch.setattr(postgres_schema, "FORMS", forms)
    with_store(url, lambda s: append(s, walk_of("2604"), begun(), after=0))
    assert server.sql("SELECT form FROM fingerpost", url) == [(len(forms),)]
    assert server.sql("SELECT id, more FROM walks ORDER BY id", url) == [
        (walk_of("2603"), ""),
        (walk_of("2604"), ""),
    ]


def test_a_migration_that_fails_leaves_everything_as_it_was(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url()
    with_store(url, lambda s: append(s, "w", begun(), after=0))
    bad = "ALTER TABLE walks ADD COLUMN more text; ALTER TABLE nowhere ADD COLUMN more text"
    monkeypatch.setattr(postgres_schema, "FORMS", (*postgres_schema.FORMS, bad))
    refused(url, "missing")
    monkeypatch.undo()
    with_store(url, lambda s: append(s, "w", said("x"), after=1))
    columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'more'"
    assert server.sql(f"{columns} AND table_schema = current_schema()", url) == [(0,)]


def _months(server: Server, url: str) -> set[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass"
    return {str(row[0]).rpartition("_")[2] for row in server.sql(query, url)}


def test_each_month_has_tables_of_its_own_made_when_first_needed(server: Server) -> None:
    url = server.url()
    walks = [walk_of("2512"), walk_of("2601"), walk_of("3107"), "an-older-id"]

    async def work(one: Store, other: Store) -> None:
        names = [f"{walk[:-2]}{n:02}" for n, walk in enumerate(walks * 4)]
        stores = (one, other)
        calls = [append(stores[n % 2], name, begun(), after=0) for n, name in enumerate(names)]
        assert await asyncio.gather(*calls) == [Appended(1)] * 16
        assert len(await one.walks(limit=99)) == 16
        every = [stored.walk async for stored in other.all_events()]
        assert every == sorted(every, key=lambda walk: (born(walk), walk))
        assert len(every) == 16

    two(url, work)
    assert {"0", "202512", "202601", "202602", "203107", "203108"} <= _months(server, url)
    rows = server.sql("SELECT count(*) FROM events_202512", url)
    assert rows == [(4,)]


def test_a_month_is_made_while_a_backup_reads_and_nobody_waits(server: Server) -> None:
    url = server.url()

    async def work(store: Store) -> None:
        await append(store, walk_of("2603"), begun(), after=0)
        reader = await asyncpg.connect(url)
        async with reader.transaction():
            await reader.fetch("SELECT * FROM events")
            made = append(store, walk_of("3001"), begun(), after=0)
            assert await asyncio.wait_for(made, 8) == Appended(1)
            await reader.fetch("SELECT * FROM events")
        await reader.close()

    with_store(url, work)


def test_a_month_that_was_put_away_takes_no_other_with_it(server: Server) -> None:
    url = server.url()
    old, new = walk_of("2603"), walk_of("2604")

    async def work(store: Store) -> None:
        for walk in (old, new):
            await append(store, walk, begun(), after=0)
        for table in postgres_schema.BY_MONTH:
            drop = (
                f"ALTER TABLE {table} DETACH PARTITION {table}_202603; DROP TABLE {table}_202603"
            )
            await asyncio.to_thread(server.sql, drop, url)
        calls = [append(store, walk, said("x"), after=1) for walk in (old, new)]
        gone, kept = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(gone, Conflict)
        assert (gone.expected, gone.actual) == (1, 0)
        assert kept == Appended(2)
        assert await store.walk(old) is None
        assert await store.events(old) == []
        # The next that needs it makes it again.
        assert await append(store, walk_of("2603", 7), begun(), after=0) == Appended(1)

    with_store(url, work)


def test_plain_tables_are_never_parted(server: Server) -> None:
    url = server.url(tables="plain")
    with_store(url, lambda s: append(s, walk_of("2603"), begun(), after=0))
    kind = "SELECT relkind::text FROM pg_class WHERE oid = 'events'::regclass"
    assert server.sql(kind, url) == [("r",)]


def test_every_unique_constraint_holds_the_walk(server: Server) -> None:
    """So that tables can be spread over a cluster by it; what speaks of more walks than one is
    named here. Nothing refers across walks, and nothing counts."""
    url = server.url()
    with_store(url, lambda s: append(s, "w", begun(), after=0))
    found = server.sql(
        "SELECT t.relname, array_agg(a.attname::text) FROM pg_index i "
        "JOIN pg_class t ON t.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = i.indexrelid "
        "WHERE i.indisunique AND t.relnamespace = current_schema()::regnamespace "
        "AND NOT t.relispartition GROUP BY t.relname, i.indexrelid",
        url,
    )
    across = {"starts", "trees", "shelf", "fingerpost"}
    for table, columns in found:
        if table not in across:
            assert {"born", "id" if table == "walks" else "walk"} <= set(columns), table
    assert {table for table, _ in found} == across | {"duties"} | set(postgres_schema.BY_MONTH)
    here = "connamespace = current_schema()::regnamespace"
    assert server.sql(
        f"SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND {here}", url
    ) == [(0,)]
    sequences = "SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace"
    assert server.sql(sequences, url) == [(0,)]


def test_an_id_keeps_the_order_of_its_bytes(server: Server) -> None:
    """Whatever the language of the database: an upgrade of the system's languages breaks no index."""
    url = server.url()
    names = ["B", "a", "Z", "_", "é", "-"]

    async def work(store: Store) -> list[str]:
        for name in names:
            await append(store, name, begun(), after=0)
        return [row.id for row in await store.walks()]

    assert with_store(url, work) == sorted(names, key=str.encode, reverse=True)


# ----------------------------------------------------------------------------- private values


def test_no_private_value_can_be_read_in_a_dump(server: Server) -> None:
    url = server.url()

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, private={"r": {"name": CANARY}})
        assert await store.private("w") == {"r": {"name": CANARY}}

    with_store(url, work)
    dump = server.dump(url)
    assert "COPY" in dump
    assert "canary-4f1e7" not in dump
    key = server.sql("SELECT encode(key, 'hex') FROM keys", url)[0][0]
    assert key in dump  # so the search can find it
    assert with_store(url, lambda s: s.erase("w", at=NOON)) == 1
    assert key not in server.dump(url)


def test_values_that_come_while_a_walk_is_erased_are_kept_or_gone_but_never_unreadable(
    server: Server,
) -> None:
    async def work(one: Store, other: Store) -> None:
        await append(one, "w", begun(), after=0, private={"r0": {"x": "0"}})
        for n in range(1, 25):
            await asyncio.gather(
                append(one, "w", said(str(n)), after=n, private={f"r{n}": {"x": str(n)}}),
                other.erase("w", at=NOON),
            )
            found = await other.private("w")  # raises where a value has no key, or another's
            assert found in ({}, {f"r{n}": {"x": str(n)}})
        assert broken("w", await one.events("w")) == ""

    two(server.url(), work)


# ------------------------------------------------------------------------- more workers than one


def test_two_workers_race_for_each_event_and_each_is_there_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, real = [], postgres_link.Link._prepare

    async def counted(link: postgres_link.Link, connection: Any) -> None:
        made.append(link)
        await real(link, connection)

    monkeypatch.setattr(postgres_link.Link, "_prepare", counted)

    async def work(one: Store, other: Store) -> None:
        await append(one, "shared", begun(), after=0)

        async def many(store: Store, name: str) -> None:
            for n in range(40):
                await append(store, f"{name}{n}", begun(name), after=0)
                while True:
                    row = await store.walk("shared")
                    assert row is not None
                    try:
                        await append(store, "shared", said(f"{name}{n}"), after=row.seq)
                        break
                    except Conflict:
                        continue

        await asyncio.gather(
            *(many(store, name) for store, name in ((one, "a"), (other, "b"), (one, "c")))
        )
        events = await one.events("shared")
        assert broken("shared", events) == ""
        answers = [getattr(stored.event, "answer", "") for stored in events[1:]]
        assert sorted(answers) == sorted(f"{name}{n}" for name in "abc" for n in range(40))
        for name in "abc":  # each one's own in their order
            assert [a for a in answers if a[0] == name] == [f"{name}{n}" for n in range(40)]

    two(server.url(connections="3"), work)
    assert len(made) <= 6  # a race that is lost costs no connection


def test_a_call_that_came_before_is_known_beside_others_of_its_walk(server: Server) -> None:
    async def work(store: Store) -> None:
        call = {"client_id": "a", "body": "b"}
        for n in range(1, 9):
            walk = f"w{n}"
            await append(store, walk, begun(str(n)), after=0, **call)
            moves = [
                append(store, walk, said("x"), after=1),
                append(store, walk, said("y"), after=1, **call),
            ]
            results = await asyncio.gather(*(moves if n % 2 else reversed(moves)))
            assert Appended(2) in results
            assert Appended(1, repeated=True, walk=walk) in results

    with_store(server.url(), work)


def test_one_start_with_one_client_id_at_two_workers_at_once(server: Server) -> None:
    async def work(one: Store, other: Store) -> None:
        for n in range(20):
            both = await asyncio.gather(
                append(one, f"one{n}", begun(), after=0, client_id=str(n), body="b"),
                append(other, f"other{n}", begun(), after=0, client_id=str(n), body="b"),
            )
            first, again = sorted(both, key=lambda appended: appended.repeated)
            row = await one.begun("ann", str(n))
            assert row is not None
            assert (first.repeated, again.repeated, again.walk) == (False, True, row.id)
        assert len(await other.walks(limit=99)) == 20

    two(server.url(), work)


def test_a_worker_that_was_overtaken_is_told_where_the_walk_stands(server: Server) -> None:
    """What a worker remembers of a walk is never what it tells."""

    async def work(one: Store, other: Store) -> None:
        await append(one, "w", begun(), after=0)
        await append(other, "w", said("x"), said("y"), after=1, client_id="c", body="b")
        with pytest.raises(Conflict) as told:
            await append(one, "w", said("z"), after=1)
        assert told.value.actual == 3
        again = await append(one, "w", said("x"), after=1, client_id="c", body="b")
        assert again == Appended(3, repeated=True, walk="w")
        await other.forget("w")
        with pytest.raises(Conflict) as told:
            await append(one, "w", said("z"), after=3)
        assert told.value.actual == 0

    two(server.url(), work)
