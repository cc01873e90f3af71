"""A clinic as the contract describes it (domain §3, §4, §10, §11), in plain Python: what the store has to equal after every step.

It shares no code with the package: its own idea of windows, busy time, transitions and versions, written to be obviously right and
nothing else. Every verb either changes the state and returns the row that it made, or raises `Refusal` and changes nothing. All
doctors work in São Paulo's zone, whose clock has kept three hours behind UTC since 2019: local time is plain subtraction.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

Row = dict[str, Any]

ZONE = "America/Sao_Paulo"
BEHIND_UTC = dt.timedelta(hours=3)
HALF_HOUR = dt.timedelta(minutes=30)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
CUTOFF = dt.timedelta(minutes=5)
TICK = dt.timedelta(microseconds=1)

OPEN = {"scheduled", "rescheduled"}
HOLDING_TIME = {"scheduled", "rescheduled", "in_progress"}
BEGUN = {"in_progress", "completed"}
ALLOWED_FROM = {
    "rescheduled": OPEN,
    "in_progress": OPEN,
    "cancelled": OPEN,
    "no_show": OPEN,
    "completed": {"in_progress"},
}


class Refusal(Exception):
    """A verb refuses: the class of the store's error, and the facts that it carries."""

    def __init__(self, error: str, **facts: Any) -> None:
        super().__init__(error, facts)
        self.error = error
        self.facts = facts


class Person(NamedTuple):
    """A doctor or a patient: the profile and its user."""

    id: UUID
    user_id: UUID


class Who(NamedTuple):
    """Who acts: a user, or without an id a job of the system."""

    kind: str
    id: UUID | None


class Told(NamedTuple):
    """One row of an appointment's log."""

    event: str
    payload: dict[str, Any]
    at: dt.datetime
    by: Who


class Happened(NamedTuple):
    """One domain event of an appointment."""

    type: str
    version: int
    payload: dict[str, Any]
    at: dt.datetime
    by: Who


def local(instant: dt.datetime) -> dt.datetime:
    """What a clock in São Paulo shows."""
    return (instant - BEHIND_UTC).replace(tzinfo=None)


def instant(date: dt.date, minute: float) -> dt.datetime:
    """The instant of a local minute after midnight."""
    midnight = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC) + BEHIND_UTC
    return midnight + dt.timedelta(minutes=minute)


def in_log(moment: dt.datetime) -> str:
    return moment.isoformat()


