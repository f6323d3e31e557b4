"""The way to a PostgreSQL server: its address, a pool of connections, what must be set there, and
what is said of its faults (not a store). The one door of asyncpg.

No word here holds what a caller sent: asyncpg quotes values in its errors, so those are never
passed on; nor is an address with its password.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from engine.errors import FingerpostError, StoreError
from engine.model import Noun

T = TypeVar("T")
CONNECTING: Final = 10.0  # seconds for one connection
COMMAND: Final = 20.0  # for one command, by our clock
PATIENCE: Final = 20.0  # for an answer while the server is away: a restart, a fail-over
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0
# Set on each connection, where the server knows them. The server's own time-out is longer than
# ours: one that fired while COMMIT waits for a standby would call that COMMIT done.
_SETTINGS: Final[Mapping[str, str]] = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "jit": "off",
    # A plan for all months, made once: to plan for the month at hand costs more than the work.
    "plan_cache_mode": "force_generic_plan",
}


class Address(Noun, frozen=True):
    """An address of ours: what asyncpg is to read of it, and what is only for us."""

    url: str
    place: str  # as it is said: no user, no password
    connections: int = 8
    tables: str = "months"
    statement_cache_size: int = 100


def address(url: str) -> Address:
    """The address in its parts. Raises StoreError, which does not repeat it."""
    try:
        parts = urlsplit(url)
        query = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
        ours = {name: query.pop(name) for name in Address.__struct_fields__[2:] if name in query}
        numbers = {name: int(value) for name, value in ours.items() if name != "tables"}
    except ValueError:
        raise StoreError(_UNREADABLE) from None
    if numbers.get("connections", 2) < 2:
        raise StoreError("connections=… is 2 at least: one that writes, one that reads")
    plain = urlunsplit(parts._replace(query=urlencode(query)))
    hosts = parts.netloc.rpartition("@")[2] or query.get("host", "localhost")
    return Address(plain, f"{hosts}{parts.path}", **{**ours, **numbers})  # type: ignore[arg-type]


def _driver() -> Any:
    try:
        import asyncpg
    except ImportError:
        raise StoreError(
            "a record on PostgreSQL needs asyncpg: pip install 'fingerpost[postgres]'"
        ) from None
    return asyncpg


class Link:
    """Connections to one server, made when they are needed, and made anew when they are lost."""

    def __init__(self, to: Address, *, patience: float = PATIENCE) -> None:
        self.address = to
        self.patience = patience
        self._pool: Any = None

    async def open(self) -> None:
        """Raises StoreError where there is no such server, or where it would lose answers."""
        driver = _driver()
        try:
            self._pool = await driver.create_pool(
                self.address.url, min_size=1, max_size=self.address.connections,
                init=self._prepare, reset=_leave, timeout=CONNECTING, command_timeout=COMMAND,
                statement_cache_size=self.address.statement_cache_size,
                target_session_attrs="read-write", server_settings={"application_name": "fingerpost"},
            )  # fmt: skip
        except ValueError:
            raise StoreError(_UNREADABLE) from None
        except Exception as failed:
            raise self.told(failed) from None

    async def _prepare(self, connection: Any) -> None:
        names, values = list(_SETTINGS), list(_SETTINGS.values())
        await connection.fetch(
            "SELECT set_config(s.name, w.value, false) FROM pg_settings s "
            "JOIN unnest($1::text[], $2::text[]) AS w (name, value) ON w.name = s.name",
            names, values,
        )  # fmt: skip
        found = await connection.fetchrow(
            "SELECT current_setting('synchronous_commit'), current_setting('server_encoding'), "
            "current_setting('fsync', true), version()"
        )
        self._trusted(*(str(value) for value in found))

    def _trusted(self, commit: str, encoding: str, fsync: str, version: str) -> None:
        place = self.address.place
        if commit == "off":
            raise StoreError(
                f"PostgreSQL at {place} has synchronous_commit=off, and would lose answers that it acknowledged: ALTER ROLE … SET synchronous_commit = on"
            )
        # YugabyteDB keeps its data elsewhere, and turns off what would only slow it down.
        if fsync == "off" and "-YB-" not in version:
            raise StoreError(
                f"PostgreSQL at {place} has fsync=off, and would lose its data with the power: set fsync = on in postgresql.conf"
            )
        if encoding not in ("UTF8", "UNICODE", "UTF-8"):
            raise StoreError(
                f"the database at {place} has the encoding {encoding}, which cannot hold every letter: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), CONNECTING)
        except TimeoutError:
            pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection for a moment. One that may still be in the middle of something is given up."""
        if self._pool is None:
            raise StoreError(f"the record at {self.address.place} is closed: open it again")
        connection = await self._pool.acquire(timeout=CONNECTING)
        try:
            yield connection
        except BaseException as failed:
            if not isinstance(failed, Exception) or _unfinished(connection, failed):
                connection.terminate()
            raise
        finally:
            await self._pool.release(connection)

    async def read(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """What some reading gives; it is tried again while the server is away. Raises StoreError."""
        waits = Waits(self.patience)
        while True:
            try:
                async with self.connection() as connection:
                    return await work(connection)
            except Exception as failed:
                if not transient(failed) or not await waits.again():
                    raise self.told(failed) from None
                await self.renew()

    async def renew(self) -> None:
        """Trust no connection that was made before."""
        if self._pool is not None:
            await self._pool.expire_connections()

    def told(self, failed: BaseException) -> FingerpostError:
        """What went wrong, in a sentence that says what to do."""
        if isinstance(failed, FingerpostError):
            return failed
        return StoreError(_words(failed).format(place=self.address.place))


def _unfinished(connection: Any, failed: Exception) -> bool:
    """Whether a connection may still be in the middle of something."""
    if connection.is_closed() or (transient(failed) and not sqlstate(failed)):
        return True
    return bool(connection.is_in_transaction())


async def _leave(connection: Any) -> None:
    """Nothing is set on a connection while it is used, so nothing is to be taken back."""


class Waits:
    """How long to wait before each next try, while patience lasts."""

    def __init__(self, patience: float) -> None:
        self._clock = asyncio.get_running_loop().time
        self._until = self._clock() + patience
        self._wait = _FIRST_WAIT

    async def again(self) -> bool:
        """Wait a little; False at once where patience is at its end."""
        if self._clock() >= self._until:
            return False
        await asyncio.sleep(self._wait)
        self._wait = min(2 * self._wait, _LONGEST_WAIT)
        return True


# ---------------------------------------------------------------------------------- faults


def sqlstate(failed: BaseException) -> str:
    """The five letters by which a server names a fault; "" where it did not."""
    return str(getattr(failed, "sqlstate", None) or "")


_TRANSIENT: Final = {
    "40001", "40P01",  # serialization, deadlock
    "57P01", "57P02", "57P03",  # the server stops, crashed, starts
    "53300",  # too many connections
    "55P03",  # a lock was not had in time
    "25006",  # read only: this server is the primary no more
}  # fmt: skip


def transient(failed: BaseException) -> bool:
    """Whether the same thing may go well in a moment."""
    state = sqlstate(failed)
    if state:
        return state in _TRANSIENT or state.startswith("08")
    return not isinstance(failed, FingerpostError | PermissionError) and (
        isinstance(failed, OSError | TimeoutError)
        or type(failed).__name__ in ("InterfaceError", "InternalClientError", *_AWAY)
    )


_AWAY: Final = ("TargetServerAttributeNotMatched", "ConnectionDoesNotExistError")
_UNREADABLE: Final = (
    "the address of the record cannot be read: write postgresql://user:password@host:5432/database "
    "(in a password, write % : / ? # @ as %25 %3A %2F %3F %23 %40)"
)
_POOLER: Final = (
    "a pooler before PostgreSQL at {place} mixes up prepared statements: let PgBouncer pool by "
    "session (pool_mode=session), or write statement_cache_size=0 behind the question mark of the "
    "address; or name the server itself"
)
_HOME: Final = (
    "the home folder of the user that serves cannot be read, where a password (.pgpass) or "
    "certificates (.postgresql) for PostgreSQL at {place} may lie: set HOME to a folder of its own"
)
_UNSURE: Final = "press again, it counts once"
_WORDS: Final[Mapping[str, str]] = {
    "3D000": "there is no database of this name at {place}: make it (createdb --encoding=UTF8 …), or name another",
    "3F000": "there is no schema of this name at {place}: CREATE SCHEMA …, or name another with search_path=…",
    "28P01": "PostgreSQL at {place} did not take the password: check user and password in the address, PGPASSWORD or ~/.pgpass",
    "28000": "PostgreSQL at {place} does not let this user in: check the user in the address, and pg_hba.conf",
    "42501": "the user of the record at {place} may not do this: let it own its tables (ALTER TABLE … OWNER TO …), or GRANT what is missing",
    "42P07": "there are other tables at {place} under the names of ours: give the record a database or a schema (search_path=…) of its own",
    "42P01": "tables of the record are missing at {place}: name the right schema with search_path=…, or restore them from a backup",
    "42704": "the address of the record holds a setting that PostgreSQL at {place} does not know: look behind its question mark",
    "25006": "PostgreSQL at {place} can only be read: it is a standby; name the primary, or all servers with commas between them",
    "53100": f"the disk of PostgreSQL at {{place}} is full: free some space; {_UNSURE}",
    "53200": f"PostgreSQL at {{place}} has no memory left; {_UNSURE}",
    "53300": "PostgreSQL at {place} has too many connections: raise max_connections, or give each worker fewer with connections=…",
    "57014": f"PostgreSQL at {{place}} took too long, and was stopped; {_UNSURE}",
    "57P03": "PostgreSQL at {place} is starting or stopping: try again in a moment",
    "58030": f"PostgreSQL at {{place}} could not write for sure; {_UNSURE}",
    "XX001": "the data of PostgreSQL at {place} is damaged: restore it from a backup",
    "XX002": "an index of PostgreSQL at {place} is damaged: REINDEX it",
    "26000": _POOLER,
    "42P05": _POOLER,
    "08P01": "PostgreSQL at {place}, or a pooler before it, refused the connection: its log says why",
    "54000": "this cannot be written down: a name in it is too long",
    "22021": "this cannot be written down: it holds a character that PostgreSQL has no place for",
}


def _words(failed: BaseException) -> str:
    state = sqlstate(failed)
    name = type(failed).__name__
    if state in _WORDS:
        return _WORDS[state]
    if name == "TargetServerAttributeNotMatched":
        return _WORDS["25006"]
    if isinstance(failed, PermissionError):
        return _HOME
    if transient(failed):
        return (
            f"PostgreSQL at {{place}} cannot be reached, or went away: see that it runs; {_UNSURE}"
        )
    if not state:
        return f"this cannot be written down ({name})"
    return f"PostgreSQL at {{place}} refused this ({state}, {name}): its log says why"
