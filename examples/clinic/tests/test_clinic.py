"""The clinic's suite: telemed_store's fixtures give it a real database per test, rows, a clock and faults."""

from __future__ import annotations

import datetime as dt

import pytest
from clinic import InvoicePaid, book, book_async, call_off, invoices, owed_cents
from sqlalchemy import func, select, update

from telemed_store import Actor, AppointmentStatus, AsyncStore, NewAppointment, SlotTaken, Store, TransactionConflict
from telemed_store.testing import AsyncMake, Faults, FrozenClock, Make, StatementCounter

DESK = Actor.system("front-desk")


def new_visit(make: Make) -> NewAppointment:
    doctor, patient = make.doctor(), make.patient()
    return make.new_appointment(doctor.id, patient.id, starts_at=make.free_slot(doctor.id).starts_at)


def count_of_invoices(store: Store) -> int:
    with store.unit_of_work(DESK) as uow:
        return int(uow.connection.execute(select(func.count()).select_from(invoices)).scalar_one())


def test_a_visit_and_its_invoice_are_written_together(telemed: Store, telemed_make: Make) -> None:
    visit = book(telemed, DESK, new_visit(telemed_make), 25_000)
    assert visit.status is AppointmentStatus.SCHEDULED
    assert owed_cents(telemed, DESK, visit.patient_id) == 25_000


def test_no_test_finds_the_invoices_of_another(telemed: Store) -> None:
    assert count_of_invoices(telemed) == 0


def test_a_refused_booking_is_not_billed(telemed: Store, telemed_make: Make) -> None:
    new = new_visit(telemed_make)
    book(telemed, DESK, new, 25_000)
    with pytest.raises(SlotTaken):
        book(telemed, DESK, new.model_copy(update={"patient_id": telemed_make.patient().id}), 25_000)
    assert count_of_invoices(telemed) == 1


def test_a_conflict_at_commit_bills_once(telemed: Store, telemed_make: Make, telemed_faults: Faults) -> None:
    new = new_visit(telemed_make)
    telemed_faults.fail_next("commit", TransactionConflict)
    visit = book(telemed, DESK, new, 25_000)
    assert telemed_faults.pending == 0
    assert owed_cents(telemed, DESK, visit.patient_id) == 25_000


def test_a_paid_visit_is_not_called_off(telemed: Store, telemed_make: Make) -> None:
    visit = book(telemed, DESK, new_visit(telemed_make), 25_000)
    with telemed.unit_of_work(DESK) as uow:
        uow.connection.execute(update(invoices).values(paid=True))
    with pytest.raises(InvoicePaid):
        call_off(telemed, DESK, visit)
    assert telemed.acting_as(DESK).appointments.get(visit.id).status is AppointmentStatus.SCHEDULED


def test_billing_adds_one_statement(telemed: Store, telemed_make: Make, telemed_statements: StatementCounter) -> None:
    alone, billed = new_visit(telemed_make), new_visit(telemed_make)
    with telemed_statements() as without:
        telemed.acting_as(DESK).appointments.schedule(alone)
    with telemed_statements() as seen:
        book(telemed, DESK, billed, 25_000)
    seen.assert_at_most(without.count + 1)


@pytest.mark.telemed_settings(appointment_duration=dt.timedelta(minutes=45))
def test_visits_of_this_clinic_take_45_minutes(telemed: Store, telemed_make: Make, telemed_clock: FrozenClock) -> None:
    visit = book(telemed, DESK, new_visit(telemed_make), 25_000)
    assert visit.ends_at - visit.starts_at == dt.timedelta(minutes=45)
    assert visit.created_at == telemed_clock.now()


@pytest.mark.asyncio
async def test_an_asynchronous_application_bills_too(
    telemed: Store, async_telemed: AsyncStore, async_telemed_make: AsyncMake
) -> None:
    doctor, patient = await async_telemed_make.doctor(), await async_telemed_make.patient()
    slot = await async_telemed_make.free_slot(doctor.id, patient.id)
    new = async_telemed_make.new_appointment(doctor.id, patient.id, starts_at=slot.starts_at)
    await book_async(async_telemed, DESK, new, 18_000)
    assert owed_cents(telemed, DESK, patient.id) == 18_000
