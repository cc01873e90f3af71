"""What the tests of the frames share: small operations of their own, and a look at what was really committed."""

from __future__ import annotations

import time
from typing import Any, ClassVar
from uuid import UUID

from outside_engine import outside_engine
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.engine import URL

from telemed_store.audit.context import Context, DataType
from telemed_store.audit.tables import access_origins, audit_logs, data_access_logs
from telemed_store.database.clock import SystemClock
from telemed_store.database.compatibility import schema_compatibility
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.identity import new_id
from telemed_store.database.native import family
from telemed_store.errors import NotFound
from telemed_store.events.models import DomainEvent
from telemed_store.events.operations import record
from telemed_store.events.tables import domain_events
from telemed_store.settings import Settings


class Noted(DomainEvent):
    """An event of the tests' own."""

    aggregate_type: ClassVar[str] = "note"


class NotedAgain(Noted):
    """A special case of it."""


class Ledger:
    """Operations that write one recognisable row each, and the committed rows as another connection sees them."""

    Noted = Noted
    NotedAgain = NotedAgain

    def __init__(self, url: str) -> None:
        self.noted_id = new_id()
        self._engine = outside_engine(url)
        self.family = family(self._engine.dialect)

    def make_durable(self) -> None:
        """Let a server that forgets its last commits when it is killed, as those of tests do, keep those up to now."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql({"postgresql": "CHECKPOINT", "mysql": "FLUSH ENGINE LOGS"}[self.family])

    # Operations, as areas write them.

    @staticmethod
    def write(connection: Connection, context: Context, text: str) -> str:
        connection.execute(insert(access_origins), Ledger.row(context, text))
        return text

    @staticmethod
    def row(context: Context, text: str) -> dict[str, Any]:
        return {"id": new_id(), "created_at": context.now(), "ip": None, "user_agent": text}

    @staticmethod
    def break_a_rule(connection: Connection, context: Context) -> None:
        connection.execute(insert(access_origins), Ledger.row(context, "refused") | {"created_at": None})

    @staticmethod
    def announce(connection: Connection, context: Context, text: str, kind: type[DomainEvent] = Noted) -> UUID:
        Ledger.write(connection, context, text)
        event = kind(aggregate_id=new_id(), aggregate_version=1, recipients=())
        record(connection, context, event)
        return event.aggregate_id

    @staticmethod
    def show(connection: Connection, context: Context, *subjects: UUID) -> list[str]:
        rows = connection.execute(select(access_origins.c.user_agent).order_by(access_origins.c.id))
        context.accessed(subjects, DataType.PERSONAL_DATA)
        return [str(row[0]) for row in rows]

    @staticmethod
    def refuse(connection: Connection, context: Context, resource: UUID) -> None:
        connection.execute(select(func.count()).select_from(access_origins)).scalar()
        context.denied("note", resource)
        raise NotFound("note")

    def sleep(self, connection: Connection, context: Context, seconds: float) -> None:
        """A statement that takes this long unless something ends it."""
        if self.family == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_sleep({seconds})")
        elif self.family == "mysql":
            # A query proper: SLEEP() alone may answer 1 instead of failing when its time is over.
            connection.exec_driver_sql(f"SELECT COUNT(*) FROM information_schema.tables WHERE SLEEP({seconds}) = 0")
        else:
            steps = int(seconds * 4_000_000)
            connection.exec_driver_sql(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                f" WHERE i < {steps}) SELECT MAX(i) FROM n"
            )

    @staticmethod
    def lock(connection: Connection, _context: Context) -> None:
        """Take a row's lock, which everybody else who takes it waits for; on SQLite the unit itself is the lock."""
        connection.execute(select(schema_compatibility).with_for_update()).all()

    @staticmethod
    def make_locks(connection: Connection, _context: Context, *names: str) -> None:
        """Rows for `lock_named`."""
        rows = [{"id": ord(name), "oldest_code_revision": 1} for name in names]
        connection.execute(insert(schema_compatibility), rows)

    @staticmethod
    def lock_named(connection: Connection, _context: Context, name: str) -> None:
        row = select(schema_compatibility).where(schema_compatibility.c.id == ord(name))
        connection.execute(row.with_for_update()).all()

    # What is committed.

    def _all(self, statement: Any) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(statement))

    @property
    def written(self) -> list[str]:
        """The rows of `write` and `announce`, in the order of their ids."""
        statement = select(access_origins.c.user_agent).order_by(access_origins.c.id)
        return [row[0] for row in self._all(statement) if row[0] is not None]

    @property
    def events(self) -> list[str]:
        return [row[0] for row in self._all(select(domain_events.c.type).order_by(domain_events.c.id))]

    @property
    def accesses(self) -> list[UUID]:
        return [row[0] for row in self._all(select(data_access_logs.c.subject_id).order_by(data_access_logs.c.id))]

    @property
    def denials(self) -> list[tuple[str, UUID]]:
        columns = (audit_logs.c.resource_type, audit_logs.c.resource_id)
        statement = select(*columns).where(audit_logs.c.action == "access_denied").order_by(audit_logs.c.id)
        return [tuple(row) for row in self._all(statement)]

    def sessions_end(self, seconds: float) -> bool:
        """Whether the server soon holds no connection to this database but the one that asks; SQLite has no server."""
        if self.family == "sqlite":
            return True
        asked = {
            "postgresql": "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "mysql": "information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
        }
        ends_at = time.monotonic() + seconds
        with self._engine.connect() as connection:
            while connection.exec_driver_sql(f"SELECT count(*) FROM {asked[self.family]}").scalar_one():
                if time.monotonic() > ends_at:
                    return False
                time.sleep(0.005)
        return True

    def put(self, text: str) -> None:
        """Commit a row from elsewhere."""
        self.execute(
            insert(access_origins), {"id": new_id(), "created_at": SystemClock().now(), "ip": None, "user_agent": text}
        )

    def execute(self, statement: Any, parameters: dict[str, Any] | None = None) -> None:
        with self._engine.connect() as connection:
            connection.execute(statement, parameters or {})

    def script(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def url_of(self, world: str) -> URL:
        """The database's URL with the driver of a world, as a host would write it."""
        url = self._engine.url.render_as_string(hide_password=False)
        plain = url.replace("+psycopg", "").replace("+pymysql", "").replace("+pysqlite", "")
        return engine_plan(plain, Settings(env="test"), Role.WRITE, world).url  # type: ignore[arg-type]
