"""What a backend of the cache has to do, as tests."""

from __future__ import annotations

import datetime as dt

import pytest

from telemed_store._async.cache.backends import AsyncCacheBackend
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket
from telemed_store.database.identity import new_id
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncCacheConformance"]

KEY = CacheKey("thing:1")
OTHER = CacheKey("thing:2")
TAG = Tag("things:1")
NEIGHBOUR = Tag("things:2")
NONE = dt.timedelta(0)


class AsyncCacheConformance(AsyncConformance):
    """Write a fixture ``cache`` that gives an empty backend.

    Example:
        >>> class TestMine(AsyncCacheConformance):
        ...     @pytest.fixture
        ...     def cache(self) -> MyCache:
        ...         return MyCache()
    """

    async def look(self, cache: AsyncCacheBackend, key: CacheKey = KEY, *tags: Tag) -> Looked:
        """A look at a cache that may be trusted."""
        looked = await cache.look(key, tags)
        assert looked is not None
        return looked

    async def fill(
        self,
        cache: AsyncCacheBackend,
        ticket: Ticket,
        payload: bytes = b"value",
        *tags: Tag,
        version: int = 1,
        key: CacheKey = KEY,
        lifetime: dt.timedelta | None = None,
    ) -> bool:
        """A fill that lives through the test."""
        return await cache.fill(key, tags, ticket, version=version, payload=payload, lifetime=lifetime or self.LONG)

    async def filled(self, cache: AsyncCacheBackend, payload: bytes = b"value", *tags: Tag, version: int = 1) -> None:
        """A value that is kept."""
        looked = await self.look(cache, KEY, *tags)
        assert await self.fill(cache, looked.ticket, payload, *tags, version=version)

    async def test_what_is_filled_in_is_kept(self, cache: AsyncCacheBackend) -> None:
        assert (await self.look(cache)).kept is None
        await self.filled(cache)
        assert (await self.look(cache)).kept == b"value"
        assert (await self.look(cache, OTHER)).kept is None

    @pytest.mark.parametrize("payload", [b"", b"\n", b"\x00\xff,\n", bytes(range(256)) * 4096])
    async def test_any_bytes_are_kept(self, cache: AsyncCacheBackend, payload: bytes) -> None:
        await self.filled(cache, payload)
        assert (await self.look(cache)).kept == payload

    async def test_a_value_goes_when_its_lifetime_is_over(self, cache: AsyncCacheBackend) -> None:
        ticket = (await self.look(cache)).ticket
        assert await self.fill(cache, ticket, lifetime=self.BRIEF)
        await self.outlast(self.BRIEF)
        assert (await self.look(cache)).kept is None

    async def test_a_ticket_fills_once(self, cache: AsyncCacheBackend) -> None:
        ticket = (await self.look(cache)).ticket
        assert await self.fill(cache, ticket, b"first")
        assert not await self.fill(cache, ticket, b"second")
        assert (await self.look(cache)).kept == b"first"

    async def test_a_ticket_that_was_never_given_fills_nothing(self, cache: AsyncCacheBackend) -> None:
        generations = (await self.look(cache)).ticket.generations
        assert not await self.fill(cache, Ticket("", generations))
        assert not await self.fill(cache, (await self.look(cache, OTHER)).ticket)
        assert (await self.look(cache)).kept is None

    async def test_stale_fill_is_refused(self, cache: AsyncCacheBackend) -> None:
        """A slow reader, who has read before the write, must not bring back what the invalidation dropped."""
        ticket = (await self.look(cache)).ticket
        await cache.drop([Stale(KEY, 2)], hold=NONE)
        assert not await self.fill(cache, ticket, version=1)
        assert not await self.fill(cache, ticket, version=9)
        assert (await self.look(cache)).kept is None

    async def test_a_drop_takes_what_is_kept(self, cache: AsyncCacheBackend) -> None:
        for stale in (Stale(KEY, 2), Stale(KEY), Stale(KEY, 2, new_id()), Stale(KEY, 1)):
            await self.filled(cache, version=5)
            await cache.drop([stale], hold=NONE)
            assert (await self.look(cache)).kept is None

    async def test_nothing_below_the_floor_is_filled_in(self, cache: AsyncCacheBackend) -> None:
        await cache.drop([Stale(KEY, 5)], hold=NONE)
        await cache.drop([Stale(KEY, 3), Stale(KEY)], hold=NONE)
        assert not await self.fill(cache, (await self.look(cache)).ticket, version=4)
        assert (await self.look(cache)).kept is None
        assert await self.fill(cache, (await self.look(cache)).ticket, version=5)

    async def test_nothing_older_than_what_is_kept_is_filled_in(self, cache: AsyncCacheBackend) -> None:
        await self.filled(cache, b"new", version=5)
        assert not await self.fill(cache, (await self.look(cache)).ticket, b"old", version=4)
        assert (await self.look(cache)).kept == b"new"

    async def test_a_tag_takes_all_that_was_filled_under_it(self, cache: AsyncCacheBackend) -> None:
        await self.filled(cache, b"value", TAG, NEIGHBOUR)
        await cache.drop([Stale(Tag("things:3")), Stale(OTHER)], hold=NONE)
        assert (await self.look(cache, KEY, TAG, NEIGHBOUR)).kept == b"value"
        await cache.drop([Stale(NEIGHBOUR)], hold=NONE)
        assert (await self.look(cache, KEY, TAG, NEIGHBOUR)).kept is None

    async def test_a_fill_under_a_former_generation_is_refused(self, cache: AsyncCacheBackend) -> None:
        ticket = (await self.look(cache, KEY, TAG)).ticket
        await cache.drop([Stale(TAG)], hold=NONE)
        assert not await self.fill(cache, ticket, b"value", TAG)
        assert (await self.look(cache, KEY, TAG)).kept is None

    async def test_missing_tag_does_not_revive_old_entries(self, cache: AsyncCacheBackend) -> None:
        """What is forgotten is made anew at random: no two generations are ever the same."""
        seen: set[tuple[str, ...]] = set()
        rounds = 5
        for _ in range(rounds):
            await self.filled(cache, b"value", TAG)
            seen.add((await self.look(cache, KEY, TAG)).ticket.generations)
            await cache.clear()
            assert (await self.look(cache, KEY, TAG)).kept is None
            await cache.drop([Stale(TAG)], hold=NONE)
        assert len(seen) == rounds

    async def test_clearing_takes_everything_and_refuses_what_is_under_way(self, cache: AsyncCacheBackend) -> None:
        await self.filled(cache)
        ticket = (await self.look(cache, OTHER)).ticket
        await cache.clear()
        assert (await self.look(cache)).kept is None
        await self.fill(cache, ticket, key=OTHER)
        assert (await self.look(cache, OTHER)).kept is None

    async def test_a_key_and_a_tag_of_one_name_are_two(self, cache: AsyncCacheBackend) -> None:
        namesake = Tag(KEY.text)
        await self.filled(cache, b"value", namesake)
        await cache.drop([Stale(KEY)], hold=NONE)
        await self.filled(cache, b"again", namesake)
        await cache.drop([Stale(namesake)], hold=NONE)
        assert (await self.look(cache, KEY, namesake)).kept is None

    @pytest.mark.parametrize("what", [KEY, TAG])
    async def test_what_is_held_is_neither_shown_nor_filled_in(
        self, cache: AsyncCacheBackend, what: CacheKey | Tag
    ) -> None:
        """Nobody knows whether the change is committed, or will be: what the database answers may be old in a moment."""
        ticket = (await self.look(cache, KEY, TAG)).ticket
        await self.filled(cache, b"value", TAG)
        await cache.drop([Stale(what)], hold=self.LONG)
        await cache.drop([Stale(what, 1)], hold=NONE)
        assert not await self.fill(cache, ticket, b"value", TAG)
        looked = await cache.look(KEY, [TAG])
        if looked is not None:
            assert looked.kept is None
            assert not await self.fill(cache, looked.ticket, b"value", TAG)
            assert (await self.look(cache, KEY, TAG)).kept is None

    @pytest.mark.parametrize("what", [KEY, TAG])
    async def test_a_hold_ends(self, cache: AsyncCacheBackend, what: CacheKey | Tag) -> None:
        await cache.drop([Stale(what)], hold=self.BRIEF)
        await self.outlast(self.BRIEF)
        await self.filled(cache, b"value", TAG)
        assert (await self.look(cache, KEY, TAG)).kept == b"value"

    async def test_many_things_are_dropped_at_once(self, cache: AsyncCacheBackend) -> None:
        await self.filled(cache, b"value", TAG)
        await cache.drop([Stale(CacheKey(f"thing:{number}"), number) for number in range(1200)], hold=NONE)
        await cache.drop([], hold=NONE)
        assert (await self.look(cache, KEY, TAG)).kept is None

    async def test_the_position_only_grows_until_everything_goes(self, cache: AsyncCacheBackend) -> None:
        if not cache.is_shared():
            return
        assert await cache.position() is None
        for position in ("2030-01-07", "2030-01-08", "2030-01-07"):
            await cache.reached(position)
        assert await cache.position() == "2030-01-08"
        await cache.clear()
        assert await cache.position() is None
