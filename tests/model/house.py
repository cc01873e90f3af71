"""The store, driven by the same requests as the model, in either world; and what is committed, as another connection sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

from outside_engine import outside_engine
from sqlalchemy import Table, func, select

from telemed_store import (
    Actor,
    AppointmentPatch,
    AsyncStore,
    AvailabilityWindowPatch,
    BlockPatch,
    ConsentType,
    ImportedVisit,
    ImportReport,
    NewAppointment,
    NewAvailabilityWindow,
    NewBlock,
    NewConsent,
    Schedule,
    ServiceLocationPatch,
    Store,
)
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.events.tables import domain_events, outbox
from telemed_store.people.tables import patients

from .facts import Row, Who
from .requests import Request


class World(Protocol):
    """A store, and how its calls are brought to an end."""

    store: Any

    def result(self, call: Any) -> Any:
        """What a call of the store returns."""
        ...

    def entered(self, frame: Any) -> Any:
        """A frame or savepoint as a context manager."""
        ...


class Threads:
    """The synchronous world, where a call is its result."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def result(self, call: Any) -> Any:
        return call

    def entered(self, frame: Any) -> Any:
        return frame


class Tasks:
    """The asynchronous world, one call after the other on a loop of its own."""

    def __init__(self, store: AsyncStore, runner: asyncio.Runner) -> None:
        self.store = store
        self._runner = runner

    def result(self, call: Any) -> Any:
        return self._runner.run(call)

    @contextmanager
    def entered(self, frame: Any) -> Generator[Any]:
        opened = self.result(frame.__aenter__())
        try:
            yield opened
        except BaseException as failure:
            if not self.result(frame.__aexit__(type(failure), failure, failure.__traceback__)):
                raise
        else:
            self.result(frame.__aexit__(None, None, None))


class House:
    """The store's verbs by the names and arguments of a `Request`."""

    def __init__(self, world: World, job: str) -> None:
        self.world = world
        self._job = job
        self._actors: dict[Who, Actor] = {}
        self.users: dict[UUID, UUID] = {}

    def actor(self, who: Who) -> Actor:
        """The same actor for the same person each time."""
        if who not in self._actors:
            self._actors[who] = Actor.user(who.id) if who.id is not None else Actor.system(self._job)
        return self._actors[who]

    def acting_as(self, who: Who) -> Any:
        return self.world.store.acting_as(self.actor(who))

    def do(self, frame: Any, request: Request) -> Any:
        """Perform a request on a frame."""
        return self.world.result(getattr(self, f"_{request.verb}")(frame, **request.arguments))

    @staticmethod
    def _schedule(frame: Any, *, key: str | None, override: str | None, **new: Any) -> Any:
        wanted = NewAppointment(**new)
        return frame.appointments.schedule(wanted, idempotency_key=key, override_availability=override)

    @staticmethod
    def _reschedule(frame: Any, *, row_id: UUID, version: int, override: str | None, **times: Any) -> Any:
        options = {"expected_version": version, "override_availability": override}
        return frame.appointments.reschedule(row_id, **times, **options)

    @staticmethod
    def _start(frame: Any, *, row_id: UUID, version: int) -> Any:
        return frame.appointments.start(row_id, expected_version=version)

    @staticmethod
    def _complete(frame: Any, *, row_id: UUID, version: int) -> Any:
        return frame.appointments.complete(row_id, expected_version=version)

    @staticmethod
    def _cancel(frame: Any, *, row_id: UUID, reason: str | None, version: int) -> Any:
        return frame.appointments.cancel(row_id, reason, expected_version=version)

    @staticmethod
    def _mark_no_show(frame: Any, *, row_id: UUID, version: int) -> Any:
        return frame.appointments.mark_no_show(row_id, expected_version=version)

    @staticmethod
    def _update(frame: Any, *, row_id: UUID, version: int, patch: Row) -> Any:
        return frame.appointments.update(row_id, AppointmentPatch(**patch), expected_version=version)

    @staticmethod
    def _delete(frame: Any, *, row_id: UUID, version: int) -> Any:
        return frame.appointments.delete(row_id, expected_version=version)

    @staticmethod
    def _import_completed(frame: Any, *, visits: list[Row]) -> Any:
        return frame.appointments.import_completed([ImportedVisit(**visit) for visit in visits])

    @staticmethod
    def _add_window(frame: Any, *, window: Row) -> Any:
        return frame.availability.add_window(NewAvailabilityWindow(**window))

    @staticmethod
    def _update_window(frame: Any, *, row_id: UUID, version: int, patch: Row) -> Any:
        return frame.availability.update_window(row_id, AvailabilityWindowPatch(**patch), expected_version=version)

    @staticmethod
    def _remove_window(frame: Any, *, row_id: UUID, version: int) -> Any:
        return frame.availability.remove_window(row_id, expected_version=version)

    @staticmethod
    def _save_schedule(frame: Any, *, doctor_id: UUID, windows: list[Row], version: int) -> Any:
        wanted = [NewAvailabilityWindow(**window) for window in windows]
        return frame.availability.save_schedule(doctor_id, wanted, expected_version=version)

    @staticmethod
    def _block_dates(frame: Any, *, block: Row) -> Any:
        return frame.availability.block_dates(NewBlock(**block))

    @staticmethod
    def _update_block(frame: Any, *, row_id: UUID, version: int, patch: Row) -> Any:
        return frame.availability.update_block(row_id, BlockPatch(**patch), expected_version=version)

    @staticmethod
    def _remove_block(frame: Any, *, row_id: UUID, version: int) -> Any:
        return frame.availability.remove_block(row_id, expected_version=version)

    def _grant(self, frame: Any, *, patient_id: UUID) -> Any:
        said: Row = {"type": "telemedicine", "text_version": "1", "text_sha256": "ab" * 32, "channel": "click"}
        return frame.consents.grant(NewConsent(user_id=self.users[patient_id], **said))

    def _revoke(self, frame: Any, *, patient_id: UUID) -> Any:
        return frame.consents.revoke(self.users[patient_id], ConsentType.TELEMEDICINE)

    @staticmethod
    def _open_place(frame: Any, *, row_id: UUID, version: int, is_active: bool) -> Any:
        patch = ServiceLocationPatch(is_active=is_active)
        return frame.people.update_location(row_id, patch, expected_version=version)


