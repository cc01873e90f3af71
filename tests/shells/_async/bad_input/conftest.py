from __future__ import annotations

import pytest
from bad_values import Values

from telemed_store.testing._async.make import AsyncMake


@pytest.fixture
async def values(request: pytest.FixtureRequest, async_telemed_make: AsyncMake) -> Values:
    """Values around a doctor with office hours, a patient, an appointment of theirs, and what hangs on them."""
    make = async_telemed_make
    doctor, patient = await make.doctor(), await make.patient()
    windows = await make.office_hours(doctor.id)
    rows = {
        "doctor": doctor,
        "patient": patient,
        "appointment": await make.appointment(doctor.id, patient.id),
        "window": windows[0],
        "block": await make.blocked_dates(doctor.id),
        "location": await make.service_location(doctor.id),
        "specialization": await make.specialization(),
    }
    await make.consent(patient.user_id)
    ids = {name: row.id for name, row in rows.items()} | {"user": patient.user_id}
    return Values(make, ids, request.node.originalname)
