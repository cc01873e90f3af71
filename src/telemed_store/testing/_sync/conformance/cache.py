# Generated from _async/conformance/cache.py by tools/sync.py. Do not edit.
"""What a backend of the cache has to do, as tests."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._sync.cache.backends import CacheBackend
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket
from telemed_store.database.identity import new_id
from telemed_store.testing._sync.conformance.base import Conformance

__all__ = ["CacheConformance"]

KEY = CacheKey("thing:1")
OTHER = CacheKey("thing:2")
TAG = Tag("things:1")
NEIGHBOUR = Tag("things:2")
NONE = dt.timedelta(0)


class CacheConformance(Conformance):
    """Write a fixture ``cache`` that gives an empty backend.

    Example:
        >>> class TestMine(CacheConformance):
        ...     @pytest.fixture
        ...     def cache(self) -> MyCache:
        ...         return MyCache()
    """

    def look(self, cache: CacheBackend, key: CacheKey = KEY, *tags: Tag) -> Looked:
        """A look at a cache that may be trusted."""
        looked = cache.look(key, tags)
        assert looked is not None
        return looked

    def fill(
        self,
        cache: CacheBackend,
        ticket: Ticket,
        payload: bytes = b"value",
        *tags: Tag,
        version: int = 1,
        key: CacheKey = KEY,
        lifetime: dt.timedelta | None = None,
    ) -> bool:
        """A fill that lives through the test."""
        return cache.fill(key, tags, ticket, version=version, payload=payload, lifetime=lifetime or self.LONG)

    def filled(self, cache: CacheBackend, payload: bytes = b"value", *tags: Tag, version: int = 1) -> None:
        """A value that is kept."""
        looked = self.look(cache, KEY, *tags)
        assert self.fill(cache, looked.ticket, payload, *tags, version=version)

    def test_what_is_filled_in_is_kept(self, cache: CacheBackend) -> None:
        assert self.look(cache).kept is None
        self.filled(cache)
        assert self.look(cache).kept == b"value"
        assert self.look(cache, OTHER).kept is None

    @pytest.mark.parametrize("payload", [b"", b"\n", b"\x00\xff,\n", bytes(range(256)) * 4096])
    def test_any_bytes_are_kept(self, cache: CacheBackend, payload: bytes) -> None:
        self.filled(cache, payload)
        assert self.look(cache).kept == payload

    def test_a_value_goes_when_its_lifetime_is_over(self, cache: CacheBackend) -> None:
        ticket = self.look(cache).ticket
        assert self.fill(cache, ticket, lifetime=self.BRIEF)
        self.outlast(self.BRIEF)
        assert self.look(cache).kept is None

    def test_a_ticket_fills_once(self, cache: CacheBackend) -> None:
        ticket = self.look(cache).ticket
        assert self.fill(cache, ticket, b"first")
        assert not self.fill(cache, ticket, b"second")
        assert self.look(cache).kept == b"first"

    def test_a_ticket_that_was_never_given_fills_nothing(self, cache: CacheBackend) -> None:
        generations = self.look(cache).ticket.generations
        assert not self.fill(cache, Ticket("", generations))
        assert not self.fill(cache, self.look(cache, OTHER).ticket)
        assert self.look(cache).kept is None

    def test_stale_fill_is_refused(self, cache: CacheBackend) -> None:
        """A slow reader, who has read before the write, must not bring back what the invalidation dropped."""
        ticket = self.look(cache).ticket
        cache.drop([Stale(KEY, 2)], hold=NONE)
        assert not self.fill(cache, ticket, version=1)
        assert not self.fill(cache, ticket, version=9)
        assert self.look(cache).kept is None

    def test_a_drop_takes_what_is_kept(self, cache: CacheBackend) -> None:
        for stale in (Stale(KEY, 2), Stale(KEY), Stale(KEY, 2, new_id()), Stale(KEY, 1)):
            self.filled(cache, version=5)
            cache.drop([stale], hold=NONE)
            assert self.look(cache).kept is None

    def test_nothing_below_the_floor_is_filled_in(self, cache: CacheBackend) -> None:
        cache.drop([Stale(KEY, 5)], hold=NONE)
        cache.drop([Stale(KEY, 3), Stale(KEY)], hold=NONE)
        assert not self.fill(cache, self.look(cache).ticket, version=4)
        assert self.look(cache).kept is None
        assert self.fill(cache, self.look(cache).ticket, version=5)

    def test_nothing_older_than_what_is_kept_is_filled_in(self, cache: CacheBackend) -> None:
        self.filled(cache, b"new", version=5)
        assert not self.fill(cache, self.look(cache).ticket, b"old", version=4)
        assert self.look(cache).kept == b"new"

    def test_a_tag_takes_all_that_was_filled_under_it(self, cache: CacheBackend) -> None:
        self.filled(cache, b"value", TAG, NEIGHBOUR)
        cache.drop([Stale(Tag("things:3")), Stale(OTHER)], hold=NONE)
        assert self.look(cache, KEY, TAG, NEIGHBOUR).kept == b"value"
        cache.drop([Stale(NEIGHBOUR)], hold=NONE)
        assert self.look(cache, KEY, TAG, NEIGHBOUR).kept is None

    def test_a_fill_under_a_former_generation_is_refused(self, cache: CacheBackend) -> None:
        ticket = self.look(cache, KEY, TAG).ticket
        cache.drop([Stale(TAG)], hold=NONE)
        assert not self.fill(cache, ticket, b"value", TAG)
        assert self.look(cache, KEY, TAG).kept is None

    def test_missing_tag_does_not_revive_old_entries(self, cache: CacheBackend) -> None:
        """What is forgotten is made anew at random: no two generations are ever the same."""
        seen: set[tuple[str, ...]] = set()
        rounds = 5
        for _ in range(rounds):
            self.filled(cache, b"value", TAG)
            seen.add(self.look(cache, KEY, TAG).ticket.generations)
            cache.clear()
            assert self.look(cache, KEY, TAG).kept is None
            cache.drop([Stale(TAG)], hold=NONE)
        assert len(seen) == rounds

    def test_clearing_takes_everything_and_refuses_what_is_under_way(self, cache: CacheBackend) -> None:
        self.filled(cache)
        ticket = self.look(cache, OTHER).ticket
        cache.clear()
        assert self.look(cache).kept is None
        self.fill(cache, ticket, key=OTHER)
        assert self.look(cache, OTHER).kept is None

    def test_a_key_and_a_tag_of_one_name_are_two(self, cache: CacheBackend) -> None:
        namesake = Tag(KEY.text)
        self.filled(cache, b"value", namesake)
        cache.drop([Stale(KEY)], hold=NONE)
        self.filled(cache, b"again", namesake)
        cache.drop([Stale(namesake)], hold=NONE)
        assert self.look(cache, KEY, namesake).kept is None

    @pytest.mark.parametrize("what", [KEY, TAG])
    def test_what_is_held_is_neither_shown_nor_filled_in(self, cache: CacheBackend, what: CacheKey | Tag) -> None:
        """Nobody knows whether the change is committed, or will be: what the database answers may be old in a moment."""
        ticket = self.look(cache, KEY, TAG).ticket
        self.filled(cache, b"value", TAG)
        cache.drop([Stale(what)], hold=self.LONG)
        cache.drop([Stale(what, 1)], hold=NONE)
        assert not self.fill(cache, ticket, b"value", TAG)
        looked = cache.look(KEY, [TAG])
        if looked is not None:
            assert looked.kept is None
            assert not self.fill(cache, looked.ticket, b"value", TAG)
            assert self.look(cache, KEY, TAG).kept is None

    @pytest.mark.parametrize("what", [KEY, TAG])
    def test_a_hold_ends(self, cache: CacheBackend, what: CacheKey | Tag) -> None:
        cache.drop([Stale(what)], hold=self.BRIEF)
        self.outlast(self.BRIEF)
        self.filled(cache, b"value", TAG)
        assert self.look(cache, KEY, TAG).kept == b"value"

    def test_many_things_are_dropped_at_once(self, cache: CacheBackend) -> None:
        self.filled(cache, b"value", TAG)
        cache.drop([Stale(CacheKey(f"thing:{number}"), number) for number in range(1200)], hold=NONE)
        cache.drop([], hold=NONE)
        assert self.look(cache, KEY, TAG).kept is None

    def test_the_position_only_grows_until_everything_goes(self, cache: CacheBackend) -> None:
        if not cache.is_shared():
            return
        assert cache.position() is None
        for position in ("2030-01-07", "2030-01-08", "2030-01-07"):
            cache.reached(position)
        assert cache.position() == "2030-01-08"
        cache.clear()
        assert cache.position() is None
