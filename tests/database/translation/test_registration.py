"""An application that never migrates still knows every constraint of ours by its error (slot_race_error_is_always_slot_taken)."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from telemed_store import Store
from telemed_store.database.native import NATIVE_OBJECTS
from telemed_store.database.translation.constraints import factory_of

assert "alembic" not in __import__("sys").modules
rules = {native.name for native in NATIVE_OBJECTS if native.engine == "postgresql" and native.name.startswith("ex_")}
assert {"ex_appointments_doctor_id_overlap", "ex_appointments_patient_id_overlap"} < rules
unknown = [name for name in (*rules, "tr_appointments_transition", "uq_appointments_access_code") if not factory_of(name)]
print(unknown)
"""


def test_importing_a_store_registers_every_rule() -> None:
    answer = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
