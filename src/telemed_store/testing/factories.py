"""Valid inputs for every model, with data that are random, unique and the same in every run of a test.

They name nobody: names are drawn from lists, addresses end in ``example.org``, numbers have right check digits and belong to no register
that this was compared with.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import unicodedata
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from telemed_store.appointments.models import ImportedVisit, NewAppointment
from telemed_store.availability.models import NewAvailabilityWindow, NewBlock
from telemed_store.consents.models import ConsentChannel, ConsentType, NewConsent
from telemed_store.database.clock import Clock
from telemed_store.messages.models import NewMessage
from telemed_store.people.inputs import (
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewRegistration,
    NewServiceLocation,
    NewUserIdentity,
)
from telemed_store.people.lists import BloodType, Gender, LocationType

__all__ = ["Inputs", "PersonalData", "valid_cns", "valid_cpf"]

_GIVEN: Final = "Ana Bruno Carla Davi Elisa Fábio Gilda Heitor Inês João Karina Luís Marta Nílson Olívia Paulo Rita Sílvio Tânia".split()  # noqa: SIM905
_FAMILY: Final = "Almeida Barros Castro Duarte Esteves Farias Gomes Leão Macedo Nóbrega Pires Queirós Ramos Souza Teles Viana".split()  # noqa: SIM905
_STATES: Final = ("SP", "RJ", "MG", "BA", "RS", "PE", "AM")
_SPECIALIZATIONS: Final = ("Cardiologia", "Dermatologia", "Pediatria", "Psiquiatria", "Clínica médica", "Neurologia")


def valid_cpf(chance: random.Random) -> str:
    """Eleven digits whose last two are the check digits of the others."""
    digits = [chance.randrange(10) for _ in range(9)]
    if len(set(digits)) == 1:  # eleven equal digits pass the sum, and are refused all the same
        digits[0] = (digits[0] + 1) % 10
    for length in (9, 10):
        rest = sum(digit * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=True)) % 11
        digits.append((11 - rest) % 11 % 10)  # a sum of ten counts as zero
    return "".join(map(str, digits))


def valid_cns(chance: random.Random) -> str:
    """Fifteen digits beginning with 7, weighted to a multiple of eleven."""
    while True:
        digits = [7, *(chance.randrange(10) for _ in range(13))]
        rest = sum(digit * weight for digit, weight in zip(digits, range(15, 1, -1), strict=True)) % 11
        if rest != 1:  # the last digit would have to be ten
            return "".join(map(str, [*digits, (11 - rest) % 11]))


class PersonalData:
    """Draws what must be unique within one test; stores of one test that share a database share one of these."""

    def __init__(self, seed: str) -> None:
        self.chance: Final = random.Random(hashlib.sha256(seed.encode()).digest())  # noqa: S311 - test data, the same in every run
        self._given_out: set[str] = set()
        self._count = 0

    def number(self) -> int:
        """1, 2, 3, …: no number twice."""
        self._count += 1
        return self._count

    def name(self) -> str:
        """A name of three words."""
        return f"{self.chance.choice(_GIVEN)} {self.chance.choice(_FAMILY)} {self.chance.choice(_FAMILY)}"

    def email(self, name: str) -> str:
        """An address that nobody else has."""
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        return f"{'.'.join(ascii_name.split())}.{self.number()}@example.org"

    def cpf(self) -> str:
        """A CPF that nobody else has."""
        return self._unique(lambda: valid_cpf(self.chance))

    def cns(self) -> str:
        """A CNS that nobody else has."""
        return self._unique(lambda: valid_cns(self.chance))

    def phone(self) -> str:
        """A mobile number."""
        return f"{self.chance.randrange(11, 100)}9{self.chance.randrange(10_000_000, 100_000_000)}"

    def _unique(self, draw: Any) -> str:
        while True:
            drawn: str = draw()
            if drawn not in self._given_out:
                self._given_out.add(drawn)
                return drawn


class Inputs:
    """Valid inputs by default; whatever is passed takes the default's place, and is validated with it."""

    def __init__(self, data: PersonalData, clock: Clock) -> None:
        self._data = data
        self._clock = clock

    def new_doctor(self, **overrides: Any) -> NewDoctor:
        """A doctor with a CRM registration, in São Paulo's zone."""
        name = self._data.name()
        fields: dict[str, Any] = {
            "crm_number": f"{100_000 + self._data.number()}",
            "crm_state": self._data.chance.choice(_STATES),
            "cbo": "225125",
            "biography": "Atende por vídeo e no consultório.",
            "languages": ("pt-BR", "en"),
            "consultation_fee": Decimal("250.00"),
        }
        return NewDoctor.model_validate({**self._person(name, overrides), **fields, **overrides})

    def new_patient(self, **overrides: Any) -> NewPatient:
        """A patient whose profile is complete, so that they can be booked for."""
        name = self._data.name()
        birth = self._clock.now().date() - dt.timedelta(days=self._data.chance.randrange(20 * 365, 80 * 365))
        fields: dict[str, Any] = {
            "gender": self._data.chance.choice(list(Gender)),
            "date_of_birth": birth,
            "phone": self._data.phone(),
            "mother_name": self._data.name(),
            "emergency_contact": self._data.name(),
            "emergency_phone": self._data.phone(),
            "blood_type": self._data.chance.choice(list(BloodType)),
            "height_cm": self._data.chance.randrange(150, 200),
            "weight_kg": Decimal(self._data.chance.randrange(450, 1200)) / 10,
            "allergies": "Dipirona",
        }
        return NewPatient.model_validate({**self._person(name, overrides), **fields, **overrides})

    def new_identifier(self, **overrides: Any) -> NewIdentifier:
        """A passport."""
        return NewIdentifier.model_validate(
            {"system": "passport", "value": f"BR{600_000 + self._data.number()}", **overrides}
        )

    def new_user_identity(self, user_id: UUID, **overrides: Any) -> NewUserIdentity:
        """A login of an identity provider."""
        fields = {"issuer": "https://login.example.org", "subject": f"account-{self._data.number()}"}
        return NewUserIdentity.model_validate({"user_id": user_id, **fields, **overrides})

    def new_registration(self, **overrides: Any) -> NewRegistration:
        """A registration with a council other than the CRM."""
        fields = {"authority": "CRO", "region": "SP", "number": f"{40_000 + self._data.number()}"}
        return NewRegistration.model_validate({**fields, **overrides})

    def new_service_location(self, doctor_id: UUID, **overrides: Any) -> NewServiceLocation:
        """An office of a doctor."""
        fields: dict[str, Any] = {
            "name": f"Consultório {self._data.number()}",
            "type": LocationType.OFFICE,
            "address": "Rua das Laranjeiras, 100, São Paulo",
        }
        return NewServiceLocation.model_validate({"doctor_id": doctor_id, **fields, **overrides})

    def new_specialization(self) -> str:
        """The name of a specialization."""
        return f"{self._data.chance.choice(_SPECIALIZATIONS)} {self._data.number()}"

    def new_availability_window(self, doctor_id: UUID, **overrides: Any) -> NewAvailabilityWindow:
        """Mondays from 8 to 18 on the doctor's clock; with ``specific_date=`` that date."""
        day: dict[str, Any] = {} if "specific_date" in overrides else {"weekday": 1}
        hours = {"start_minute": 8 * 60, "end_minute": 18 * 60}
        return NewAvailabilityWindow.model_validate({"doctor_id": doctor_id, **day, **hours, **overrides})

    def new_block(self, doctor_id: UUID, **overrides: Any) -> NewBlock:
        """Two days of leave, 90 days ahead and after all blocks made before."""
        first = overrides.get("first_date") or self._today() + dt.timedelta(days=90 + 3 * self._data.number())
        fields = {"first_date": first, "last_date": first + dt.timedelta(days=1), "reason": "Congresso"}
        return NewBlock.model_validate({"doctor_id": doctor_id, **fields, **overrides})

    def new_appointment(self, doctor_id: UUID, patient_id: UUID, **overrides: Any) -> NewAppointment:
        """Tomorrow at ten on São Paulo's clock, or the next day that has not been given out."""
        day = self._today() + dt.timedelta(days=self._data.number())
        starts_at = dt.datetime.combine(day, dt.time(13), dt.UTC)
        return NewAppointment.model_validate(
            {"doctor_id": doctor_id, "patient_id": patient_id, "starts_at": starts_at, **overrides}
        )

    def new_imported_visit(self, doctor_id: UUID, patient_id: UUID, **overrides: Any) -> ImportedVisit:
        """Half an hour of last year, with a key of its own."""
        number = self._data.number()
        starts_at = self._clock.now() - dt.timedelta(days=365 - number % 300)
        fields: dict[str, Any] = {
            "starts_at": starts_at,
            "ends_at": overrides.get("starts_at", starts_at) + dt.timedelta(minutes=30),
            "source_key": f"visit-{number}",
        }
        return ImportedVisit.model_validate({"doctor_id": doctor_id, "patient_id": patient_id, **fields, **overrides})

    def new_message(self, receiver_id: UUID, **overrides: Any) -> NewMessage:
        """A short message with a key of its own."""
        number = self._data.number()
        fields: dict[str, Any] = {"body": "Bom dia. Como tem passado?", "idempotency_key": f"message-{number}"}
        return NewMessage.model_validate({"receiver_id": receiver_id, **fields, **overrides})

    def new_consent(self, user_id: UUID, **overrides: Any) -> NewConsent:
        """Consent to telemedicine, by a click."""
        fields: dict[str, Any] = {
            "type": ConsentType.TELEMEDICINE,
            "text_version": "2030-1",
            "text_sha256": hashlib.sha256(b"Concordo com o atendimento por telemedicina.").hexdigest(),
            "channel": ConsentChannel.CLICK,
        }
        return NewConsent.model_validate({"user_id": user_id, **fields, **overrides})

    def _person(self, name: str, overrides: dict[str, Any]) -> dict[str, Any]:
        identifiers = {"cpf": self._data.cpf(), "cns": self._data.cns()}
        if "user_id" in overrides:  # a second profile of somebody who has a name and identifiers
            return {}
        return {"name": name, "email": self._data.email(name), **identifiers}

    def _today(self) -> dt.date:
        return self._clock.now().date()
