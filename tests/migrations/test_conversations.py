"""An old database gets its conversations by migrating: one for each doctor and patient with an appointment that is not deleted."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, delete, insert, select

from telemed_store import Actor, NewMessage, Store, new_id
from telemed_store.appointments.tables import appointments
from telemed_store.crypto import MasterKeys
from telemed_store.errors import Conflict
from telemed_store.messages.tables import conversation_participants, conversations
from telemed_store.people.tables import doctors, patients, users
from telemed_store.testing.clock import PRESENT

OLD: Final = "0001_foundation"
LIVE, DELETED = False, True
# Doctor and patient of each appointment, in the order of booking, and whether it was deleted.
BOOKED: Final = (
    ("ana", "davi", DELETED),
    ("ana", "davi", LIVE),
    ("ana", "davi", LIVE),
    ("ana", "rita", DELETED),
    ("bia", "davi", LIVE),
    ("bia", "davi", DELETED),
    ("ana", "bia", LIVE),
    ("bia", "ana", LIVE),
    ("bia", "bia", LIVE),  # no verb does so
)
ACTIVITY: Final = {("ana", "davi"): 1, ("bia", "davi"): 4, ("ana", "bia"): 6, ("bia", "ana"): 7}
"""The pairs that get a conversation, and which booking was their first."""


def booked_at(number: int) -> dt.datetime:
    return PRESENT + dt.timedelta(hours=number, microseconds=number)


class OldDatabase:
    """A database without conversations."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.users = {name: new_id() for name in ("ana", "bia", "davi", "rita")}
        database.migrator().upgrade(OLD)
        with database.connected() as connection:
            self._fill(connection)
            connection.commit()

    def _fill(self, connection: Connection) -> None:
        for name, id_ in self.users.items():
            _insert(connection, users, id=id_, name=name, status="active", zone="America/Sao_Paulo")
        profiles: dict[tuple[Table, str], UUID] = {}
        for name in ("ana", "bia"):
            profiles[doctors, name] = new_id()
            _insert(
                connection,
                doctors,
                id=profiles[doctors, name],
                user_id=self.users[name],
                languages=["pt-BR"],
                status="active",
                signature_enrolment="not_integrated",
                zone="America/Sao_Paulo",
            )
        for name, user_id in self.users.items():
            profiles[patients, name] = new_id()
            _insert(connection, patients, id=profiles[patients, name], user_id=user_id, status="active")
        for number, (doctor, patient, deleted) in enumerate(BOOKED):
            created_at = booked_at(number)
            _insert(
                connection,
                appointments,
                id=new_id(),
                created_at=created_at,
                deleted_at=created_at if deleted else None,
                doctor_id=profiles[doctors, doctor],
                patient_id=profiles[patients, patient],
                starts_at=created_at,
                ends_at=created_at + dt.timedelta(minutes=30),
                local_starts_at=created_at.replace(tzinfo=None),
                zone="UTC",
                status="cancelled",
                cancelled_at=created_at,
                access_code=f"CODE000{number}",
                origin="booked",
                created_by=self.users["ana"],
            )

    def conversations(self) -> list[Any]:
        """Every conversation and participant, whole."""
        with self.database.connected() as connection:
            tables = (conversations, conversation_participants)
            return [row for table in tables for row in connection.execute(select(table).order_by(table.c.id))]

    def check(self) -> None:
        """Each pair has exactly one conversation, with its two participants, as old as the first live booking."""
        name_of = {id_: name for name, id_ in self.users.items()}
        with self.database.connected() as connection:
            made = connection.execute(select(conversations)).all()
            pairs = {row.id: (name_of[row.doctor_user_id], name_of[row.patient_user_id]) for row in made}
            within = connection.execute(select(conversation_participants)).all()
        assert Counter(pairs.values()) == Counter(ACTIVITY.keys())
        assert Counter((pairs[row.conversation_id], name_of[row.user_id]) for row in within) == Counter(
            (pair, name) for pair in ACTIVITY for name in pair
        )
        assert {(pairs[row.conversation_id], row.last_activity_at) for row in within} == {
            (pair, booked_at(number)) for pair, number in ACTIVITY.items()
        }
        assert {(row.last_seq, row.last_message_id) for row in made} == {(0, None)}
        assert {(row.read_upto, row.delivered_upto, row.unread_count) for row in within} == {(0, 0, 0)}


def _insert(connection: Connection, table: Table, **values: Any) -> None:
    row = {"version": 1, "created_at": PRESENT, "updated_at": PRESENT} | values
    connection.execute(insert(table).values(row))


@pytest.fixture
def old(database: Any) -> OldDatabase:
    return OldDatabase(database)


def test_each_pair_with_an_appointment_gets_its_conversation_once(old: OldDatabase) -> None:
    migrator = old.database.migrator()
    migrator.upgrade()
    old.check()
    first = old.conversations()

    migrator.upgrade()
    assert old.conversations() == first
    assert migrator.verify() == ()
    with pytest.raises(Conflict, match="conversation"):
        migrator.downgrade(OLD)
    assert old.conversations() == first


def test_what_is_migrated_serves_the_verbs(old: OldDatabase) -> None:
    old.database.migrator().upgrade()
    settings = old.database.settings.model_copy(update={"keys": MasterKeys.generate().to_setting()})
    with Store.open(settings=settings) as store:
        ana, davi = (store.acting_as(Actor.user(old.users[name])).messages for name in ("ana", "davi"))
        assert len(ana.conversations().items) == 3
        new = NewMessage(receiver_id=old.users["davi"], body="hello", idempotency_key="1")
        sent = ana.send(new)
        assert sent.seq == 1
        assert davi.mark_read(sent.conversation_id, 1) == 1


def test_a_migration_that_was_cut_in_the_middle_is_run_again(old: OldDatabase) -> None:
    """On MariaDB each statement of a migration may be the last one that was kept."""
    if old.database.engine != "mariadb":
        pytest.skip("the other engines undo a migration that was cut")
    migrator = old.database.migrator()
    migrator.upgrade()
    with old.database.connected() as connection:
        some = select(conversation_participants.c.id).order_by(conversation_participants.c.id).limit(3)
        connection.execute(
            delete(conversation_participants).where(
                conversation_participants.c.id.in_(connection.execute(some).scalars().all())
            )
        )
        connection.commit()
    migrator.stamp(OLD)

    migrator.upgrade()
    old.check()


def test_the_sql_for_somebody_else_to_run_makes_them_too(old: OldDatabase) -> None:
    script = old.database.migrator().sql("head", start=OLD)

    assert "INSERT INTO" in script
    if old.database.engine == "postgresql":
        old.database.run(script.replace("%", "%%"))
        old.check()
