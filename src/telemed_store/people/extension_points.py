"""What upper areas add to the verbs of this one: explicit lists, filled in ``steps.py`` alone, run in the verb's own transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.audit.context import Context

__all__ = ["BEFORE_DELETION", "DOCTOR_ZONE_CHANGED", "MAY_VIEW_PATIENT"]

MAY_VIEW_PATIENT: Final[list[Callable[[Connection, Context, UUID], bool]]] = []
"""Asked, with a patient's id, whether the actor has a relationship that shows them this patient; one yes is enough (Q013)."""

DOCTOR_ZONE_CHANGED: Final[list[Callable[[Connection, Context, UUID, str], None]]] = []
"""Run, with the doctor's id and new zone, after the doctor's zone was changed; the doctor's guard is held."""

BEFORE_DELETION: Final[list[Callable[[Connection, Context, UUID], None]]] = []
"""Run, with the id of a doctor or a patient, before anything of the profile is deleted; the guard is held. May refuse by raising."""
