"""The SQL of consents."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, insert, select, update

from telemed_store.consents.models import Consent
from telemed_store.consents.tables import consents
from telemed_store.database.hydration import hydrator
from telemed_store.database.paging import Keyset
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.people.statements import LOCK_USER

__all__ = [
    "ACTIVE",
    "ACTIVE_FOR_UPDATE",
    "BY_TIME",
    "CLOSE",
    "INSERT",
    "IS_ACTIVE",
    "LOCK_USER",
    "OF_USER",
    "consent_from",
]

consent_from: Final = hydrator(Consent)

_type = bindparam("type", type_=consents.c.type.type)
_active = (
    consents.c.user_id == bindparam("user_id", type_=Id()),
    consents.c.type == _type,
    consents.c.revoked_at.is_(None),
)

# uq_consents_active
ACTIVE: Final = select(*(consents.c[name] for name in Consent.model_fields)).where(*_active)
# uq_consents_active
ACTIVE_FOR_UPDATE: Final = ACTIVE.with_for_update()
# uq_consents_active
IS_ACTIVE: Final = select(consents.c.id).where(*_active)
# pk_consents
CLOSE: Final = (
    update(consents)
    .values(
        version=consents.c.version + 1,
        updated_at=bindparam("now", type_=UtcDateTime()),
        revoked_at=bindparam("now", type_=UtcDateTime()),
    )
    .where(consents.c.id == bindparam("row_id", type_=Id()), consents.c.revoked_at.is_(None))
)
INSERT: Final = insert(consents)

BY_TIME: Final = Keyset(consents.c.granted_at, consents.c.id, descending=True)
_OF_USER = select(*(consents.c[name] for name in Consent.model_fields)).where(
    consents.c.user_id == bindparam("user_id", type_=Id())
)
# Q120. ix_consents_user_id_granted_at_id; whether the page continues behind a cursor.
OF_USER: Final = {continued: BY_TIME.order(_OF_USER, continued=continued) for continued in (False, True)}
