# Generated from _async/test_people.py by tools/sync.py. Do not edit.
"""Registering, finding and changing people, through the shells, on every engine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from registering import new_patient

from telemed_store._sync.store import Store
from telemed_store.audit.actor import Actor
from telemed_store.database.identity import new_id
from telemed_store.errors import (
    AlreadyExists,
    Conflict,
    InvalidCursor,
    NotFound,
    NotPermitted,
    ValidationFailed,
    VersionConflict,
)
from telemed_store.people.models import (
    DoctorPatch,
    DoctorStatus,
    LocationType,
    NewDoctor,
    NewIdentifier,
    NewRegistration,
    NewServiceLocation,
    PatientPatch,
    PatientStatus,
    Role,
    ServiceLocationPatch,
    SpecializationPatch,
    UserPatch,
)
from telemed_store.people.scopes import (
    AgedBetween,
    AtLocation,
    FeeBetween,
    Online,
    Presential,
    WithDoctorStatus,
    WithGender,
    WithPatientStatus,
    WithSpecialization,
)

SYSTEM = Actor.system("tests")
CPF = "529.982.247-25"
OTHER_CPF = "11144477735"


def test_a_registered_doctor_reads_back_equal(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = NewDoctor(
        name="Ana Souza",
        email="Ana@Example.org",
        zone="America/Manaus",
        crm_number=" ab123 ",
        crm_state="sp",
        cpf=CPF,
        cbo="225125",
        biography="Twenty years of practice",
        languages=("pt", "en"),
        license_expiry_date=dt.date(2031, 5, 1),
        consultation_fee=Decimal("150.5"),
    )
    doctor = people.register_doctor(new)

    assert doctor == people.doctor(doctor.id)
    assert (doctor.crm_number, doctor.crm_state, doctor.zone, doctor.version) == ("AB123", "SP", "America/Manaus", 1)
    assert str(doctor.consultation_fee) == "150.50"


def test_a_registered_patient_reads_back_equal_and_complete(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    patient = people.register_patient(
        new_patient(
            name="Rui Lima",
            gender="male",
            date_of_birth=dt.date(1980, 2, 29),
            phone="+55 (11) 91234-5678",
            emergency_contact="Eva Lima",
            emergency_phone="11 2345 6789",
            medical_history="Asthma since childhood",
            allergies="Penicillin",
            height_cm=180,
            weight_kg=Decimal(81),
        )
    )

    assert patient == people.patient(patient.id)
    assert patient.is_complete
    assert patient.phone == "5511912345678"
    assert patient.bmi == Decimal("25.0")
    assert (patient.age_on(dt.date(2026, 2, 28)), patient.age_on(dt.date(2026, 3, 1))) == (45, 46)


def test_every_doctor_has_an_active_teleconsultation_location(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana Souza"))

    first = people.first_teleconsultation_location(doctor.id)
    with pytest.raises(Conflict):
        people.update_location(first.id, ServiceLocationPatch(is_active=False), expected_version=1)
    with pytest.raises(Conflict):
        people.remove_location(first.id, expected_version=1)
    with pytest.raises(Conflict):
        people.update_location(
            first.id, ServiceLocationPatch(type=LocationType.OFFICE, address="Rua A, 1"), expected_version=1
        )
    people.add_location(NewServiceLocation(doctor_id=doctor.id, name="Second", type="teleconsultation"))
    people.remove_location(first.id, expected_version=1)

    assert [place.name for place in people.locations(doctor.id).items] == ["Second"]


def test_one_patient_row_per_identity(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    first = people.register_patient(new_patient(name="Rui Lima", cpf=CPF))

    with pytest.raises(AlreadyExists) as refused:
        people.register_patient(new_patient(name="Rui Lima", cpf="52998224725"))
    assert (refused.value.field, refused.value.existing_id) == ("cpf", first.user_id)
    with pytest.raises(AlreadyExists) as again:
        people.register_patient(new_patient(user_id=first.user_id))
    assert (again.value.field, again.value.existing_id) == ("user_id", first.id)


def test_an_email_is_taken_whatever_its_case_and_dependants_have_none(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    people.register_patient(new_patient(name="Rui", email="rui@example.org"))
    people.register_patient(new_patient(name="Child"))
    people.register_patient(new_patient(name="Another child"))

    with pytest.raises(AlreadyExists) as refused:
        people.register_doctor(NewDoctor(name="Rui", email="RUI@example.ORG"))
    assert refused.value.field == "email"


def test_d50_doctors_without_crm_do_not_collide_and_a_number_exists_per_state(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    people.register_doctor(NewDoctor(name="A"))
    people.register_doctor(NewDoctor(name="B"))
    in_sp = people.register_doctor(NewDoctor(name="C", crm_number="12345", crm_state="SP"))
    in_rj = people.register_doctor(NewDoctor(name="D", crm_number="12345", crm_state="RJ"))

    with pytest.raises(AlreadyExists) as refused:
        people.register_doctor(NewDoctor(name="E", crm_number="12345", crm_state="SP"))
    assert (refused.value.field, refused.value.existing_id) == ("registration", in_sp.id)
    assert people.by_registration("crm", "rj", "12345").id == in_rj.id


def test_a_crm_among_the_registrations_is_the_same_crm(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    crm = NewRegistration(authority="CRM", region="sp", number="123456")
    doctor = people.register_doctor(NewDoctor(name="Ana", registrations=(crm,)))
    assert (doctor.crm_number, doctor.crm_state) == ("123456", "SP")
    assert doctor == people.doctor(doctor.id)
    assert doctor == people.by_registration(" CRM ", "sp", "123456")
    with pytest.raises(AlreadyExists):
        people.register_doctor(NewDoctor(name="Eva", crm_number="123456", crm_state="SP"))

    twice = NewRegistration(authority="crm", region="RJ", number="123456")
    people.register_doctor(NewDoctor(name="Eva", crm_number="123456", crm_state="RJ", registrations=(twice,)))
    dentist = people.register_doctor(
        NewDoctor(name="Ivo", registrations=(NewRegistration(authority="CRO", region="SP", number="1"),))
    )
    assert dentist.crm_number is None
    assert dentist == people.by_registration("cro", "SP", "1")


def test_a_cpf_is_found_whatever_its_system_is_spelled(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = new_patient(name="Rui", identifiers=(NewIdentifier(system="CPF", value=CPF),))
    patient = people.register_patient(new)
    assert people.by_identifier("cpf", CPF).id == patient.user_id
    assert people.by_identifier(" CPF ", CPF).id == patient.user_id
    with pytest.raises(AlreadyExists):
        people.register_patient(new_patient(name="Rui", cpf=CPF))


def test_q045_places_by_ids(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana"))
    first = people.first_teleconsultation_location(doctor.id)
    office = people.add_location(NewServiceLocation(doctor_id=doctor.id, name="Office", address="Rua A, 1"))
    gone = people.add_location(NewServiceLocation(doctor_id=doctor.id, name="Old", address="Rua B, 2"))
    people.remove_location(gone.id, expected_version=1)
    asked = [office.id, new_id(), first.id, gone.id, office.id]
    assert people.locations_by_ids(asked) == [office, first]
    assert people.locations_by_ids([]) == []
    assert people.locations_by_ids([new_id() for _ in range(100)]) == []
    with pytest.raises(ValidationFailed):
        people.locations_by_ids([new_id() for _ in range(101)])


def test_d50_deletion_frees_unique_values(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = NewDoctor(name="C", email="c@example.org", crm_number="12345", crm_state="SP", cpf=CPF)
    doctor = people.register_doctor(new)

    with pytest.raises(Conflict):
        people.delete_user(doctor.user_id, expected_version=1)
    people.delete_doctor(doctor.id, expected_version=1)
    people.delete_user(doctor.user_id, expected_version=1)

    assert people.register_doctor(new).id != doctor.id
    with pytest.raises(NotFound):
        people.doctor(doctor.id)
    with pytest.raises(NotFound):
        people.user(doctor.user_id)


def test_d57_a_user_is_read_with_roles_and_profiles(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana", email="ana@example.org", zone="America/Manaus", cpf=CPF))
    patient = people.register_patient(new_patient(user_id=doctor.user_id, cpf=CPF))

    user = people.user_by_email("ANA@example.org ")
    assert user == people.user(doctor.user_id)
    assert user == people.by_identifier("cpf", CPF)
    assert (user.roles, user.doctor_id, user.patient_id) == ((Role.DOCTOR, Role.PATIENT), doctor.id, patient.id)
    assert patient.zone == "America/Manaus"
    other = people.register_doctor(NewDoctor(name="Eva", cpf=OTHER_CPF))
    with pytest.raises(ValidationFailed) as refused:
        people.register_patient(new_patient(user_id=other.user_id, cpf="390.533.447-05"))
    assert list(refused.value.fields) == ["cpf"]


def test_an_identity_shows_identifiers_and_its_repr_nothing(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    new = new_patient(
        name="Rui", cpf=CPF, cns="215593468710018", identifiers=(NewIdentifier(system="passport", value="AB1"),)
    )
    patient = people.register_patient(new)

    identity = people.identity(patient.user_id)
    assert (identity.cpf, identity.cns) == ("52998224725", "215593468710018")
    assert {each.system for each in identity.identifiers} == {"cpf", "cns", "passport"}
    assert people.by_identifier("passport", "AB1").id == patient.user_id
    assert repr(identity) == "PatientIdentity()"
    with pytest.raises(ValidationFailed):
        people.by_identifier("cpf", "11111111111")


def test_d63_partial_update_keeps_what_was_not_given(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    patient = people.register_patient(
        new_patient(name="Rui", phone="1123456789", allergies="Nuts", medical_history="Asthma", blood_type="O-")
    )
    changed = people.update_patient(patient.id, PatientPatch(allergies=None, height_cm=170), expected_version=1)

    expected = {"allergies": None, "height_cm": 170, "version": 2, "updated_at": changed.updated_at}
    assert changed == patient.model_copy(update=expected)
    assert changed == people.patient(patient.id)
    with pytest.raises(VersionConflict) as stale:
        people.update_patient(patient.id, PatientPatch(phone=None), expected_version=1)
    assert stale.value.current == 2


def test_d63_a_doctor_keeps_unsent_fields(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    cardiology = people.add_specialization("Cardiologia")
    doctor = people.register_doctor(
        NewDoctor(name="Ana", biography="Old", cbo="225125", crm_number="1234", crm_state="SP")
    )
    patch = DoctorPatch(biography="New", crm_number="9999", crm_state="RJ", specializations=(cardiology.id,))
    changed = people.update_doctor(doctor.id, patch, expected_version=1)

    assert changed == people.doctor(doctor.id)
    assert (changed.biography, changed.cbo, changed.crm_number, changed.crm_state) == ("New", "225125", "9999", "RJ")
    assert [found.id for found in people.doctors_with(cardiology.id).items] == [doctor.id]
    with pytest.raises(ValidationFailed):
        people.update_doctor(doctor.id, DoctorPatch(specializations=(new_id(),)), expected_version=2)


def test_a_doctor_changes_zone(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = people.register_doctor(NewDoctor(name="Ana"))
    people.update_doctor(doctor.id, DoctorPatch(zone="Europe/Lisbon"), expected_version=1)
    assert people.doctor(doctor.id).zone == "Europe/Lisbon"


def test_a_renamed_doctor_is_found_by_the_new_name_alone(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    doctor = _searchable(telemed, "João Ávila")
    user = people.update_user(doctor, UserPatch(name="Íris Peña", email="iris@example.org"), expected_version=1)

    assert user == people.user(doctor)
    assert _names(telemed, "iris pen") == ["Íris Peña"]
    assert _names(telemed, "joao") == []


def test_statuses_need_the_right_actor(telemed: Store) -> None:
    system = telemed.acting_as(SYSTEM).people
    doctor = system.register_doctor(NewDoctor(name="Ana"))
    patient = system.register_patient(new_patient(name="Rui"))
    own = telemed.acting_as(Actor.user(doctor.user_id)).people

    paused = own.set_doctor_status(doctor.id, DoctorStatus.INACTIVE, expected_version=1)
    assert paused.status is DoctorStatus.INACTIVE
    with pytest.raises(NotPermitted):
        own.set_doctor_status(doctor.id, DoctorStatus.SUSPENDED, expected_version=2)
    with pytest.raises(NotPermitted):
        own.set_patient_status(patient.id, PatientStatus.INACTIVE, expected_version=1)
    blocked = system.set_patient_status(patient.id, PatientStatus.BLOCKED, expected_version=1)
    assert blocked == system.patient(patient.id)
    with pytest.raises(ValidationFailed):
        system.set_doctor_status(doctor.id, "retired", expected_version=2)  # type: ignore[arg-type]


def test_a_stranger_sees_and_changes_nobody(telemed: Store) -> None:
    system = telemed.acting_as(SYSTEM).people
    patient = system.register_patient(new_patient(name="Rui", email="rui@example.org", cpf=CPF))
    doctor = system.register_doctor(NewDoctor(name="Ana"))
    stranger = telemed.acting_as(Actor.user(doctor.user_id)).people

    for question in (
        lambda: stranger.patient(patient.id),
        lambda: stranger.identity(patient.user_id),
        lambda: stranger.user(patient.user_id),
        lambda: stranger.user_by_email("rui@example.org"),
        lambda: stranger.by_identifier("cpf", CPF),
    ):
        with pytest.raises(NotFound):
            question()
    with pytest.raises(NotPermitted):
        stranger.patients()
    with pytest.raises(NotPermitted):
        stranger.update_patient(patient.id, PatientPatch(phone=None), expected_version=1)
    with pytest.raises(NotPermitted):
        stranger.update_user(patient.user_id, UserPatch(name="X"), expected_version=1)
    with pytest.raises(NotPermitted):
        stranger.register_doctor(NewDoctor(user_id=patient.user_id))
    with pytest.raises(AlreadyExists) as taken:
        stranger.register_patient(new_patient(name="Rui", cpf=CPF))
    assert taken.value.existing_id is None


def test_a_patient_sees_themself_and_an_emergency_opens_a_profile(telemed: Store) -> None:
    patient = telemed.acting_as(SYSTEM).people.register_patient(new_patient(name="Rui", cpf=CPF))
    doctor = telemed.acting_as(SYSTEM).people.register_doctor(NewDoctor(name="Ana"))
    own = telemed.acting_as(Actor.user(patient.user_id)).people
    emergency = Actor.user(doctor.user_id, emergency_reason="Unconscious in the emergency room")

    assert own.patient(patient.id) == patient
    assert own.identity(patient.user_id).cpf == "52998224725"
    assert telemed.acting_as(emergency).people.patient(patient.id) == patient


def test_d13_a_specialization_exists_once_whatever_the_case(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    first = people.add_specialization("  Clínica   Geral ")
    other = people.add_specialization("Angiologia")
    with pytest.raises(AlreadyExists) as refused:
        people.add_specialization("CLÍNICA GERAL")
    assert refused.value.existing_id == first.id
    with pytest.raises(AlreadyExists):
        people.update_specialization(other.id, SpecializationPatch(name="clínica geral"), expected_version=1)

    listed = people.specializations(limit=1)
    rest = people.specializations(limit=1, cursor=listed.next_cursor)
    assert [(s.name, s.doctor_count) for s in listed.items + rest.items] == [("Angiologia", 0), ("Clínica Geral", 0)]
    assert not rest.has_more


def test_q052_counts_active_doctors(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    cardiology = people.add_specialization("Cardiologia")
    people.register_doctor(NewDoctor(name="A", specializations=(cardiology.id,)))
    gone = people.register_doctor(NewDoctor(name="B", specializations=(cardiology.id,)))
    people.set_doctor_status(gone.id, DoctorStatus.INACTIVE, expected_version=1)

    assert [s.doctor_count for s in people.specializations().items] == [1]


def test_d39_the_search_ignores_case_and_accents_and_takes_wildcards_literally(telemed: Store) -> None:
    _searchable(telemed, "João Ávila")
    _searchable(telemed, "Maria 100 Dias")

    assert _names(telemed, "joao AVI") == ["João Ávila"]
    assert _names(telemed, "cardio joã") == ["João Ávila"]
    assert _names(telemed, "vila") == []
    assert _names(telemed, "%") == []
    assert _names(telemed, "_") == []
    assert _names(telemed, " ") == ["Maria 100 Dias", "João Ávila"]


def test_q050_the_search_shows_active_doctors_with_a_specialization(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    people.register_doctor(NewDoctor(name="Unqualified"))
    shown = _searchable(telemed, "Shown")
    hidden = people.user(_searchable(telemed, "Hidden"))
    assert hidden.doctor_id is not None
    people.set_doctor_status(hidden.doctor_id, DoctorStatus.INACTIVE, expected_version=1)

    page = people.search_doctors()
    assert [doctor.user_id for doctor in page.items] == [shown]
    assert [s.name for s in page.items[0].specializations] == ["Cardiologia"]
    assert [place.type for place in page.items[0].locations] == [LocationType.TELECONSULTATION]


def test_q050_the_search_filters(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    pediatrics = people.add_specialization("Pediatria")
    cheap = people.register_doctor(
        NewDoctor(name="Cheap", consultation_fee=Decimal(90), specializations=(pediatrics.id,))
    )
    _searchable(telemed, "Unpriced")
    people.add_location(
        NewServiceLocation(doctor_id=cheap.id, name="Clínica Sé", type="clinic", address="Praça da Sé, 10")
    )

    def found(scope: object) -> list[str]:
        return [doctor.name for doctor in people.search_doctors(scope).items]  # type: ignore[arg-type]

    assert found(WithSpecialization(pediatrics.id)) == ["Cheap"]
    assert found(FeeBetween(highest=Decimal(90))) == ["Cheap"]
    assert found(FeeBetween(lowest=Decimal("90.01"))) == []
    assert found(FeeBetween(Decimal(90), Decimal("9999999999.99"))) == ["Cheap"]
    assert found(FeeBetween(lowest=Decimal("9999999999.99"))) == []
    for wrong in (Decimal("0.001"), Decimal("1e30"), Decimal("NaN"), Decimal("Infinity"), "much"):
        with pytest.raises(ValidationFailed):
            found(FeeBetween(lowest=wrong))  # type: ignore[arg-type]
    assert found(Presential()) == ["Cheap"]
    assert found(Online()) == ["Unpriced", "Cheap"]
    assert found(AtLocation("praca se")) == ["Cheap"]
    assert found(AtLocation("nowhere")) == []
    assert found(Online() & FeeBetween() & AtLocation("clinica")) == ["Cheap"]


def test_the_search_pages_without_repeating_or_skipping(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    users = [_searchable(telemed, f"Doctor {number}") for number in range(8)]

    first = people.search_doctors()
    rest = people.search_doctors(cursor=first.next_cursor)
    assert len(first.items) == 6
    assert [doctor.user_id for doctor in first.items + rest.items] == users[::-1]
    with pytest.raises(InvalidCursor):
        people.search_doctors(Online(), cursor=first.next_cursor)
    with pytest.raises(ValidationFailed):
        people.search_doctors(limit=0)


def test_q051_lists_by_scope(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    old = people.register_patient(new_patient(name="Old", gender="male", date_of_birth=dt.date(1940, 1, 8)))
    young = people.register_patient(new_patient(name="Young", gender="female", date_of_birth=dt.date(2011, 1, 7)))
    doctor = people.register_doctor(NewDoctor(name="Ana"))

    def found(scope: object) -> list[UUID]:
        return [patient.id for patient in people.patients(scope).items]  # type: ignore[arg-type]

    # The clock stands at 2030-01-07: the young one is 19 today, the old one turns 90 tomorrow.
    assert found(None) == [old.id, young.id]
    assert found(AgedBetween(19, 19)) == [young.id]
    assert found(AgedBetween(oldest=18)) == []
    assert found(AgedBetween(youngest=90)) == []
    assert found(AgedBetween(youngest=89)) == [old.id]
    assert found(AgedBetween(0, 150)) == [old.id, young.id]
    for beyond in (AgedBetween(youngest=-1), AgedBetween(oldest=9000)):
        with pytest.raises(ValidationFailed):
            found(beyond)
    assert found(WithGender("female") & WithPatientStatus("active")) == [young.id]
    assert [d.id for d in people.doctors(WithDoctorStatus(DoctorStatus.ACTIVE)).items] == [doctor.id]


def test_a_doctor_has_at_most_the_specializations_that_exist(telemed: Store) -> None:
    people = telemed.acting_as(SYSTEM).people
    with pytest.raises(ValidationFailed) as refused:
        people.register_doctor(NewDoctor(name="Ana", specializations=(new_id(),)))
    assert list(refused.value.fields) == ["specializations"]
    with pytest.raises(ValidationFailed):
        people.register_patient(new_patient(name="Rui", date_of_birth=dt.date(2999, 1, 1)))


def _searchable(store: Store, name: str) -> UUID:
    """A doctor with a specialization; returns the user's id."""
    people = store.acting_as(SYSTEM).people
    known = {each.name: each.id for each in people.specializations().items}
    if "Cardiologia" not in known:
        known["Cardiologia"] = people.add_specialization("Cardiologia").id
    return people.register_doctor(NewDoctor(name=name, specializations=(known["Cardiologia"],))).user_id


def _names(store: Store, text: str) -> list[str]:
    page = store.acting_as(SYSTEM).people.search_doctors(text=text)
    return [doctor.name for doctor in page.items]
