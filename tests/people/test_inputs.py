"""What callers may say about people, and how it is normalised."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from telemed_store.people.models import (
    DoctorPatch,
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewServiceLocation,
    PatientPatch,
)


def test_cpf_and_cns_are_kept_as_digits() -> None:
    new = NewPatient(name="Rui", cpf="529.982.247-25", cns="215 5934 6871 0018")
    assert (new.cpf, new.cns) == ("52998224725", "215593468710018")
    assert NewIdentifier(system="cpf", value="529.982.247-25").value == "52998224725"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "Rui", "cpf": "52998224724"},
        {"name": "Rui", "cpf": "11111111111"},
        {"name": "Rui", "cns": "123"},
        {"name": "Rui", "email": "nobody"},
        {"name": "Rui", "phone": "123456789012345678901"},
        {"name": "Rui", "phone": "call me"},
        {"name": "Rui", "zone": "Mars/Olympus"},
        {"name": "Rui", "height_cm": 0},
        {"name": "Rui", "weight_kg": "70.123"},
        {"name": "Rui", "status": "active"},
        {"name": "Rui", "user_id": "0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8d"},
    ],
)
def test_wrong_patients_are_refused_without_quoting_the_value(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        NewPatient.model_validate(fields)
    assert "input_value" not in str(refused.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"crm_number": "1234"},
        {"crm_state": "SP"},
        {"crm_number": "123", "crm_state": "SP"},
        {"crm_number": "12-34", "crm_state": "SP"},
        {"crm_number": "1234", "crm_state": "XX"},
        {"cbo": "12345"},
        {"consultation_fee": "-1"},
        {"consultation_fee": "1000000.00"},
        {"specializations": ["0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8d"] * 2},
        {"specializations": [f"0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8{n}" for n in range(6)]},
    ],
)
def test_wrong_doctors_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewDoctor.model_validate({"name": "Ana", **fields})


def test_c12_what_is_not_passed_is_not_null_and_unknown_fields_are_refused() -> None:
    assert PatientPatch(allergies=None).model_fields_set == {"allergies"}
    with pytest.raises(ValidationError):
        PatientPatch.model_validate({"date_of_birth": None})
    with pytest.raises(ValidationError):
        DoctorPatch.model_validate({"status": "active"})
    with pytest.raises(ValidationError):
        DoctorPatch.model_validate({"crm_number": "1234"})


def test_a_place_where_patients_go_has_an_address() -> None:
    with pytest.raises(ValidationError):
        NewServiceLocation.model_validate({"doctor_id": "0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8d", "name": "Office"})


def test_no_repr_shows_what_was_said() -> None:
    assert repr(NewPatient(name="Rui", cpf="52998224725")) == "NewPatient(cpf, name)"
