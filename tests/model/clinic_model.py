"""A clinic as the contract describes it (domain §3, §4, §10, §11), in plain Python: what the store has to equal after every step.

It shares no code with the package: its own idea of windows, busy time, transitions and versions, written to be obviously right and
nothing else. Every verb either changes the state and returns the row that it made, or raises `Refusal` and changes nothing. The calendar
stands in ``calendar_model.py``, appointments here.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from .calendar_model import CalendarModel
from .facts import (
    ALLOWED_FROM,
    BEGUN,
    DAY,
    HALF_HOUR,
    OPEN,
    TICK,
    Happened,
    Refusal,
    Row,
    Told,
    Who,
    in_event,
    in_log,
    local,
)


@dataclass
class ClinicModel(CalendarModel):
    """Two doctors, two patients and everything about them that the verbs under test may change."""

    logs: defaultdict[UUID, list[Told]] = field(default_factory=lambda: defaultdict(list))
    events: defaultdict[UUID, list[Happened]] = field(default_factory=lambda: defaultdict(list))
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

    # --- consents, and what a calendar's change hits ------------------------------------------------------------------------

    def grant(self, who: Who, *, patient_id: UUID) -> None:
        self._check_self(who, self._patient(patient_id))
        self.consenting.add(patient_id)

    def revoke(self, who: Who, *, patient_id: UUID) -> None:
        self._check_self(who, self._patient(patient_id))
        if patient_id not in self.consenting:
            raise Refusal("NotFound")
        self.consenting.remove(patient_id)

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

    # --- checks and rows ----------------------------------------------------------------------------------------------------

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


def in_order(rows: list[Row]) -> list[Row]:
    """By start, ties by id."""
    return sorted(rows, key=lambda row: (row["starts_at"], row["id"].int))
