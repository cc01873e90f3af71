"""Which status may follow which, and what never changes: the database's own rule, per engine (D15, domain §4).

The one transition table (`models.TRANSITIONS`) is said once more here, to the engine, so that no statement can go round it. Doctor and patient
never change; times and place are fixed from ``in_progress`` on; what has begun is not deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from telemed_store.appointments.models import KEPT_FOR_EVER, OPEN, TRANSITIONS, AppointmentStatus
from telemed_store.appointments.tables import appointments
from telemed_store.database.native import declare, mariadb_trigger, postgresql_trigger, sqlite_trigger
from telemed_store.database.translation import register
from telemed_store.errors import Conflict

__all__ = ["TRANSITION_RULE"]

TRANSITION_RULE: Final = "tr_appointments_transition"


def _listed(statuses: Iterable[AppointmentStatus]) -> str:
    return ", ".join(sorted(f"'{status}'" for status in statuses))


_ALLOWED: Final = " OR ".join(
    f"(OLD.status = '{before}' AND NEW.status IN ({_listed(after)}))" for before, after in TRANSITIONS.items() if after
)
_SAME_PEOPLE: Final = "OLD.doctor_id = NEW.doctor_id AND OLD.patient_id = NEW.patient_id"
_SAME_TIME_AND_PLACE: Final = (
    "OLD.starts_at = NEW.starts_at AND OLD.ends_at = NEW.ends_at"
    " AND (OLD.location_id = NEW.location_id OR (OLD.location_id IS NULL AND NEW.location_id IS NULL))"
)
_NOT_DELETED: Final = f"(OLD.status NOT IN ({_listed(KEPT_FOR_EVER)}) OR NEW.deleted_at IS NULL)"
_KEPT: Final = (
    f"{_NOT_DELETED} AND (OLD.status = NEW.status OR {_ALLOWED}) AND {_SAME_PEOPLE}"
    f" AND (OLD.status IN ({_listed(OPEN)}) OR ({_SAME_TIME_AND_PLACE}))"
)
# NULL in a comparison counts as "not kept".
_BROKEN: Final = f"NOT COALESCE({_KEPT}, FALSE)"

declare(
    appointments,
    *postgresql_trigger(
        TRANSITION_RULE,
        "appointments",
        "BEFORE UPDATE FOR EACH ROW",
        f"IF {_BROKEN} THEN RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{TRANSITION_RULE}',"
        f" CONSTRAINT = '{TRANSITION_RULE}'; END IF; RETURN NEW;",
    ),
    mariadb_trigger(
        TRANSITION_RULE,
        "appointments",
        "BEFORE UPDATE",
        f"IF {_BROKEN} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{TRANSITION_RULE}'; END IF;",
    ),
    sqlite_trigger(
        TRANSITION_RULE,
        "appointments",
        "BEFORE UPDATE",
        f"SELECT RAISE(ABORT, '{TRANSITION_RULE}');",
        condition=_BROKEN,
    ),
)

register(
    TRANSITION_RULE,
    lambda cause: Conflict(
        "An appointment cannot change like this: read it and offer what its status allows.", cause=cause
    ),
)
