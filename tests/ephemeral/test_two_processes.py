"""Two processes with some threads each, on one Redis: what is promised to one caller is promised to all of them together."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import chain
from typing import Any

import contender
import pytest
from contender import LIMIT, SOMEBODY, THREADS, Contender

from telemed_store.crypto import MasterKeys

DEADLINE = 120
PROCESSES = 2


@pytest.mark.slow
@pytest.mark.telemed_size(rounds=(8, 400))
def test_they_get_what_one_of_them_would_get(
    telemed_redis_url: str, telemed_redis_namespace: str, telemed_size: Any
) -> None:
    keys = MasterKeys.generate().to_setting().get_secret_value()
    arguments = [telemed_redis_url, telemed_redis_namespace, keys]
    processes = [
        subprocess.Popen(
            [sys.executable, str(contender.__file__), *arguments, str(PROCESSES), str(telemed_size.rounds)],
            stdout=subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]
    answers = [json.loads(process.communicate(timeout=DEADLINE)[0]) for process in processes]
    calls = PROCESSES * THREADS * telemed_size.rounds

    assert calls > LIMIT.hits
    assert sum(chain.from_iterable(answer["allowed"] for answer in answers)) == LIMIT.hits
    epochs = list(chain.from_iterable(chain.from_iterable(answer["epochs"] for answer in answers)))
    assert len(set(epochs)) == len(epochs) == calls
    assert all(mine == sorted(mine) for answer in answers for mine in answer["epochs"])
    assert [number for answer in answers for number in answer["lost"] + answer["risen"]] == [
        0
    ] * 2 * PROCESSES * THREADS

    after = Contender(*arguments)
    assert after.counters.get("unread", SOMEBODY) >= calls
    after.counters.reset("unread", SOMEBODY)
    assert after.counters.get("unread", SOMEBODY) == calls
    after.redis.close()
