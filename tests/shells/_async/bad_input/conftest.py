from __future__ import annotations

import pytest
from bad_values import Values

from telemed_store import Actor, AsyncStore, NewIdentifier, NewRegistration, NewUserIdentity
from telemed_store.testing._async.make import AsyncMake


@pytest.fixture
async def values(request: pytest.FixtureRequest, async_telemed: AsyncStore, async_telemed_make: AsyncMake) -> Values:
    """Values around a doctor with office hours, a patient, an appointment of theirs, and what hangs on them."""
    make = async_telemed_make
    doctor, patient = await make.doctor(), await make.patient()
    windows = await make.office_hours(doctor.id)
    people = async_telemed.acting_as(Actor.system("tests")).people
    rows = {
        "doctor": doctor,
        "patient": patient,
        "appointment": await make.appointment(doctor.id, patient.id),
        "window": windows[0],
        "block": await make.blocked_dates(doctor.id),
        "location": await make.service_location(doctor.id),
        "specialization": await make.specialization(),
        "identifier": await people.add_identifier(patient.user_id, NewIdentifier(system="passport", value="AB123456")),
        "identity": await people.link_identity(
            NewUserIdentity(user_id=patient.user_id, issuer="https://login.example", subject="s-1")
        ),
        "registration": await people.add_registration(
            doctor.id, NewRegistration(authority="cro", region="SP", number="12345")
        ),
    }
    message = await make.message(doctor.user_id, patient.user_id)
    await make.consent(patient.user_id)
    ids = {name: row.id for name, row in rows.items()} | {"user": patient.user_id, "receiver": patient.user_id}
    ids |= {"message": message.id, "conversation": message.conversation_id}
    return Values(make, ids, request.node.originalname)
