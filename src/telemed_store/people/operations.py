"""Every verb of this area, by the room in which its script stands.

`registration` (new people), `profiles` (changes), `identifiers` (CPF, CNS, others), `authorities` (a doctor's registrations), `identities`
(logins), `places` (specializations and locations), `lookups` (one person), `listing` (lists and the search), `booking` (who can be booked),
`guards` (what booking locks first).
"""

from telemed_store.people.authorities import (
    add_registration,
    remove_registration,
    set_primary_registration,
    update_registration,
)
from telemed_store.people.guards import lock_guards
from telemed_store.people.identifiers import add_identifier, remove_identifier, update_identifier
from telemed_store.people.identities import link_identity, unlink_identity, user_by_identity
from telemed_store.people.listing import (
    doctors,
    doctors_with,
    linked_identities,
    locations,
    patients,
    registrations,
    search_doctors,
    specializations,
)
from telemed_store.people.lookups import (
    by_identifier,
    by_registration,
    check_may_ask_for_time,
    identity,
    may_view_user,
    patient,
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
    set_user_status,
    update_doctor,
    update_patient,
    update_user,
)
from telemed_store.people.registration import register_doctor, register_patient

__all__ = [
    "add_identifier",
    "add_location",
    "add_registration",
    "add_specialization",
    "by_identifier",
    "by_registration",
    "check_may_ask_for_time",
    "delete_doctor",
    "delete_patient",
    "delete_user",
    "doctors",
    "doctors_with",
    "first_teleconsultation_location",
    "identity",
    "link_identity",
    "linked_identities",
    "location",
    "locations",
    "locations_by_ids",
    "lock_guards",
    "may_view_user",
    "patient",
    "patients",
    "register_doctor",
    "register_patient",
    "registrations",
    "remove_identifier",
    "remove_location",
    "remove_registration",
    "search_doctors",
    "set_doctor_status",
    "set_patient_status",
    "set_primary_registration",
    "set_user_status",
    "specializations",
    "unlink_identity",
    "update_doctor",
    "update_identifier",
    "update_location",
    "update_patient",
    "update_registration",
    "update_specialization",
    "update_user",
    "user_by_email",
    "user_by_identity",
]
