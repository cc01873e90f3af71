# Generated from _async/test_consents.py by tools/sync.py. Do not edit.
"""Granting and revoking consents, through the shells, on every engine."""

from __future__ import annotations

import datetime as dt

import pytest
from registering import new_patient

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.consents.models import ConsentType, NewConsent
from telemed_store.consents.scopes import WithActiveConsent
from telemed_store.errors import InvalidCursor, NotFound, NotPermitted, ValidationFailed
from telemed_store.people.models import NewDoctor, Patient
from telemed_store.testing.clock import FrozenClock

SYSTEM = Actor.system("tests")
TELEMEDICINE = ConsentType.TELEMEDICINE


def consent(patient: Patient, text_version: str = "1") -> NewConsent:
    return NewConsent(
        user_id=patient.user_id, type="telemedicine", text_version=text_version, text_sha256="AB" * 32, channel="click"
    )


def patient_of(store: Store) -> Patient:
    return store.acting_as(SYSTEM).people.register_patient(new_patient(name="Rui"))


def test_a_granted_consent_reads_back_equal(telemed: Store) -> None:
    patient = patient_of(telemed)
    own = telemed.acting_as(Actor.user(patient.user_id, "203.0.113.7", user_agent="Browser")).consents
    granted = own.grant(consent(patient))

    assert granted == own.active(patient.user_id, TELEMEDICINE)
    assert (granted.text_sha256, granted.granted_by) == ("ab" * 32, patient.user_id)
    assert granted.origin_id is not None
    assert own.active(patient.user_id, ConsentType.MARKETING) is None


def test_d48_granting_again_closes_the_active_one_and_keeps_its_facts(
    telemed: Store, telemed_clock: FrozenClock
) -> None:
    patient = patient_of(telemed)
    consents = telemed.acting_as(SYSTEM).consents
    first = consents.grant(consent(patient))
    telemed_clock.step(dt.timedelta(hours=1))
    second = consents.grant(consent(patient, "2"))

    newest, oldest = consents.list(patient.user_id).items
    assert newest == second == consents.active(patient.user_id, TELEMEDICINE)
    kept = {"revoked_at": second.granted_at, "updated_at": second.granted_at, "version": 2}
    assert oldest == first.model_copy(update=kept)


def test_revoking_sets_only_the_end_and_records_its_event(telemed: Store) -> None:
    patient = patient_of(telemed)
    system = telemed.acting_as(SYSTEM)
    granted = system.consents.grant(consent(patient))
    revoked = system.consents.revoke(patient.user_id, TELEMEDICINE)

    expected = {"revoked_at": revoked.revoked_at, "updated_at": revoked.updated_at, "version": 2}
    assert revoked == granted.model_copy(update=expected)
    assert system.consents.active(patient.user_id, TELEMEDICINE) is None
    with pytest.raises(NotFound):
        system.consents.revoke(patient.user_id, TELEMEDICINE)
    events = system.events.of_aggregate("consent", granted.id)
    assert [event.type for event in events] == ["ConsentGranted", "ConsentRevoked"]
    assert events[0].payload == {"user_id": str(patient.user_id), "type": "telemedicine", "text_version": "1"}


def test_nobody_decides_for_another_person(telemed: Store) -> None:
    patient = patient_of(telemed)
    doctor = telemed.acting_as(SYSTEM).people.register_doctor(NewDoctor(name="Ana"))
    other = telemed.acting_as(Actor.user(doctor.user_id)).consents

    with pytest.raises(NotPermitted):
        other.grant(consent(patient))
    with pytest.raises(NotPermitted):
        other.revoke(patient.user_id, TELEMEDICINE)
    with pytest.raises(NotPermitted):
        other.active(patient.user_id, TELEMEDICINE)
    with pytest.raises(NotPermitted):
        other.list(patient.user_id)


def test_q120_consents_are_paged_the_newest_first(telemed: Store, telemed_clock: FrozenClock) -> None:
    patient = patient_of(telemed)
    consents = telemed.acting_as(SYSTEM).consents
    granted = []
    for number in range(3):
        granted.append(consents.grant(consent(patient, str(number))).id)
        telemed_clock.step(dt.timedelta(minutes=1))

    first = consents.list(patient.user_id, limit=2)
    rest = consents.list(patient.user_id, limit=2, cursor=first.next_cursor)
    assert [each.id for each in first.items + rest.items] == granted[::-1]
    stranger = patient_of(telemed)
    with pytest.raises(InvalidCursor):
        consents.list(stranger.user_id, cursor=first.next_cursor)


def test_patients_are_listed_by_active_consent(telemed: Store) -> None:
    agreed, revoked, _never = [patient_of(telemed) for _ in range(3)]
    system = telemed.acting_as(SYSTEM)
    system.consents.grant(consent(agreed))
    system.consents.grant(consent(revoked))
    system.consents.revoke(revoked.user_id, TELEMEDICINE)

    assert [each.id for each in system.people.patients(WithActiveConsent()).items] == [agreed.id]


def test_a_consent_names_an_existing_user_and_a_known_type(telemed: Store) -> None:
    patient = patient_of(telemed)
    system = telemed.acting_as(SYSTEM)
    with pytest.raises(ValidationFailed):
        system.consents.grant(consent(patient).model_copy(update={"user_id": patient.id}))
    with pytest.raises(ValidationFailed):
        system.consents.revoke(patient.user_id, "everything")  # type: ignore[arg-type]
