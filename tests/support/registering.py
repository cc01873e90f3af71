"""The least that a registration says of a patient: gender and birth date are null after erasure only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from telemed_store import Gender, NewPatient


def new_patient(**said: Any) -> NewPatient:
    """A patient to register, of whom nothing is said but this and what must be."""
    least: dict[str, Any] = {"gender": Gender.MALE, "date_of_birth": dt.date(1980, 5, 17)}
    return NewPatient.model_validate({**least, **said})
