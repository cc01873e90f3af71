"""The settings of a store: read once from ``TELEMED_STORE_*``, from keyword arguments, or both (arguments win).

Durations are `datetime.timedelta` (in the environment: ISO 8601 such as ``PT30M``, or seconds). Secrets never show in a ``repr``.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar, Final, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from telemed_store.errors import SettingsError

__all__ = ["Settings", "load_settings"]


def _duration(default: str, description: str, *, positive: bool = True) -> dt.timedelta:
    none = dt.timedelta(0)
    if positive:
        return Field(default=_parse(default), gt=none, description=description)
    return Field(default=_parse(default), ge=none, description=description)


def _short(default: str, description: str) -> dt.timedelta:
    """A lifetime as Redis counts it."""
    least, most = dt.timedelta(milliseconds=1), dt.timedelta(days=366)
    field: dt.timedelta = Field(
        default=_parse(default), ge=least, le=most, validate_default=True, description=description
    )
    return field


_NUMBER: Final = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_UNITS: Final = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _parse(text: str) -> dt.timedelta:
    amount, unit = text.split()
    return dt.timedelta(**{_UNITS[unit]: float(amount)})


class Settings(BaseSettings):
    """Everything that may differ between two installations; see the settings table in the documentation."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="TELEMED_STORE_", frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )

    # Where and how.
    env: Literal["development", "test", "production"] = Field(
        default="development", description="`production` refuses SQLite, in-process backends and missing keys."
    )
    database_url: SecretStr | None = Field(default=None, description="Primary database; none: a local SQLite file.")
    replica_url: SecretStr | None = Field(
        default=None, description="Database that readers and snapshots use; none: the primary."
    )
    direct_url: SecretStr | None = Field(
        default=None, description="Database behind a pooler, for migrations and LISTEN; none: the primary's URL."
    )
    schema_name: str = Field(
        default="telemed",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        validation_alias=AliasChoices("schema_name", "schema", "TELEMED_STORE_SCHEMA"),
        description="PostgreSQL schema that holds the tables (a tenant is another one).",
    )
    keys: SecretStr | None = Field(default=None, description="Key-encryption keys and the index key: `id:base64url,…`.")
    key_store: str | None = Field(
        default=None,
        description="Factory of a key store of your own, as `package.module:factory`; none: the table `subject_keys`.",
    )
    event_sink: str | None = Field(
        default=None, description="Where the relay delivers events; none: no outbox row is written."
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis or Valkey, for what is fast and short-lived: `redis://`, `rediss://`, `redis+sentinel://`, `redis+cluster://`.",
    )
    redis_namespace: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="First part of every key in Redis, the same for all processes on one database; none: the schema's name.",
    )
    cache: str | None = Field(
        default=None,
        description="`null`, `memory`, `redis`, or a factory as `package.module:factory`; none: Redis if there is one, else memory on SQLite.",
    )
    single_process: bool = Field(default=False, description="Allow in-process backends on a server database.")

    # Time limits (design §3.17).
    connect_timeout: dt.timedelta = _duration("3 s", "Opening a connection.")
    read_statement_timeout: dt.timedelta = _duration("5 s", "One statement of a reader or snapshot.")
    write_statement_timeout: dt.timedelta = _duration("15 s", "One statement of a unit of work.")
    lock_timeout: dt.timedelta = _duration("10 s", "Waiting for a row lock on a server.")
    sqlite_lock_timeout: dt.timedelta = _duration("30 s", "Waiting for SQLite's write lock.")
    idle_transaction_timeout: dt.timedelta = _duration("15 s", "A transaction in which nothing happens.")
    pool_timeout: dt.timedelta = _duration("10 s", "Waiting for a connection of the pool.")
    redis_timeout: dt.timedelta = _duration("0.05 s", "Connecting to Redis, and each of its answers.")
    redis_pause: dt.timedelta = _duration("1 s", "How long the cache leaves a Redis alone that did not answer.")
    pool_size: int = Field(
        default=12, ge=1, le=100, description="Connections per process for units of work; as many for readers."
    )
    retry_deadline: dt.timedelta = _duration("20 s", "How long a conflicting unit of work is re-run.")

    # Appointments.
    appointment_duration: dt.timedelta = _duration("30 min", "Length of an appointment whose end is not said.")
    slot_step: dt.timedelta | None = Field(
        default=None, gt=dt.timedelta(0), description="Grid of free slots; none: the duration."
    )
    window_min: dt.timedelta = _duration("60 min", "Shortest availability window.")
    same_day_cutoff: dt.timedelta = _duration("5 min", "A free slot starts later than now plus this.", positive=False)
    access_code_length: int = Field(default=8, ge=6, le=8, description="Characters of an access code.")
    require_telemedicine_consent: bool = Field(
        default=True, description="Starting a teleconsultation needs the patient's active consent."
    )

    link_completed_days: int = Field(
        default=30, ge=0, description="Days a completed appointment takes new documents (Q015)."
    )
    issue_patient_days: int = Field(
        default=10, ge=0, description="Days a completed appointment lets its doctor issue (Q016)."
    )
    ad_hoc_relationship_days: int = Field(
        default=7, ge=0, description="Days a completed appointment allows an ad-hoc call."
    )

    # People and consents.
    view_dedupe: dt.timedelta = _duration(
        "300 s", "Repeated views of one person by one viewer merge; 0 = off.", positive=False
    )

    # What is short-lived.
    queue_visibility: dt.timedelta = _short(
        "180 s", "How long a reserved job is nobody else's: longer than any job may run (120 s)."
    )
    session_lifetime: dt.timedelta = _short("120 min", "A session that is not used; each use prolongs it.")
    counter_lifetime: dt.timedelta = _short("60 min", "A counter that is not rebuilt from the database.")
    presence_lease: dt.timedelta = _short("90 s", "Presence in a room without a heartbeat.")
    presence_heartbeat: dt.timedelta = _short("30 s", "How often presence is to be renewed; less than the lease.")

    @field_validator("*", mode="before")
    @classmethod
    def _in_seconds(cls, given: object, field: ValidationInfo) -> object:
        """An environment holds texts only: a number there is one of seconds."""
        annotation: object = cls.model_fields[str(field.field_name)].annotation
        is_duration = annotation == dt.timedelta or annotation == dt.timedelta | None
        return float(given) if is_duration and isinstance(given, str) and _NUMBER.fullmatch(given) else given

    @field_validator("presence_heartbeat")
    @classmethod
    def _within_the_lease(cls, heartbeat: dt.timedelta, values: ValidationInfo) -> dt.timedelta:
        if heartbeat >= values.data.get("presence_lease", dt.timedelta.max):
            raise ValueError("must be shorter than TELEMED_STORE_PRESENCE_LEASE")
        return heartbeat


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with ``overrides`` on top.

    Raises:
        SettingsError: A value is missing or wrong; the message names the setting, never its value.
    """
    given: dict[str, Any] = overrides  # the values are checked where they are read
    try:
        return Settings(**given)
    except ValidationError as failure:
        first = failure.errors(include_input=False, include_url=False, include_context=False)[0]
    # Outside the handler: pydantic's error holds the value, which may be a secret.
    name = "_".join(str(part) for part in first["loc"]) or "settings"
    raise SettingsError(str(first["msg"]), setting=f"TELEMED_STORE_{name.upper()}")
