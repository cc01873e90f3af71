"""What the state machine may wish for: plain drawn data, "cancel the third visit, as its patient, with a stale version".

So a wish can be drawn before anybody knows which rows there will be, shrinks well, and reads well in a failing example. How it becomes a
request to the clinic as it is at that moment says ``requests.py``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st


class Wish(NamedTuple):
    """A verb, on whose behalf, and what was drawn for it."""

    verb: str
    who: str
    said: dict[str, Any]


class Unit(NamedTuple):
    """A unit of work of one actor: parts of it plain, in a savepoint that is kept, or in one that is undone; then its end."""

    who: str
    parts: list[tuple[str, list[Wish]]]
    commits: bool


class Tick(NamedTuple):
    """The clock goes to just before, at or just behind a moment: counted from now, or from the start of a visit."""

    moment: str
    pick: int
    minutes: int
    off: int


WHO = st.sampled_from(["system"] * 6 + ["doctor"] * 3 + ["patient"] * 2 + ["stranger"])
PICK = st.integers(0, 23)
# What is added to the version that the row has: mostly nothing.
STALE = st.sampled_from([0] * 14 + [-1, 1])
# Of a week's free slots those of today and tomorrow more often.
SLOT = st.one_of(st.integers(0, 14), st.integers(0, 80))
SIDE = st.integers(0, 1)
DAYS = st.sampled_from([0, 1, 1, 1, 2, 2, 3, 6, -1])
# Around a morning from eight to twelve, the edges and back-to-back times more often than others, and the last half hour of a day.
MINUTES = st.sampled_from([450, 480, 480, 495, 510, 510, 525, 540, 545, 570, 600, 690, 700, 720, 1410])
# A microsecond off tells an interval's end that is included from one that is not.
OFF = st.sampled_from([0] * 10 + [1, -1])
LENGTHS = st.sampled_from([None] * 4 + [15, 30, 45, 60, 90, 1440, 1441])
PLACES = st.sampled_from(["none", "none", "none", "online", "office", "another doctor's"])
OVERRIDES = st.sampled_from([None, None, None, "asked for by phone"])
KEYS = st.sampled_from([None, None, "key 1", "key 2"])
NOTES = st.sampled_from([None, "bring the exams"])
OPENINGS = st.sampled_from([480, 480, 420, 540, 555, 600, 720, 1380])
OPEN_FOR = st.sampled_from([60, 60, 90, 240, 30, 59])


def wish(verb: str, who: st.SearchStrategy[str] = WHO, **said: st.SearchStrategy[Any]) -> st.SearchStrategy[Wish]:
    return st.builds(Wish, st.just(verb), who, st.fixed_dictionaries(said))


_TIMES: dict[str, Any] = {"day": DAYS, "minute": MINUTES, "off": OFF}
_A_WINDOW: dict[str, Any] = {
    "doctor": SIDE,
    "weekly": st.booleans(),
    "day": st.integers(-1, 4),
    "opens": OPENINGS,
    "open_for": OPEN_FOR,
    "place": PLACES,
    "is_active": st.sampled_from([True, True, True, False]),
}

BOOK = wish(
    "schedule",
    doctor=SIDE,
    patient=SIDE,
    **_TIMES,
    length=LENGTHS,
    place=PLACES,
    notes=NOTES,
    key=KEYS,
    override=OVERRIDES,
)
BOOK_A_FREE_SLOT = wish("schedule_a_slot", doctor=SIDE, patient=SIDE, pick=SLOT, key=KEYS)
# A walk-in: now is too late already.
BOOK_NOW = wish("schedule_now", doctor=SIDE, patient=SIDE, off=st.sampled_from([0, 0, 1, -1]))
BOOK_BESIDE = wish(
    "schedule_beside",
    pick=PICK,
    with_the_other=st.sampled_from(["doctor", "patient"]),
    by=st.sampled_from([30, -30, 60, 15, -15, 0]),
    off=OFF,
    length=LENGTHS,
    override=OVERRIDES,
)
BOOK_AGAIN = wish("schedule_again", pick=PICK, other_content=st.sampled_from([False, False, True]))
MOVE = wish(
    "reschedule",
    pick=PICK,
    stale=STALE,
    **_TIMES,
    length=st.one_of(LENGTHS, st.sampled_from([0, -30])),
    override=OVERRIDES,
)
NUDGE = wish("nudge", pick=PICK, stale=STALE, by=st.sampled_from([0, 15, 30, -15, -30, 60, 1440]), override=OVERRIDES)
START = wish("start", pick=PICK, stale=STALE)
COMPLETE = wish("complete", pick=PICK, stale=STALE)
CANCEL = wish("cancel", pick=PICK, stale=STALE, reason=st.sampled_from([None, "the patient travels"]))
NO_SHOW = wish("mark_no_show", pick=PICK, stale=STALE)
UPDATE = wish(
    "update",
    pick=PICK,
    stale=STALE,
    fields=st.sampled_from([("notes",), ("location_id",), ("location_id",), ("notes", "location_id"), ()]),
    place=st.sampled_from(["online", "online", "office", "none", "another doctor's"]),
    notes=NOTES,
)
DELETE = wish("delete", pick=PICK, stale=STALE)
IMPORT = wish(
    "import_completed",
    st.sampled_from(["system", "system", "system", "doctor"]),
    visits=st.lists(
        st.fixed_dictionaries(
            {
                "doctor": SIDE,
                "patient": SIDE,
                "days_ago": st.sampled_from([0, 1, 2, 30]),
                "minute": MINUTES,
                "length": st.sampled_from([30, 30, 45, 0, -10, 1440, 1441]),
                "place": PLACES,
                "source_key": st.sampled_from([None, "old 1", "old 2"]),
            }
        ),
        max_size=3,
    ),
)
ADD_WINDOW = wish("add_window", **_A_WINDOW)
CHANGE_WINDOW = wish(
    "update_window",
    pick=PICK,
    stale=STALE,
    fields=st.sets(st.sampled_from(["start_minute", "end_minute", "location_id", "is_active", "weekday"]), max_size=2),
    **_A_WINDOW,
)
REMOVE_WINDOW = wish("remove_window", pick=PICK, stale=STALE)
SAVE_SCHEDULE = wish(
    "save_schedule",
    doctor=SIDE,
    stale=STALE,
    keep=st.sampled_from([7, 7, 7, 9, 3, 0]),
    # None of the past: the schedule that a save returns does not show those, so that nobody would learn their ids.
    windows=st.lists(st.fixed_dictionaries(_A_WINDOW | {"day": st.integers(0, 4)}), max_size=2),
)
BLOCKED = {"day": st.sampled_from([1, 2, 2, 3, 3, 6, 0, -1]), "days": st.sampled_from([0, 0, 1, 2])}
BLOCK = wish("block_dates", doctor=SIDE, **BLOCKED, reason=NOTES)
BLOCK_BESIDE = wish("block_beside", pick=PICK, before=st.booleans(), gap=st.sampled_from([0, 0, 1, -1]))
CHANGE_BLOCK = wish(
    "update_block",
    pick=PICK,
    stale=STALE,
    fields=st.sets(st.sampled_from(["first_date", "last_date", "reason"]), max_size=2),
    **BLOCKED,
    reason=NOTES,
)
REMOVE_BLOCK = wish("remove_block", pick=PICK, stale=STALE)
GRANT = wish("grant", patient=SIDE)
REVOKE = wish("revoke", patient=SIDE)
OPEN_PLACE = wish("open_place", doctor=SIDE, stale=STALE, is_active=st.booleans())

VISITING = (
    *[BOOK_A_FREE_SLOT] * 5,
    *[BOOK_BESIDE, NUDGE, START, COMPLETE] * 3,
    *[UPDATE] * 4,
    *[BOOK, DELETE] * 2,
    *[BOOK_NOW, BOOK_AGAIN, MOVE, CANCEL, NO_SHOW, IMPORT],
)
BEGINNING = st.one_of(*[BOOK_A_FREE_SLOT] * 3, *[START] * 2, COMPLETE, CANCEL)
CALENDAR = (ADD_WINDOW, CHANGE_WINDOW, REMOVE_WINDOW, SAVE_SCHEDULE, BLOCK, BLOCK_BESIDE, CHANGE_BLOCK, REMOVE_BLOCK)
ANY = st.one_of(*VISITING, *CALENDAR, *[GRANT] * 2, REVOKE, OPEN_PLACE)
UNIT = st.builds(
    Unit,
    WHO,
    st.lists(
        st.tuples(st.sampled_from(["plain", "kept", "undone"]), st.lists(ANY, min_size=1, max_size=3)),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
TICK = st.one_of(
    st.builds(
        Tick, st.just("now"), PICK, st.sampled_from([0, 1, 30, 60, 180, 1440, -1, -30, -180, -1440]), st.just(-1)
    ),
    # Five minutes before: the last moment at which the slot is offered.
    st.builds(Tick, st.just("visit"), PICK, st.sampled_from([0, -5, -35]), st.sampled_from([-1, 0, 0, 1])),
)
MOMENTS = st.lists(st.one_of(*[ANY] * 6, UNIT, *[TICK] * 2), min_size=5, max_size=10)
