"""How a wish becomes a request: the arguments of a verb, the same for the model and for the store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from .clinic_model import ClinicModel
from .facts import BEGUN, DAY, Person, Row, Who, instant, local
from .wishes import Wish

SYSTEM: Final = Who("system", None)

# From which statuses a verb does something.
APT = {
    **dict.fromkeys(("reschedule", "start", "cancel", "mark_no_show"), ("scheduled", "rescheduled")),
    "complete": ("in_progress",),
}
WINDOW_FIELDS = ("doctor_id", "weekday", "specific_date", "start_minute", "end_minute", "location_id", "is_active")


class Request(NamedTuple):
    """A verb with its arguments, the same for the model and for the store."""

    verb: str
    who: Who
    arguments: dict[str, Any]


@dataclass
class Requests:
    """Makes requests of wishes. ``booked`` remembers the bookings with a key, so that they can be repeated."""

    model: ClinicModel
    booked: list[Request]

    def of(self, wish: Wish, who: Who | None = None) -> Request | None:
        """The request, on behalf of ``who`` if that is settled; None if there is nothing that the wish could be about."""
        request: Request | None = getattr(self, f"_{wish.verb}")(wish.who, **wish.said)
        if request is None:
            return None
        request = request if who is None else request._replace(who=who)
        if request.verb == "schedule" and request.arguments["key"]:
            self.booked.append(request)
        return request

    def someone(self, who: str, doctor: Person | None = None, patient: Person | None = None) -> Who:
        """Whose name the wish meant."""
        doctor, patient = doctor or self.model.doctors[0], patient or self.model.patients[0]
        others = [person for person in (*self.model.doctors, *self.model.patients) if person not in {doctor, patient}]
        users = {"doctor": doctor, "patient": patient, "stranger": others[-1]}
        return SYSTEM if who == "system" else Who("user", users[who].user_id)

    def _schedule(
        self, who: str, *, doctor: int, patient: int, day: int, minute: int, off: int, place: str, **said: Any
    ) -> Request:
        pair = self.model.doctors[doctor], self.model.patients[patient]
        starts_at = self._time(day, minute, off)
        length = said.pop("length")
        arguments = {"doctor_id": pair[0].id, "patient_id": pair[1].id, "starts_at": starts_at}
        arguments |= {"ends_at": length and starts_at + dt.timedelta(minutes=length)}
        arguments |= {"location_id": self._place(pair[0].id, place), **said}
        return Request("schedule", self.someone(who, *pair), arguments)

    def _schedule_a_slot(self, who: str, *, doctor: int, patient: int, pick: int, key: str | None) -> Request | None:
        pair = self.model.doctors[doctor], self.model.patients[patient]
        slots = self.model.slots(pair[0].id, self.model.today, 5, pair[1].id)
        if not slots:
            return None
        slot = slots[pick % len(slots)]
        arguments = {"doctor_id": pair[0].id, "patient_id": pair[1].id, "starts_at": slot["starts_at"], "key": key}
        arguments |= dict.fromkeys(("ends_at", "location_id", "notes", "override"))
        return Request("schedule", self.someone(who, *pair), arguments)

    def _schedule_now(self, who: str, *, doctor: int, patient: int, off: int) -> Request:
        pair = self.model.doctors[doctor], self.model.patients[patient]
        arguments: dict[str, Any] = dict.fromkeys(("ends_at", "location_id", "notes", "key")) | {
            "override": "walked in"
        }
        arguments |= {"doctor_id": pair[0].id, "patient_id": pair[1].id}
        arguments |= {"starts_at": self.model.now + dt.timedelta(microseconds=off)}
        return Request("schedule", self.someone(who, *pair), arguments)

    def _schedule_beside(
        self, who: str, *, pick: int, with_the_other: str, by: int, off: int, length: int | None, override: str | None
    ) -> Request | None:
        """A booking that touches or overlaps one that its doctor, or its patient, has."""
        row = self._picked(self.model.visits, pick, "reschedule")
        if row is None:
            return None
        doctor, patient = self._pair(row)
        if with_the_other == "doctor":
            doctor = next(person for person in self.model.doctors if person != doctor)
        else:
            patient = next(person for person in self.model.patients if person != patient)
        starts_at = row["starts_at"] + dt.timedelta(minutes=by, microseconds=off)
        ends_at = length and starts_at + dt.timedelta(minutes=length)
        arguments = {"doctor_id": doctor.id, "patient_id": patient.id, "starts_at": starts_at, "ends_at": ends_at}
        arguments |= dict.fromkeys(("location_id", "notes", "key")) | {"override": override}
        return Request("schedule", self.someone(who, doctor, patient), arguments)

    def _schedule_again(self, who: str, *, pick: int, other_content: bool) -> Request | None:
        if not self.booked:
            return None
        request = self.booked[pick % len(self.booked)]
        changes = {"notes": "something else"} if other_content else {}
        return request._replace(arguments=request.arguments | changes)

    def _reschedule(
        self, who: str, *, pick: int, stale: int, day: int, minute: int, off: int, **said: Any
    ) -> Request | None:
        starts_at, length = self._time(day, minute, off), said.pop("length")
        ends_at = None if length is None else starts_at + dt.timedelta(minutes=length)
        return self._of_visit("reschedule", who, pick, stale, starts_at=starts_at, ends_at=ends_at, **said)

    def _nudge(self, who: str, *, pick: int, stale: int, by: int, override: str | None) -> Request | None:
        """A move that may overlap the visit's own old time."""
        row = self._picked(self.model.visits, pick, "reschedule")
        if row is None:
            return None
        starts_at = row["starts_at"] + dt.timedelta(minutes=by)
        return self._of_visit("reschedule", who, pick, stale, starts_at=starts_at, ends_at=None, override=override)

    def _start(self, who: str, *, pick: int, stale: int) -> Request | None:
        return self._of_visit("start", who, pick, stale)

    def _complete(self, who: str, *, pick: int, stale: int) -> Request | None:
        return self._of_visit("complete", who, pick, stale)

    def _cancel(self, who: str, *, pick: int, stale: int, reason: str | None) -> Request | None:
        return self._of_visit("cancel", who, pick, stale, reason=reason)

    def _mark_no_show(self, who: str, *, pick: int, stale: int) -> Request | None:
        return self._of_visit("mark_no_show", who, pick, stale)

    def _update(
        self, who: str, *, pick: int, stale: int, fields: tuple[str, ...], place: str, notes: str | None
    ) -> Request | None:
        row = self._picked(self.model.visits, pick, "update")
        if row is None:
            return None
        said = {"notes": notes, "location_id": self._place(row["doctor_id"], place)}
        return self._of_visit("update", who, pick, stale, patch={name: said[name] for name in fields})

    def _delete(self, who: str, *, pick: int, stale: int) -> Request | None:
        return self._of_visit("delete", who, pick, stale)

    def _import_completed(self, who: str, *, visits: list[dict[str, Any]]) -> Request:
        said = []
        for visit in visits:
            doctor, patient = self.model.doctors[visit["doctor"]], self.model.patients[visit["patient"]]
            starts_at = instant(self.model.today - DAY * visit["days_ago"], visit["minute"])
            times = {"starts_at": starts_at, "ends_at": starts_at + dt.timedelta(minutes=visit["length"])}
            place = self._place(doctor.id, visit["place"])
            said.append({"doctor_id": doctor.id, "patient_id": patient.id, **times, "location_id": place})
            said[-1]["source_key"] = visit["source_key"]
        return Request("import_completed", self.someone(who), {"visits": said})

    def _add_window(self, who: str, **said: Any) -> Request:
        window = self._window(**said)
        return Request("add_window", self._of_doctor(who, window["doctor_id"]), {"window": window})

    def _update_window(self, who: str, *, pick: int, stale: int, fields: set[str], **said: Any) -> Request | None:
        row = self._picked_window(pick)
        if row is None:
            return None
        window = self._window(**said) | {"location_id": self._place(row["doctor_id"], said["place"])}
        window["weekday"] = window["weekday"] or 3
        patch = {name: window[name] for name in sorted(fields)}
        arguments = {"row_id": row["id"], "version": row["version"] + stale, "patch": patch}
        return Request("update_window", self._of_doctor(who, row["doctor_id"]), arguments)

    def _remove_window(self, who: str, *, pick: int, stale: int) -> Request | None:
        return self._of_row("remove_window", who, self._picked_window(pick), stale)

    def _save_schedule(self, who: str, *, doctor: int, stale: int, keep: int, windows: list[dict[str, Any]]) -> Request:
        """The first ``keep`` windows that the doctor has, and new ones."""
        doctor_id = self.model.doctors[doctor].id
        fresh = [self._window(**said | {"doctor": doctor}) for said in windows]
        live = [row for row in self.model.windows.values() if row["doctor_id"] == doctor_id and not row["deleted_at"]]
        kept = [{name: row[name] for name in WINDOW_FIELDS} for row in live[:keep]]
        version = self.model.schedule_version(doctor_id) + stale
        arguments = {"doctor_id": doctor_id, "windows": [*kept, *fresh], "version": version}
        return Request("save_schedule", self._of_doctor(who, doctor_id), arguments)

    def _block_dates(self, who: str, *, doctor: int, day: int, days: int, reason: str | None) -> Request:
        doctor_id, first = self.model.doctors[doctor].id, self.model.today + DAY * day
        block = {"doctor_id": doctor_id, "first_date": first, "last_date": first + DAY * days, "reason": reason}
        return Request("block_dates", self._of_doctor(who, doctor_id), {"block": block})

    def _block_beside(self, who: str, *, pick: int, before: bool, gap: int) -> Request | None:
        """Dates that end where a block begins, or begin where it ends, one day more or less."""
        row = self._picked(self.model.blocks, pick)
        if row is None:
            return None
        edge = row["first_date"] - DAY * gap if before else row["last_date"] + DAY * gap
        dates = {"first_date": edge - DAY, "last_date": edge} if before else {"first_date": edge, "last_date": edge}
        block = {"doctor_id": row["doctor_id"], "reason": None, **dates}
        return Request("block_dates", self._of_doctor(who, row["doctor_id"]), {"block": block})

    def _update_block(
        self, who: str, *, pick: int, stale: int, fields: set[str], day: int, days: int, reason: str | None
    ) -> Request | None:
        dates = {"first_date": self.model.today + DAY * day, "last_date": self.model.today + DAY * (day + days)}
        patch = {name: (dates | {"reason": reason})[name] for name in sorted(fields)}
        return self._of_row("update_block", who, self._picked(self.model.blocks, pick), stale, patch=patch)

    def _remove_block(self, who: str, *, pick: int, stale: int) -> Request | None:
        return self._of_row("remove_block", who, self._picked(self.model.blocks, pick), stale)

    def _grant(self, who: str, *, patient: int) -> Request:
        person = self.model.patients[patient]
        return Request("grant", self.someone(who, patient=person), {"patient_id": person.id})

    def _revoke(self, who: str, *, patient: int) -> Request:
        return self._grant(who, patient=patient)._replace(verb="revoke")

    def _open_place(self, who: str, *, doctor: int, stale: int, is_active: bool) -> Request:
        doctor_id = self.model.doctors[doctor].id
        place = self.model.places[self._place(doctor_id, "office") or UUID(int=0)]
        arguments = {"row_id": place["id"], "version": place["version"] + stale, "is_active": is_active}
        return Request("open_place", self._of_doctor(who, doctor_id), arguments)

    def _time(self, day: int, minute: int, off: int) -> dt.datetime:
        return instant(self.model.today + DAY * day, minute) + dt.timedelta(microseconds=off)

    def _place(self, doctor_id: UUID, place: str) -> UUID | None:
        if place == "none":
            return None
        kind = "teleconsultation" if place == "online" else "office"
        rows = [row for row in self.model.places.values() if row["type"] == kind]
        owners = [row["id"] for row in rows if (row["doctor_id"] == doctor_id) is (place in {"online", "office"})]
        return owners[0] if owners else None

    def _window(
        self, *, doctor: int, weekly: bool, day: int, opens: int, open_for: int, place: str, is_active: bool
    ) -> Row:
        date, doctor_id = self.model.today + DAY * day, self.model.doctors[doctor].id
        window: Row = {"doctor_id": doctor_id, "location_id": self._place(doctor_id, place), "is_active": is_active}
        window |= {"weekday": date.isoweekday() if weekly else None, "specific_date": None if weekly else date}
        return window | {"start_minute": opens, "end_minute": min(opens + open_for, 1440)}

    @staticmethod
    def _picked(rows: dict[UUID, Row], pick: int, verb: str | None = None) -> Row | None:
        """One of the rows, the newest first: mostly one that the verb can do something with, else any, deleted ones too."""
        live = [row for row in rows.values() if not row["deleted_at"]]
        apt = [row for row in live if verb not in APT or row["status"] in APT[verb]] if pick % 6 != 5 else []
        chosen = apt or list(rows.values())
        return chosen[-1 - pick % len(chosen)] if chosen else None

    def _picked_window(self, pick: int) -> Row | None:
        """By turns one of any kind, and one of a date on which a visit began, which may be frozen."""
        begun = [row for row in self.model.visits.values() if row["status"] in BEGUN]
        days = {(row["doctor_id"], local(row["starts_at"]).date()) for row in begun}
        rows = self.model.windows
        dated = {key: row for key, row in rows.items() if (row["doctor_id"], row["specific_date"]) in days}
        return self._picked(dated if dated and pick % 2 else rows, pick // 2)

    def _of_visit(self, verb: str, who: str, pick: int, stale: int, **said: Any) -> Request | None:
        row = self._picked(self.model.visits, pick, verb)
        if row is None:
            return None
        arguments = {"row_id": row["id"], "version": row["version"] + stale, **said}
        return Request(verb, self.someone(who, *self._pair(row)), arguments)

    def _pair(self, row: Row) -> tuple[Person, Person]:
        doctor = next(person for person in self.model.doctors if person.id == row["doctor_id"])
        return doctor, next(person for person in self.model.patients if person.id == row["patient_id"])

    def _of_row(self, verb: str, who: str, row: Row | None, stale: int, **said: Any) -> Request | None:
        if row is None:
            return None
        arguments = {"row_id": row["id"], "version": row["version"] + stale, **said}
        return Request(verb, self._of_doctor(who, row["doctor_id"]), arguments)

    def _of_doctor(self, who: str, doctor_id: UUID) -> Who:
        return self.someone(who, next(person for person in self.model.doctors if person.id == doctor_id))
