"""What callers may say about people, and how it is normalised."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from registering import new_patient

from telemed_store.people.models import (
    DoctorPatch,
    NewDoctor,
    NewIdentifier,
    NewPatient,
    NewRegistration,
    NewServiceLocation,
    PatientPatch,
)


def test_cpf_and_cns_are_kept_as_digits() -> None:
    new = new_patient(name="Rui", cpf="529.982.247-25", cns="215 5934 6871 0018")
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
        new_patient(**fields)
    assert "input_value" not in str(refused.value)


def test_a_patient_has_gender_and_birth_date() -> None:
    """Domain §2: both are null after erasure only."""
    with pytest.raises(ValidationError) as refused:
        NewPatient.model_validate({"name": "Rui"})
    assert [error["loc"] for error in refused.value.errors()] == [("gender",), ("date_of_birth",)]


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
    assert repr(new_patient(name="Rui", cpf="52998224725")) == "NewPatient(cpf, date_of_birth, gender, name)"


def test_a_crm_registration_is_kept_as_crm_number_and_crm_state_are() -> None:
    new = NewRegistration(authority=" CRM ", region="sp", number=" ab123 ")
    assert (new.authority, new.region, new.number) == ("crm", "SP", "AB123")
    other = NewRegistration(authority="CRO", region="sp", number="1")
    assert (other.authority, other.region, other.number) == ("cro", "sp", "1")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"authority": "crm", "region": "ZZ", "number": "123456"}, "region"),
        ({"authority": "CRM", "region": "SP", "number": "1"}, "number"),
        ({"authority": "  ", "region": "SP", "number": "123456"}, "authority"),
    ],
)
def test_wrong_registrations_are_refused(fields: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NewRegistration.model_validate(fields)
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_cpf_and_cns_are_known_whatever_their_case() -> None:
    assert NewIdentifier(system=" CPF ", value="529.982.247-25") == NewIdentifier(system="cpf", value="52998224725")
    assert NewIdentifier(system="CNS", value="215 5934 6871 0018").system == "cns"
    assert NewIdentifier(system="Passport", value="AB1").system == "Passport"
    with pytest.raises(ValidationError):
        NewIdentifier(system="CPF", value="52998224724")


def test_a_person_has_one_cpf() -> None:
    same, other = (NewIdentifier(system="CPF", value=value) for value in ("529.982.247-25", "11144477735"))
    new_patient(name="Rui", cpf="52998224725", identifiers=(same,))
    for fields in ({"cpf": "52998224725", "identifiers": (other,)}, {"identifiers": (same, other)}):
        with pytest.raises(ValidationError, match="another cpf") as refused:
            new_patient(name="Rui", **fields)
        assert [error["loc"] for error in refused.value.errors()] == [("identifiers",)]
