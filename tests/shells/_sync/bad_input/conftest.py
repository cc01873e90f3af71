# Generated from _async/bad_input/conftest.py by tools/sync.py. Do not edit.
from __future__ import annotations

import pytest
from bad_values import Values

from telemed_store import Actor, NewIdentifier, NewRegistration, NewUserIdentity, Store
from telemed_store.testing._sync.make import Make


@pytest.fixture
def values(request: pytest.FixtureRequest, telemed: Store, telemed_make: Make) -> Values:
    """Values around a doctor with office hours, a patient, an appointment of theirs, and what hangs on them."""
    make = telemed_make
    doctor, patient = make.doctor(), make.patient()
    windows = make.office_hours(doctor.id)
    people = telemed.acting_as(Actor.system("tests")).people
    rows = {
        "doctor": doctor,
        "patient": patient,
        "appointment": make.appointment(doctor.id, patient.id),
        "window": windows[0],
        "block": make.blocked_dates(doctor.id),
        "location": make.service_location(doctor.id),
        "specialization": make.specialization(),
        "identifier": people.add_identifier(patient.user_id, NewIdentifier(system="passport", value="AB123456")),
        "identity": people.link_identity(
            NewUserIdentity(user_id=patient.user_id, issuer="https://login.example", subject="s-1")
        ),
        "registration": people.add_registration(
            doctor.id, NewRegistration(authority="cro", region="SP", number="12345")
        ),
    }
    message = make.message(doctor.user_id, patient.user_id)
    make.consent(patient.user_id)
    ids = {name: row.id for name, row in rows.items()} | {"user": patient.user_id, "receiver": patient.user_id}
    ids |= {"message": message.id, "conversation": message.conversation_id}
    return Values(make, ids, request.node.originalname)