def in_event(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@dataclass
class ClinicModel:
    """Two doctors, two patients and everything about them that the verbs under test may change."""

    now: dt.datetime
    doctors: list[Person] = field(default_factory=list)
    patients: list[Person] = field(default_factory=list)
    places: dict[UUID, Row] = field(default_factory=dict)
    visits: dict[UUID, Row] = field(default_factory=dict)
    logs: defaultdict[UUID, list[Told]] = field(default_factory=lambda: defaultdict(list))
    events: defaultdict[UUID, list[Happened]] = field(default_factory=lambda: defaultdict(list))
    windows: dict[UUID, Row] = field(default_factory=dict)
    blocks: dict[UUID, Row] = field(default_factory=dict)
    consenting: set[UUID] = field(default_factory=set)
    last_seen: dict[UUID, dt.datetime] = field(default_factory=dict)
    keys: dict[tuple[Who, str], tuple[Any, UUID]] = field(default_factory=dict)

    def copy(self) -> ClinicModel:
        return copy.deepcopy(self)

    # --- appointments: booking and moving -----------------------------------------------------------------------------------

    def schedule(
        self,
        who: Who,
        made: UUID,
        *,
        doctor_id: UUID,
        patient_id: UUID,
        starts_at: dt.datetime,
        ends_at: dt.datetime | None,
        location_id: UUID | None,
        notes: str | None,
        key: str | None,
        override: str | None,
    ) -> Row:
        content = (doctor_id, patient_id, starts_at, ends_at, location_id, notes, override)
        if key and (who, key) in self.keys:
            known, stored = self.keys[who, key]
            if known != content:
                raise Refusal("IdempotencyConflict")
            return self.visits[stored]
        ends = ends_at or starts_at + HALF_HOUR
        self._check_interval(starts_at, ends)
        doctor, patient = self._doctor(doctor_id), self._patient(patient_id)
        self._check_place(doctor_id, location_id)
        if who.kind == "user" and who.id not in {doctor.user_id, patient.user_id}:
            raise Refusal("NotPermitted")
        place = self._place_of_booking(doctor_id, starts_at, ends, location_id, override)
        self._check_free(doctor_id, patient_id, starts_at, ends)
        row = self._new_visit(made, doctor_id, patient_id, starts_at, ends, place)
        row |= {"availability_override": override, "notes": notes, "created_by": who.id or doctor.user_id}
        self.visits[made] = row
        if key:
            self.keys[who, key] = (content, made)
        said = {"starts_at": in_log(starts_at), "ends_at": in_log(ends)}
        self._tell(row, who, "created", said | ({"availability_override": override} if override else {}))
        times = {"starts_at": in_event(starts_at), "ends_at": in_event(ends)}
        self._announce(row, who, "ConsultationScheduled", times | {"location_id": place and str(place)})
        return row

    def reschedule(
        self,
        who: Who,
        row_id: UUID,
        *,
        starts_at: dt.datetime,
        ends_at: dt.datetime | None,
        version: int,
        override: str | None,
    ) -> Row:
        row = self._locked(who, row_id, version, "rescheduled")
        old = (row["starts_at"], row["ends_at"])
        ends = ends_at or starts_at + (old[1] - old[0])
        self._check_interval(starts_at, ends)
        self._check_place(row["doctor_id"], row["location_id"])
        place = self._place_of_booking(row["doctor_id"], starts_at, ends, row["location_id"], override)
        self._check_free(row["doctor_id"], row["patient_id"], starts_at, ends, but=row_id)
        self._change(
            row,
            status="rescheduled",
            starts_at=starts_at,
            ends_at=ends,
            local_starts_at=local(starts_at),
            location_id=place,
            availability_override=override,
        )
        said: dict[str, Any] = {
            "old": {"starts_at": in_log(old[0]), "ends_at": in_log(old[1])},
            "new": {"starts_at": in_log(starts_at), "ends_at": in_log(ends)},
        }
        self._tell(row, who, "rescheduled", said | ({"availability_override": override} if override else {}))
        payload = {
            "starts_at": in_event(starts_at),
            "ends_at": in_event(ends),
            "location_id": place and str(place),
            "old_starts_at": in_event(old[0]),
            "old_ends_at": in_event(old[1]),
        }
        self._announce(row, who, "ConsultationRescheduled", payload)
        return row

    # --- appointments: the rest of their life -------------------------------------------------------------------------------

    def start(self, who: Who, row_id: UUID, *, version: int) -> Row:
        row = self._locked(who, row_id, version, "in_progress")
        place = row["location_id"]
        remote = place is None or self.places[place]["type"] == "teleconsultation"
        if remote and row["patient_id"] not in self.consenting:
            raise Refusal("ConsentRequired", consent_type="telemedicine")
        at = self._change(row, status="in_progress")
        row["started_at"] = at
        self._tell(row, who, "started", {})
        self._announce(row, who, "ConsultationStarted", {"started_at": in_event(at)})
        return row

    def complete(self, who: Who, row_id: UUID, *, version: int) -> Row:
        row = self._locked(who, row_id, version, "completed")
        at = self._change(row, status="completed", completion_kind="finalized")
        row["ended_at"] = at
        said = {"duration_minutes": (at - row["started_at"]) // dt.timedelta(minutes=1), "completion_kind": "finalized"}
        self._tell(row, who, "completed", said)
        self._announce(row, who, "ConsultationCompleted", said | {"origin": row["origin"]})
        self._saw(row["patient_id"], at)
        return row

    def cancel(self, who: Who, row_id: UUID, *, reason: str | None, version: int) -> Row:
        row = self._locked(who, row_id, version, "cancelled")
        at = self._change(row, status="cancelled", cancelled_by=who.id, cancellation_reason=reason)
        row["cancelled_at"] = at
        self._tell(row, who, "cancelled", {"reason": reason})
        self._announce(row, who, "ConsultationCancelled", {"cancelled_by": who.id and str(who.id)})
        return row

    def mark_no_show(self, who: Who, row_id: UUID, *, version: int) -> Row:
        row = self._locked(who, row_id, version, "no_show")
        at = self._change(row, status="no_show")
        row["no_show_at"] = at
        self._tell(row, who, "no_show", {})
        self._announce(row, who, "ConsultationNoShow", {"no_show_at": in_event(at), "origin": row["origin"]})
        return row

    def update(self, who: Who, row_id: UUID, *, version: int, patch: Row) -> Row:
        row = self._locked(who, row_id, version, None)
        if not patch:
            return row
        if "location_id" in patch:
            if row["status"] not in OPEN:
                raise Refusal("InvalidTransition", current=row["status"])
            self._check_place(row["doctor_id"], patch["location_id"])
            if row["availability_override"] is None:
                times = (row["starts_at"], row["ends_at"])
                self._place_of_booking(row["doctor_id"], *times, patch["location_id"], None)
        self._change(row, **patch)
        self._tell(row, who, "updated", {"fields": sorted(patch)})
        return row

    def delete(self, who: Who, row_id: UUID, *, version: int) -> None:
        row = self._locked(who, row_id, version, None)
        if row["status"] in BEGUN:
            raise Refusal("InvalidTransition", current=row["status"])
        row["deleted_at"] = self._change(row)
        self._tell(row, who, "deleted", {})

    def import_completed(self, who: Who, made: list[UUID], *, visits: list[Row]) -> Row:
        """The report; ``made`` are the ids that the store gave to the visits it took, in their order."""
        if who.kind == "user":
            raise Refusal("NotPermitted")
        report: Row = {"imported": [], "repeated": 0, "refused": []}
        for index, visit in enumerate(visits):
            key = visit["source_key"] and f"import:{visit['source_key']}"
            known = self.keys.get((who, key)) if key else None
            if known and known[0] == visit:
                report["imported"].append(known[1])
                report["repeated"] += 1
                continue
            reason = "source_key_used" if known else self._why_not_imported(visit)
            if reason:
                report["refused"].append((index, reason))
                continue
            place = len(report["imported"])
            row_id = made[place] if place < len(made) else UUID(int=place)
            report["imported"].append(row_id)
            self._import(who, row_id, visit)
            if key:
                self.keys[who, key] = (visit, row_id)
        return report

    def _why_not_imported(self, visit: Row) -> str | None:
        length = visit["ends_at"] - visit["starts_at"]
        if length <= dt.timedelta(0):
            return "ends_before_start"
        if length > DAY:
            return "longer_than_a_day"
        if visit["ends_at"] > self.now:
            return "in_the_future"
        place = visit["location_id"]
        if place and self.places[place]["doctor_id"] != visit["doctor_id"]:
            return "unknown_location"
        return None

    def _import(self, who: Who, row_id: UUID, visit: Row) -> None:
        starts, ends = visit["starts_at"], visit["ends_at"]
        row = self._new_visit(row_id, visit["doctor_id"], visit["patient_id"], starts, ends, visit["location_id"])
        row |= {"status": "completed", "origin": "imported", "completion_kind": "imported"}
        row |= {"started_at": starts, "ended_at": ends, "created_by": self._doctor(visit["doctor_id"]).user_id}
        self.visits[row_id] = row
        minutes = (ends - starts) // dt.timedelta(minutes=1)
        said = {"duration_minutes": minutes, "completion_kind": "imported", "origin": "imported"}
        self._tell(row, who, "completed", said)
        self._announce(row, who, "ConsultationCompleted", said)
        self._saw(visit["patient_id"], ends)

    # --- windows ------------------------------------------------------------------------------------------------------------

    def add_window(self, who: Who, made: UUID, *, window: Row) -> Row:
        self._check_doctor(who, window["doctor_id"])
        self._check_window(window, ())
        row = self._stored_window(made, window)
        self._check_no_window_meets(row)
        self.windows[made] = row
        return row

    def update_window(self, who: Who, row_id: UUID, *, version: int, patch: Row) -> Row:
        row = self._live(self.windows, who, row_id, version)
        changed = row | patch
        if changed == row:
            return row
        self._check_window(changed, (row["location_id"],))
        self._check_no_window_meets(changed)
        self._check_not_frozen([row])
        row |= patch | {"version": version + 1, "updated_at": self.now}
        return row

    def remove_window(self, who: Who, row_id: UUID, *, version: int) -> None:
        row = self._live(self.windows, who, row_id, version)
        self._check_not_frozen([row])
        self._remove(row)

    def save_schedule(
        self, who: Who, made: dict[int, UUID], *, doctor_id: UUID, windows: list[Row], version: int
    ) -> Row:
        """The schedule; ``made`` are the ids that the store gave, by the place of the window in the list."""
        self._check_doctor(who, doctor_id)
        wanted = [self._stored_window(made.get(place, UUID(int=place)), new) for place, new in enumerate(windows)]
        live = [row for row in self.windows.values() if row["doctor_id"] == doctor_id and not row["deleted_at"]]
        history = [row for row in live if row["specific_date"] and row["specific_date"] < self.today]
        named = [row for row in live if any(same_window(row, new) for new in wanted)]
        for place, new in enumerate(wanted):
            self._check_window(new, (), named_in_full=True)
            others = wanted[:place] + [old for old in history if old not in named]
            if any(windows_meet(new, other) for other in others):
                raise Refusal("ValidationFailed")
        if version != (current := self.schedule_version(doctor_id)):
            raise Refusal("VersionConflict", current=current)
        kept, added = [], []
        for new in wanted:
            row = next((row for row in named if same_window(row, new) and row not in kept), None)
            kept.append(row) if row else added.append(new)
        removed = [row for row in live if row not in kept and row not in history]
        self._check_not_frozen(removed)
        for row in removed:
            self._remove(row)
        self.windows |= {row["id"]: row for row in added}
        shown = [row for row in (*kept, *added) if not row["specific_date"] or row["specific_date"] >= self.today]
        return {"version": self.schedule_version(doctor_id), "windows": {row["id"]: row for row in shown}}

    def schedule_version(self, doctor_id: UUID) -> int:
        return 1 + sum(row["version"] for row in self.windows.values() if row["doctor_id"] == doctor_id)

    # --- blocked dates ------------------------------------------------------------------------------------------------------

    def block_dates(self, who: Who, made: UUID, *, block: Row) -> Row:
        self._check_doctor(who, block["doctor_id"])
        if block["first_date"] < self.today:
            raise Refusal("ValidationFailed", fields={"first_date"})
        row = self._stored(made, block)
        self._check_no_block_meets(row)
        self.blocks[made] = row
        return row

    def update_block(self, who: Who, row_id: UUID, *, version: int, patch: Row) -> Row:
        row = self._live(self.blocks, who, row_id, version)
        changed = row | patch
        if changed == row:
            return row
        if changed["last_date"] < changed["first_date"]:
            raise Refusal("ValidationFailed", fields={"last_date"})
        if changed["first_date"] != row["first_date"] and changed["first_date"] < self.today:
            raise Refusal("ValidationFailed", fields={"first_date"})
        self._check_no_block_meets(changed)
        row |= patch | {"version": version + 1, "updated_at": self.now}
        return row

    def remove_block(self, who: Who, row_id: UUID, *, version: int) -> None:
        self._remove(self._live(self.blocks, who, row_id, version))

    # --- consents and places ------------------------------------------------------------------------------------------------

    def grant(self, who: Who, *, patient_id: UUID) -> None:
        self._check_self(who, self._patient(patient_id))
        self.consenting.add(patient_id)

    def revoke(self, who: Who, *, patient_id: UUID) -> None:
        self._check_self(who, self._patient(patient_id))
        if patient_id not in self.consenting:
            raise Refusal("NotFound")
        self.consenting.remove(patient_id)

    def open_place(self, who: Who, row_id: UUID, *, version: int, is_active: bool) -> None:
        place = self.places[row_id]
        self._check_doctor(who, place["doctor_id"])
        if place["version"] != version:
            raise Refusal("VersionConflict", current=place["version"])
        place |= {"version": version + 1, "is_active": is_active}

    # --- what is free -------------------------------------------------------------------------------------------------------

    @property
    def today(self) -> dt.date:
        return local(self.now).date()

    def slots(self, doctor_id: UUID, first: dt.date, days: int, patient_id: UUID | None = None) -> list[Row]:
        """What can be booked with a doctor, by start."""
        found = []
        for date in (first + DAY * n for n in range(days)):
            for window in self._windows_of(doctor_id, date):
                if not self._is_offered(window):
                    continue
                start = instant(date, window["start_minute"])
                while start + HALF_HOUR <= instant(date, window["end_minute"]):
                    taken = self._overlapped(doctor_id, patient_id, start, start + HALF_HOUR)
                    if start > self.now + CUTOFF and not taken:
                        found.append({"starts_at": start, "ends_at": start + HALF_HOUR, "place": window["location_id"]})
                    start += HALF_HOUR
        return sorted(found, key=lambda slot: slot["starts_at"])

    def affected(self, doctor_id: UUID) -> list[Row]:
        """Visits ahead that the calendar as it is now would refuse (Q201): those booked by override only where dates are blocked."""
        ahead = [row for row in self.visits.values() if row["doctor_id"] == doctor_id and self._holds_time(row)]
        return [
            row
            for row in in_order(ahead)
            if row["ends_at"] > self.now
            and (
                self._is_blocked(doctor_id, local(row["starts_at"]).date())
                if row["availability_override"]
                else not self._window_for(doctor_id, row["starts_at"], row["ends_at"], row["location_id"])
            )
        ]

    def _windows_of(self, doctor_id: UUID, date: dt.date) -> list[Row]:
        if self._is_blocked(doctor_id, date):
            return []
        own = [
            w for w in self.windows.values() if w["doctor_id"] == doctor_id and w["is_active"] and not w["deleted_at"]
        ]
        of_date = [w for w in own if w["specific_date"] == date]
        return of_date or [w for w in own if w["weekday"] == date.isoweekday()]

    def _is_blocked(self, doctor_id: UUID, date: dt.date) -> bool:
        return any(
            b["doctor_id"] == doctor_id and not b["deleted_at"] and b["first_date"] <= date <= b["last_date"]
            for b in self.blocks.values()
        )

    def _is_offered(self, window: Row) -> bool:
        return window["location_id"] is None or self.places[window["location_id"]]["is_active"]

    def _window_for(self, doctor_id: UUID, starts: dt.datetime, ends: dt.datetime, place: UUID | None) -> Row | None:
        date = local(starts).date()
        for window in self._windows_of(doctor_id, date):
            holds = instant(date, window["start_minute"]) <= starts and ends <= instant(date, window["end_minute"])
            serves = place is None or window["location_id"] in {None, place}
            if holds and serves and self._is_offered(window):
                return window
        return None

    def _holds_time(self, row: Row) -> bool:
        return row["status"] in HOLDING_TIME and not row["deleted_at"]

    def _overlapped(
        self,
        doctor_id: UUID,
        patient_id: UUID | None,
        starts: dt.datetime,
        ends: dt.datetime,
        but: UUID | None = None,
    ) -> set[str]:
        """Whose time is taken."""
        found = set()
        for row in self.visits.values():
            if row["id"] != but and self._holds_time(row) and row["starts_at"] < ends and starts < row["ends_at"]:
                found |= {"doctor"} if row["doctor_id"] == doctor_id else set()
                found |= {"patient"} if row["patient_id"] == patient_id else set()
        return found

    # --- checks -------------------------------------------------------------------------------------------------------------

    def _check_interval(self, starts: dt.datetime, ends: dt.datetime) -> None:
        if starts <= self.now:
            raise Refusal("ValidationFailed", fields={"starts_at"})
        if ends <= starts or ends - starts > DAY:
            raise Refusal("ValidationFailed", fields={"ends_at"})

    def _check_place(self, doctor_id: UUID, place: UUID | None) -> None:
        if place and not (self.places[place]["doctor_id"] == doctor_id and self.places[place]["is_active"]):
            raise Refusal("ValidationFailed", fields={"location_id"})

    def _place_of_booking(
        self, doctor_id: UUID, starts: dt.datetime, ends: dt.datetime, place: UUID | None, override: str | None
    ) -> UUID | None:
        if override:
            return place
        window = self._window_for(doctor_id, starts, ends, place)
        if window is None:
            raise Refusal("OutsideAvailability")
        return place or window["location_id"]

    def _check_free(
        self, doctor_id: UUID, patient_id: UUID, starts: dt.datetime, ends: dt.datetime, but: UUID | None = None
    ) -> None:
        sides = self._overlapped(doctor_id, patient_id, starts, ends, but)
        if sides:
            raise Refusal("SlotTaken", **({"side": min(sides)} if len(sides) == 1 else {}))

    def _locked(self, who: Who, row_id: UUID, version: int, to: str | None) -> Row:
        row = self.visits.get(row_id)
        if row is None or row["deleted_at"] or not self.sees(who, row):
            raise Refusal("NotFound")
        if row["version"] != version:
            raise Refusal("VersionConflict", current=row["version"])
        if to and row["status"] not in ALLOWED_FROM[to]:
            raise Refusal("InvalidTransition", current=row["status"], requested=to)
        return row

    def sees(self, who: Who, row: Row) -> bool:
        sides = {self._doctor(row["doctor_id"]).user_id, self._patient(row["patient_id"]).user_id}
        return who.kind == "system" or who.id in sides

    def _live(self, rows: dict[UUID, Row], who: Who, row_id: UUID, version: int) -> Row:
        row = rows.get(row_id)
        if row is None or row["deleted_at"]:
            raise Refusal("NotFound")
        self._check_doctor(who, row["doctor_id"])
        if row["version"] != version:
            raise Refusal("VersionConflict", current=row["version"])
        return row

    def _check_doctor(self, who: Who, doctor_id: UUID) -> None:
        self._check_self(who, self._doctor(doctor_id))

    def _check_self(self, who: Who, person: Person) -> None:
        if who.kind == "user" and who.id != person.user_id:
            raise Refusal("NotPermitted")

    def _check_window(self, window: Row, usable: tuple[UUID | None, ...], *, named_in_full: bool = False) -> None:
        wrong = set()
        if window["weekday"] and window["specific_date"]:
            wrong |= {"weekday"}
        if window["end_minute"] - window["start_minute"] < 60:
            wrong |= {"end_minute"}
        place = window["location_id"]
        if place and place not in usable:
            stored = self.places[place]
            wrong |= set() if stored["doctor_id"] == window["doctor_id"] and stored["is_active"] else {"location_id"}
        if wrong:
            raise Refusal("ValidationFailed", **({} if named_in_full else {"fields": wrong}))

    def _check_no_window_meets(self, window: Row) -> None:
        rivals = [row for row in self.windows.values() if not row["deleted_at"] and row["id"] != window["id"]]
        if any(row["doctor_id"] == window["doctor_id"] and windows_meet(row, window) for row in rivals):
            raise Refusal("AlreadyExists")

    def _check_not_frozen(self, windows: list[Row]) -> None:
        for window in (window for window in windows if window["specific_date"]):
            opens, closes = (instant(window["specific_date"], window[edge]) for edge in ("start_minute", "end_minute"))
            for row in self.visits.values():
                begun = row["status"] in BEGUN and row["doctor_id"] == window["doctor_id"]
                if begun and row["starts_at"] < closes and opens < row["ends_at"]:
                    raise Refusal("Conflict")

    def _check_no_block_meets(self, block: Row) -> None:
        for row in self.blocks.values():
            other = row["id"] != block["id"] and row["doctor_id"] == block["doctor_id"] and not row["deleted_at"]
            if other and row["first_date"] <= block["last_date"] and block["first_date"] <= row["last_date"]:
                raise Refusal("AlreadyExists")

    # --- rows ---------------------------------------------------------------------------------------------------------------

    def _doctor(self, row_id: UUID) -> Person:
        return next(doctor for doctor in self.doctors if doctor.id == row_id)

    def _patient(self, row_id: UUID) -> Person:
        return next(patient for patient in self.patients if patient.id == row_id)

    def _stored(self, made: UUID, content: Row) -> Row:
        times = {"created_at": self.now, "updated_at": self.now, "deleted_at": None}
        return {"id": made, "version": 1, "zone": ZONE, **times, **content}

    def _stored_window(self, made: UUID, content: Row) -> Row:
        return self._stored(made, content | {"kind": "specific" if content["specific_date"] else "recurring"})

    def _remove(self, row: Row) -> None:
        row |= {"version": row["version"] + 1, "updated_at": self.now, "deleted_at": self.now}

    def _new_visit(
        self,
        row_id: UUID,
        doctor_id: UUID,
        patient_id: UUID,
        starts: dt.datetime,
        ends: dt.datetime,
        place: UUID | None,
    ) -> Row:
        content: Row = {"doctor_id": doctor_id, "patient_id": patient_id, "location_id": place}
        content |= {"starts_at": starts, "ends_at": ends, "local_starts_at": local(starts)}
        content |= {"status": "scheduled", "origin": "booked", "availability_override": None, "notes": None}
        later = ("started_at", "ended_at", "completion_kind", "cancelled_at", "cancelled_by", "cancellation_reason")
        return self._stored(row_id, content | dict.fromkeys((*later, "no_show_at")))

    def _change(self, row: Row, **values: Any) -> dt.datetime:
        """One version further, at an instant that never lies before the row's last change; returns that instant."""
        at = self.now if self.now >= row["updated_at"] else row["updated_at"] + TICK
        row |= {**values, "version": row["version"] + 1, "updated_at": at}
        return at

    def _tell(self, row: Row, who: Who, event: str, payload: dict[str, Any]) -> None:
        self.logs[row["id"]].append(Told(event, payload, row["updated_at"], who))

    def _announce(self, row: Row, who: Who, type_: str, payload: dict[str, Any]) -> None:
        pair = {"doctor_id": str(row["doctor_id"]), "patient_id": str(row["patient_id"])}
        self.events[row["id"]].append(Happened(type_, row["version"], pair | payload, row["updated_at"], who))

    def _saw(self, patient_id: UUID, at: dt.datetime) -> None:
        self.last_seen[patient_id] = max(at, self.last_seen.get(patient_id, at))


def windows_meet(one: Row, other: Row) -> bool:
    """Whether two windows cannot both be: active ones that share minutes of one weekday, or of one date."""
    return (
        one["is_active"]
        and other["is_active"]
        and (one["weekday"], one["specific_date"]) == (other["weekday"], other["specific_date"])
        and one["start_minute"] < other["end_minute"]
        and other["start_minute"] < one["end_minute"]
    )


def same_window(one: Row, other: Row) -> bool:
    """Whether two windows say the same."""
    content = ("doctor_id", "weekday", "specific_date", "start_minute", "end_minute", "location_id", "is_active")
    return all(one[name] == other[name] for name in content)


def in_order(rows: list[Row]) -> list[Row]:
    """By start, ties by id."""
    return sorted(rows, key=lambda row: (row["starts_at"], row["id"].int))
