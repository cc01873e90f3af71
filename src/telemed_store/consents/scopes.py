"""Filters by consent."""

from __future__ import annotations

import dataclasses

from sqlalchemy import ColumnElement, exists

from telemed_store.consents.models import ConsentType
from telemed_store.consents.tables import consents
from telemed_store.database.scoping import Bind, Scope
from telemed_store.people.models import Patient
from telemed_store.people.tables import patients

__all__ = ["WithActiveConsent"]


@dataclasses.dataclass(frozen=True)
class WithActiveConsent(Scope[Patient]):
    """Patients who consent to something at present (Q051). uq_consents_active."""

    type: ConsentType = ConsentType.TELEMEDICINE

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """See `Scope.condition`."""
        return exists().where(
            consents.c.user_id == patients.c.user_id,
            consents.c.type == bind("type", consents.c.type.type),
            consents.c.revoked_at.is_(None),
        )
