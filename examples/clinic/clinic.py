"""A clinic that bills its visits: an application with a table of its own, `invoices`, beside those of telemed_store.

Booking and billing are one transaction: there is no visit without its invoice, and no invoice without its visit.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Uuid, delete, func, insert, select

from telemed_store import Actor, Appointment, AsyncStore, AsyncUnitOfWork, NewAppointment, Store, UnitOfWork

__all__ = ["METADATA", "InvoicePaid", "book", "book_async", "call_off", "invoices", "owed_cents"]

METADATA = MetaData()

invoices = Table(
    "invoices",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("appointment_id", Uuid, nullable=False, unique=True),
    Column("patient_id", Uuid, nullable=False, index=True),
    Column("amount_cents", Integer, nullable=False),
    Column("paid", Boolean, nullable=False),
)


class InvoicePaid(Exception):
    """The visit is paid: refund it before it is called off."""


def book(store: Store, actor: Actor, new: NewAppointment, amount_cents: int) -> Appointment:
    """Book a visit and write its invoice; a conflict with other transactions is repeated from the start."""

    def booking(uow: UnitOfWork) -> Appointment:
        visit = uow.appointments.schedule(new)
        uow.connection.execute(insert(invoices), _invoice(visit, amount_cents))
        return visit

    return store.acting_as(actor).run(booking)


async def book_async(store: AsyncStore, actor: Actor, new: NewAppointment, amount_cents: int) -> Appointment:
    """The same for an asynchronous application."""

    async def booking(uow: AsyncUnitOfWork) -> Appointment:
        visit = await uow.appointments.schedule(new)
        await uow.connection.execute(insert(invoices), _invoice(visit, amount_cents))
        return visit

    return await store.acting_as(actor).run(booking)


def call_off(store: Store, actor: Actor, visit: Appointment) -> None:
    """Call a visit off and take its invoice back.

    Raises:
        InvoicePaid: It is paid; the visit stays.
    """
    with store.unit_of_work(actor) as uow:
        uow.appointments.cancel(visit.id, expected_version=visit.version)
        unpaid = (invoices.c.appointment_id == visit.id) & ~invoices.c.paid
        if uow.connection.execute(delete(invoices).where(unpaid)).rowcount == 0:
            raise InvoicePaid


def owed_cents(store: Store, actor: Actor, patient_id: UUID) -> int:
    """What a patient has to pay."""
    unpaid = (invoices.c.patient_id == patient_id) & ~invoices.c.paid
    with store.unit_of_work(actor) as uow:
        return int(
            uow.connection.execute(
                select(func.coalesce(func.sum(invoices.c.amount_cents), 0)).where(unpaid)
            ).scalar_one()
        )


def _invoice(visit: Appointment, amount_cents: int) -> dict[str, object]:
    return {
        "id": uuid4(),
        "appointment_id": visit.id,
        "patient_id": visit.patient_id,
        "amount_cents": amount_cents,
        "paid": False,
    }
