"""What a type checker refuses. Each line is an error that it must find: an ignore that hides nothing is an error itself."""
# What is not there has no type either.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from uuid import UUID

from telemed_store import (
    AsyncBoundStore,
    AsyncReader,
    AsyncSnapshot,
    AsyncStore,
    AsyncUnitOfWork,
    ConsultationScheduled,
    DoctorStatus,
    NewAppointment,
    NewConsent,
    NewDoctor,
    NewPatient,
)
from telemed_store.scopes import ForDoctor, Online, Upcoming, WindowsOfDoctor, WithActiveConsent, WithDoctorStatus


async def a_scope_of_another_model(mine: AsyncBoundStore, reader: AsyncReader, some_id: UUID) -> None:
    await mine.appointments.list(Online())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await mine.appointments.agenda(WithActiveConsent())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await mine.people.doctors(ForDoctor(some_id))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await mine.people.search_doctors(Upcoming())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await mine.people.patients(Online())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await mine.availability.windows(ForDoctor(some_id))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await reader.appointments.list(WindowsOfDoctor(some_id))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def scopes_of_two_models_at_once(some_id: UUID) -> None:
    _ = ForDoctor(some_id) & Online()  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    _ = Online() & Upcoming()  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    _ = WithDoctorStatus("active")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def a_write_on_a_reader(reader: AsyncReader, some_id: UUID, doctor: NewDoctor, consent: NewConsent) -> None:
    await reader.people.register_doctor(doctor)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await reader.consents.grant(consent)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await reader.availability.remove_block(some_id, expected_version=1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await reader.appointments.cancel(some_id, expected_version=1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    reader.unit_of_work()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    reader.write  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


async def a_write_on_a_snapshot(
    snapshot: AsyncSnapshot, some_id: UUID, patient: NewPatient, new: NewAppointment
) -> None:
    await snapshot.people.register_patient(patient)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await snapshot.consents.revoke(some_id, "telemedicine")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await snapshot.availability.remove_window(some_id, expected_version=1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await snapshot.appointments.schedule(new)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def a_change_without_the_version_that_was_read(mine: AsyncBoundStore, some_id: UUID) -> None:
    await mine.appointments.complete(some_id)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await mine.people.set_doctor_status(some_id, DoctorStatus.INACTIVE)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await mine.appointments.start(str(some_id), expected_version=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def a_function_that_does_not_fit(store: AsyncStore, mine: AsyncBoundStore, uow: AsyncUnitOfWork) -> None:
    async def one(event: ConsultationScheduled) -> None: ...

    async def two(event: ConsultationScheduled, uow: AsyncUnitOfWork) -> None: ...

    async def outside(reader: AsyncReader) -> None: ...

    store.on(ConsultationScheduled, one, when="in_transaction")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    store.on(ConsultationScheduled, two)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    uow.after_commit(one, "not an event")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await mine.run(outside)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def what_is_not_there_to_be_set(mine: AsyncBoundStore, other: AsyncBoundStore) -> None:
    mine.people = other.people  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    mine.actor = other.actor  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
