"""The wheel, as somebody gets it: built, installed outside the repository, used without anything of the source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]

SMOKE = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import telemed_store
from telemed_store import Actor, Gender, NewAppointment, NewAvailabilityWindow, NewDoctor, NewPatient, SlotTaken, Store

assert Path(telemed_store.__file__).is_relative_to(sys.argv[1]), "not the installed wheel"
with Store.open("sqlite:///smoke.sqlite3") as store:
    store.migrator.upgrade()
    desk = store.acting_as(Actor.system("smoke"))
    doctor = desk.people.register_doctor(NewDoctor(name="Ana Lima", crm_number="DEMO1001", crm_state="SP"))
    person = dict(gender=Gender.MALE, date_of_birth=datetime(1984, 5, 17).date(), phone="5520900000001")
    contact = dict(emergency_contact="Alice Rocha", emergency_phone="5520900000002")
    patient = desk.people.register_patient(NewPatient(name="Davi Rocha", **person, **contact))
    for weekday in range(1, 8):
        window = NewAvailabilityWindow(doctor_id=doctor.id, weekday=weekday, start_minute=480, end_minute=720)
        desk.availability.add_window(window)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    slot = desk.availability.free_slots(doctor.id, tomorrow, tomorrow + timedelta(days=1))[0]
    wanted = NewAppointment(doctor_id=doctor.id, patient_id=patient.id, starts_at=slot.starts_at)
    desk.appointments.schedule(wanted)
    try:
        desk.appointments.schedule(wanted)
    except SlotTaken:
        print("booked once")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel alone; what it depends on comes from the environment of the tests."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    command = [*pip, "install", "--quiet", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run(command, check=True)
    return target


@pytest.fixture
def environment(installed: Path) -> dict[str, str]:
    """The installed folder comes before an editable installation of the source tree."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TELEMED_")}
    return kept | {"PYTHONPATH": str(installed)}


def test_the_wheel_holds_the_package_with_its_types_and_licence_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"telemed_store", "telemed_store-0.0.1.dist-info"}
    assert "telemed_store/py.typed" in names
    assert "telemed_store-0.0.1.dist-info/licenses/LICENSE" in names
    assert any(name.startswith("telemed_store/migrations/versions/") for name in names)
    assert not [name for name in names if name.endswith((".sqlite3", ".keys", ".pyc"))]


def test_an_installed_wheel_migrates_registers_and_books(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    program = tmp_path / "smoke.py"
    program.write_text(SMOKE, encoding="utf-8")
    command = [sys.executable, str(program), str(installed)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "booked once\n"), done.stderr


def test_the_installed_command_names_its_subcommands(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [str(installed / "bin" / "telemed-store"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("demo", "health", "migrate", "settings"):
        assert name in done.stdout
