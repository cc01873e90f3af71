"""Granting and revoking consents, through the shells, on every engine."""

from __future__ import annotations

import datetime as dt

import pytest
from registering import new_patient

from telemed_store._async.store import AsyncStore
from telemed_store.audit.actor import Actor
from telemed_store.consents.models import ConsentType, NewConsent
from telemed_store.consents.scopes import WithActiveConsent
from telemed_store.errors import InvalidCursor, NotFound, NotPermitted, ValidationFailed
from telemed_store.people.models import NewDoctor, Patient
from telemed_store.testing.clock import FrozenClock

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")
TELEMEDICINE = ConsentType.TELEMEDICINE


def consent(patient: Patient, text_version: str = "1") -> NewConsent:
    return NewConsent(
        user_id=patient.user_id, type="telemedicine", text_version=text_version, text_sha256="AB" * 32, channel="click"
    )


async def patient_of(store: AsyncStore) -> Patient:
    return await store.acting_as(SYSTEM).people.register_patient(new_patient(name="Rui"))


async def test_a_granted_consent_reads_back_equal(async_telemed: AsyncStore) -> None:
    patient = await patient_of(async_telemed)
    own = async_telemed.acting_as(Actor.user(patient.user_id, "203.0.113.7", user_agent="Browser")).consents
    granted = await own.grant(consent(patient))

    assert granted == await own.active(patient.user_id, TELEMEDICINE)
    assert (granted.text_sha256, granted.granted_by) == ("ab" * 32, patient.user_id)
    assert granted.origin_id is not None
    assert await own.active(patient.user_id, ConsentType.MARKETING) is None


async def test_d48_granting_again_closes_the_active_one_and_keeps_its_facts(
    async_telemed: AsyncStore, telemed_clock: FrozenClock
) -> None:
    patient = await patient_of(async_telemed)
    consents = async_telemed.acting_as(SYSTEM).consents
    first = await consents.grant(consent(patient))
    telemed_clock.step(dt.timedelta(hours=1))
    second = await consents.grant(consent(patient, "2"))

    newest, oldest = (await consents.list(patient.user_id)).items
    assert newest == second == await consents.active(patient.user_id, TELEMEDICINE)
    kept = {"revoked_at": second.granted_at, "updated_at": second.granted_at, "version": 2}
    assert oldest == first.model_copy(update=kept)


async def test_revoking_sets_only_the_end_and_records_its_event(async_telemed: AsyncStore) -> None:
    patient = await patient_of(async_telemed)
    system = async_telemed.acting_as(SYSTEM)
    granted = await system.consents.grant(consent(patient))
    revoked = await system.consents.revoke(patient.user_id, TELEMEDICINE)

    expected = {"revoked_at": revoked.revoked_at, "updated_at": revoked.updated_at, "version": 2}
    assert revoked == granted.model_copy(update=expected)
    assert await system.consents.active(patient.user_id, TELEMEDICINE) is None
    with pytest.raises(NotFound):
        await system.consents.revoke(patient.user_id, TELEMEDICINE)
    events = await system.events.of_aggregate("consent", granted.id)
    assert [event.type for event in events] == ["ConsentGranted", "ConsentRevoked"]
    assert events[0].payload == {"user_id": str(patient.user_id), "type": "telemedicine", "text_version": "1"}


async def test_nobody_decides_for_another_person(async_telemed: AsyncStore) -> None:
    patient = await patient_of(async_telemed)
    doctor = await async_telemed.acting_as(SYSTEM).people.register_doctor(NewDoctor(name="Ana"))
    other = async_telemed.acting_as(Actor.user(doctor.user_id)).consents

    with pytest.raises(NotPermitted):
        await other.grant(consent(patient))
    with pytest.raises(NotPermitted):
        await other.revoke(patient.user_id, TELEMEDICINE)
    with pytest.raises(NotPermitted):
        await other.active(patient.user_id, TELEMEDICINE)
    with pytest.raises(NotPermitted):
        await other.list(patient.user_id)


async def test_q120_consents_are_paged_the_newest_first(async_telemed: AsyncStore, telemed_clock: FrozenClock) -> None:
    patient = await patient_of(async_telemed)
    consents = async_telemed.acting_as(SYSTEM).consents
    granted = []
    for number in range(3):
        granted.append((await consents.grant(consent(patient, str(number)))).id)
        telemed_clock.step(dt.timedelta(minutes=1))

    first = await consents.list(patient.user_id, limit=2)
    rest = await consents.list(patient.user_id, limit=2, cursor=first.next_cursor)
    assert [each.id for each in first.items + rest.items] == granted[::-1]
    stranger = await patient_of(async_telemed)
    with pytest.raises(InvalidCursor):
        await consents.list(stranger.user_id, cursor=first.next_cursor)


async def test_patients_are_listed_by_active_consent(async_telemed: AsyncStore) -> None:
    agreed, revoked, _never = [await patient_of(async_telemed) for _ in range(3)]
    system = async_telemed.acting_as(SYSTEM)
    await system.consents.grant(consent(agreed))
    await system.consents.grant(consent(revoked))
    await system.consents.revoke(revoked.user_id, TELEMEDICINE)

    assert [each.id for each in (await system.people.patients(WithActiveConsent())).items] == [agreed.id]


async def test_a_consent_names_an_existing_user_and_a_known_type(async_telemed: AsyncStore) -> None:
    patient = await patient_of(async_telemed)
    system = async_telemed.acting_as(SYSTEM)
    with pytest.raises(ValidationFailed):
        await system.consents.grant(consent(patient).model_copy(update={"user_id": patient.id}))
    with pytest.raises(ValidationFailed):
        await system.consents.revoke(patient.user_id, "everything")  # type: ignore[arg-type]
