"""Keys in memory: bounded, forgotten in time, and usable after a fork."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from telemed_store.crypto import DataKey, KeyCache, KeyRing, Purpose, Secret
from telemed_store.database.identity import new_id


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ring_of(subject_id: UUID) -> KeyRing:
    return KeyRing(subject_id, Purpose.CHART, (DataKey(subject_id, Purpose.CHART, 1, Secret(os.urandom(32))),))


def test_a_ring_is_kept_for_its_subject_and_purpose_only() -> None:
    cache, ring = KeyCache(10, 60), ring_of(new_id())
    cache.put(ring)
    assert cache.get(ring.subject_id, Purpose.CHART) is ring
    assert cache.get(ring.subject_id, Purpose.IDENTITY) is None
    assert cache.get(new_id(), Purpose.CHART) is None


def test_the_ring_used_longest_ago_makes_room() -> None:
    cache = KeyCache(2, 60)
    first, second, third = (ring_of(new_id()) for _ in range(3))
    cache.put(first)
    cache.put(second)
    cache.get(first.subject_id, Purpose.CHART)
    cache.put(third)
    assert len(cache) == 2
    assert cache.get(first.subject_id, Purpose.CHART) is first
    assert cache.get(second.subject_id, Purpose.CHART) is None


def test_a_ring_is_forgotten_after_its_time() -> None:
    seconds = Seconds()
    cache, ring = KeyCache(10, 60, seconds), ring_of(new_id())
    cache.put(ring)
    seconds.now += 59.9
    assert cache.get(ring.subject_id, Purpose.CHART) is ring
    seconds.now += 0.1
    assert cache.get(ring.subject_id, Purpose.CHART) is None
    assert len(cache) == 0


def test_absence_is_not_kept() -> None:
    cache = KeyCache(10, 60)
    cache.put(KeyRing(new_id(), Purpose.CHART))
    assert len(cache) == 0


def test_size_nought_keeps_nothing() -> None:
    cache = KeyCache(0, 60)
    cache.put(ring_of(new_id()))
    assert len(cache) == 0


def test_threads_sharing_a_small_cache_stay_within_its_size() -> None:
    cache = KeyCache(5, 60)
    rings = [ring_of(new_id()) for _ in range(20)]
    start = threading.Barrier(8)

    def use(offset: int) -> None:
        start.wait()
        for step in range(2000):
            ring = rings[(offset + step) % len(rings)]
            found = cache.get(ring.subject_id, Purpose.CHART)
            assert found is None or found is ring
            cache.put(ring)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(0, 24, 3)))
    assert len(cache) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_forked_while_the_cache_is_in_use_does_not_hang() -> None:
    """A fork copies a lock as it is: the child gets an empty cache with a free lock."""
    children: list[int] = []

    def fork_while_locked() -> float:
        if not children:
            children.append(os.fork())
            if children == [0]:
                signal.alarm(20)
                found = cache.get(ring.subject_id, Purpose.CHART)
                os._exit(0 if found is None else 1)
        return 0.0

    cache, ring = KeyCache(10, 60, fork_while_locked), ring_of(new_id())
    cache.put(ring)
    _, status = os.waitpid(children[0], 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert cache.get(ring.subject_id, Purpose.CHART) is ring
