"""A doctor's calendar as the contract describes it (domain §3), in plain Python: windows, blocks, places, what is free."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from .facts import BEGUN, CUTOFF, DAY, HALF_HOUR, HOLDING_TIME, ZONE, Person, Refusal, Row, Who, instant, local


@dataclass
class CalendarModel:
    """Everything that decides when a doctor can be booked. Rows are found by their ids, deleted ones too."""

    now: dt.datetime
    doctors: list[Person] = field(default_factory=list)
    patients: list[Person] = field(default_factory=list)
    places: dict[UUID, Row] = field(default_factory=dict)
    windows: dict[UUID, Row] = field(default_factory=dict)
    blocks: dict[UUID, Row] = field(default_factory=dict)
    visits: dict[UUID, Row] = field(default_factory=dict)

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
        return 1 + sum(int(row["version"]) for row in self.windows.values() if row["doctor_id"] == doctor_id)

    # --- blocked dates and places -------------------------------------------------------------------------------------------

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

    # --- checks and rows ----------------------------------------------------------------------------------------------------

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
        met = [row for row in rivals if row["doctor_id"] == window["doctor_id"] and windows_meet(row, window)]
        if met:
            raise Refusal("AlreadyExists", existing_id=min(met, key=lambda row: row["start_minute"])["id"])

    def _check_not_frozen(self, windows: list[Row]) -> None:
        for window in (window for window in windows if window["specific_date"]):
            opens, closes = (instant(window["specific_date"], window[edge]) for edge in ("start_minute", "end_minute"))
            for row in self.visits.values():
                begun = row["status"] in BEGUN and row["doctor_id"] == window["doctor_id"]
                if begun and row["starts_at"] < closes and opens < row["ends_at"]:
                    raise Refusal("Conflict")

    def _check_no_block_meets(self, block: Row) -> None:
        rivals = [row for row in self.blocks.values() if not row["deleted_at"] and row["id"] != block["id"]]
        own = [row for row in rivals if row["doctor_id"] == block["doctor_id"]]
        met = [
            row for row in own if row["first_date"] <= block["last_date"] and block["first_date"] <= row["last_date"]
        ]
        if met:
            raise Refusal("AlreadyExists", existing_id=min(met, key=lambda row: row["last_date"])["id"])

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
