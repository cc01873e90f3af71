"""Every verb of this area, by the room in which its script stands.

`registration` (new people), `profiles` (changes), `places` (specializations and locations), `lookups` (one person), `listing` (lists
and the search), `guards` (what booking locks first).
"""

from telemed_store.people.guards import lock_guards
from telemed_store.people.listing import doctors, doctors_with, locations, patients, search_doctors, specializations
from telemed_store.people.lookups import (
    by_identifier,
    by_registration,
    doctor,
    identity,
    may_view_user,
    patient,
    user,
    user_by_email,
)
from telemed_store.people.places import (
    add_location,
    add_specialization,
    first_teleconsultation_location,
    location,
    locations_by_ids,
    remove_location,
    update_location,
    update_specialization,
)
from telemed_store.people.profiles import (
    delete_doctor,
    delete_patient,
    delete_user,
    set_doctor_status,
    set_patient_status,
    update_doctor,
    update_patient,
    update_user,
)
from telemed_store.people.registration import register_doctor, register_patient

__all__ = [
    "add_location",
    "add_specialization",
    "by_identifier",
    "by_registration",
    "delete_doctor",
    "delete_patient",
    "delete_user",
    "doctor",
    "doctors",
    "doctors_with",
    "first_teleconsultation_location",
    "identity",
    "location",
    "locations",
    "locations_by_ids",
    "lock_guards",
    "may_view_user",
    "patient",
    "patients",
    "register_doctor",
    "register_patient",
    "remove_location",
    "search_doctors",
    "set_doctor_status",
    "set_patient_status",
    "specializations",
    "update_doctor",
    "update_location",
    "update_patient",
    "update_specialization",
    "update_user",
    "user",
    "user_by_email",
]