def as_row(returned: Any) -> Any:
    """What a verb returned, as the model says it."""
    if returned is None:
        return None
    if isinstance(returned, ImportReport):
        refused = [(one.index, one.reason) for one in returned.refused]
        return {"imported": list(returned.imported), "repeated": returned.repeated, "refused": refused}
    if isinstance(returned, Schedule):
        return {"version": returned.version, "windows": {one.id: dict(one) for one in returned.windows}}
    return dict(returned)


class Committed:
    """The rows of a database, read by a connection that has nothing to do with the store."""

    def __init__(self, url: str) -> None:
        self._connection = outside_engine(url).connect()

    def close(self) -> None:
        self._connection.close()

    def _all(self, table: Table, column: str, values: Iterable[UUID]) -> list[Row]:
        statement = select(table).where(table.c[column].in_(list(values))).order_by(table.c.id)
        return [dict(row) for row in self._connection.execute(statement).mappings()]

    def visits(self, doctors: Iterable[UUID]) -> list[Row]:
        return self._all(appointments, "doctor_id", doctors)

    def logs(self, visits: Iterable[UUID]) -> list[Row]:
        return self._all(appointment_logs, "appointment_id", visits)

    def events(self, visits: Iterable[UUID]) -> list[Row]:
        return self._all(domain_events, "aggregate_id", visits)

    def windows(self, doctors: Iterable[UUID]) -> list[Row]:
        return self._all(availability_windows, "doctor_id", doctors)

    def blocks(self, doctors: Iterable[UUID]) -> list[Row]:
        return self._all(blocked_dates, "doctor_id", doctors)

    def last_seen(self, ids: Iterable[UUID]) -> dict[UUID, Any]:
        return {row["id"]: row["last_consultation_at"] for row in self._all(patients, "id", ids)}

    def outbox_rows(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(outbox)).scalar_one())
