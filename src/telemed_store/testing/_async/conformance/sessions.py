"""What a backend of sessions has to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from telemed_store._async.ephemeral.sessions import AsyncSessions
from telemed_store.errors import Conflict, ValidationFailed
from telemed_store.testing._async._synchronization import at_once
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncSessionsConformance"]

MakeSessions = Callable[[dt.timedelta], AsyncSessions]


class AsyncSessionsConformance(AsyncConformance):
    """Write the fixture ``make_sessions``: a function from a lifetime to a backend; all it makes share what they keep."""

    @pytest.fixture
    def sessions(self, make_sessions: MakeSessions) -> AsyncSessions:
        """What begins in it outlives the test."""
        return make_sessions(self.LONG)

    @pytest.fixture
    def brief_sessions(self, make_sessions: MakeSessions) -> AsyncSessions:
        """What begins in it can be outlasted."""
        return make_sessions(self.BRIEF)

    async def test_a_token_opens_its_session(self, sessions: AsyncSessions) -> None:
        user = uuid4()
        payload: dict[str, Any] = {"role": "doctor", "n": 1, "x": 1.5, "ok": True, "none": None, "é": ["ü", {"a": []}]}
        issued = await sessions.create(user, payload)

        session = await sessions.get(issued.token)
        assert session is not None
        assert (session.id, session.user_id) == (issued.session.id, user)
        assert session.payload == issued.session.payload == payload
        assert session.created_at == issued.session.created_at
        assert await sessions.get(issued.token.get_secret_value()) is not None
        assert (await sessions.create(user)).session.payload == {}

    async def test_no_token_is_like_another_or_shown(self, sessions: AsyncSessions) -> None:
        user = uuid4()
        issued = [await sessions.create(user, {"note": "hypertension"}) for _ in range(3)]

        tokens = {one.token.get_secret_value() for one in issued}
        assert len(tokens) == len({one.session.id for one in issued}) == 3
        shown = "".join(map(repr, [*issued, *await sessions.list(user)])) + "".join(map(str, issued))
        for token in tokens:
            assert len(token) >= 43
            assert token not in shown
            assert token.rpartition(".")[2] not in shown
        assert "hypertension" not in shown

    async def test_each_use_prolongs_a_session(self, sessions: AsyncSessions) -> None:
        issued = await sessions.create(uuid4())
        began = issued.session
        assert began.created_at == began.last_seen_at == began.expires_at - self.LONG
        await self.outlast(dt.timedelta(0))

        got = await sessions.get(issued.token)
        assert got is not None
        assert began.created_at == got.created_at < got.last_seen_at == got.expires_at - self.LONG
        await self.outlast(dt.timedelta(0))
        assert await sessions.touch(issued.token)
        (listed,) = await sessions.list(began.user_id)
        assert listed.expires_at > got.expires_at
        assert await sessions.list(began.user_id) == [listed]

    async def test_what_expired_is_as_if_it_had_never_been(
        self, sessions: AsyncSessions, brief_sessions: AsyncSessions
    ) -> None:
        issued = await brief_sessions.create(uuid4())
        stays = await sessions.create(issued.session.user_id)
        await self.outlast(self.BRIEF)

        for backend in (sessions, brief_sessions):
            assert await backend.get(issued.token) is None
            assert not await backend.touch(issued.token)
            assert not await backend.revoke(issued.token)
        assert [one.id for one in await sessions.list(issued.session.user_id)] == [stays.session.id]
        assert await sessions.revoke_all(issued.session.user_id) == 1

    async def test_revoking_ends_one_session(self, sessions: AsyncSessions) -> None:
        user = uuid4()
        one, other = await sessions.create(user), await sessions.create(user)

        assert await sessions.revoke(one.token)
        assert not await sessions.revoke(one.token)
        assert await sessions.get(one.token) is None
        assert not await sessions.touch(one.token)
        assert await sessions.get(other.token) is not None

    async def test_a_session_is_revoked_by_its_id_and_user(self, sessions: AsyncSessions) -> None:
        user, somebody_else = uuid4(), uuid4()
        one, other = await sessions.create(user), await sessions.create(user)
        await sessions.create(somebody_else)

        assert not await sessions.revoke_by_id(somebody_else, one.session.id)
        assert await sessions.revoke_by_id(user, one.session.id)
        assert not await sessions.revoke_by_id(user, one.session.id)
        assert await sessions.get(one.token) is None
        assert await sessions.get(other.token) is not None

    async def test_revoking_all_ends_those_of_one_user(self, sessions: AsyncSessions) -> None:
        user, somebody_else = uuid4(), uuid4()
        mine = [await sessions.create(user) for _ in range(3)]
        others = await sessions.create(somebody_else)

        assert await sessions.revoke_all(user, keep=mine[1].session.id) == 2
        assert [await sessions.get(one.token) is not None for one in mine] == [False, True, False]
        assert await sessions.revoke_all(user) == 1
        assert await sessions.revoke_all(user) == 0
        assert await sessions.list(user) == []
        assert await sessions.get(others.token) is not None

    async def test_the_list_shows_the_last_used_first(self, sessions: AsyncSessions) -> None:
        user = uuid4()
        issued = [await sessions.create(user, {"device": n}) for n in range(3)]
        await self.outlast(dt.timedelta(0))
        used = await sessions.get(issued[0].token)

        listed = await sessions.list(user)
        assert listed[0] == used
        assert sorted(str(one.payload["device"]) for one in listed) == ["0", "1", "2"]
        assert {one.user_id for one in listed} == {user}
        assert await sessions.list(uuid4()) == []

    async def test_uses_at_once_with_a_revocation_bring_nothing_back(self, sessions: AsyncSessions) -> None:
        user = uuid4()
        issued = [await sessions.create(user) for _ in range(4)]
        calls: list[Callable[[], Any]] = [partial(sessions.revoke_all, user)]
        for one in issued:
            calls += [partial(sessions.get, one.token), partial(sessions.touch, one.token)]
        await at_once(calls[1:5] + calls[:1] + calls[5:])

        assert [await sessions.get(one.token) for one in issued] == [None] * 4
        assert await sessions.list(user) == []

    async def test_a_login_that_began_before_a_revocation_begins_no_session(self, sessions: AsyncSessions) -> None:
        user = uuid4()
        seen = await sessions.generation(user)
        await sessions.create(user, generation=seen)
        await sessions.revoke_all(user)

        with pytest.raises(Conflict):
            await sessions.create(user, generation=seen)
        assert await sessions.list(user) == []
        second = await sessions.generation(user)
        assert second != seen
        await sessions.create(user, generation=second)
        await sessions.revoke_all(user)
        with pytest.raises(Conflict):
            await sessions.create(user, generation=second)
        await sessions.create(user)
        await sessions.create(uuid4(), generation=await sessions.generation(uuid4()))

    async def test_what_is_no_token_opens_nothing(self, sessions: AsyncSessions) -> None:
        one, other = await sessions.create(uuid4()), await sessions.create(uuid4())
        token, foreign = one.token.get_secret_value(), other.token.get_secret_value()
        half = len(token) // 2
        for wrong in (
            "",
            "x",
            token[:-1],
            token + "A",
            token + "\n",
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            token[:half] + foreign[half:],
            token.rpartition(".")[0] + "." + foreign.rpartition(".")[2],
            token.upper(),
            f"{{{token}}}",
            "*" * len(token),
            "a\x00b",
            "\ud800",
            "a" * 1_000_000,
        ):
            assert await sessions.get(wrong) is None
            assert await sessions.get(SecretStr(wrong)) is None
            assert not await sessions.touch(wrong)
            assert not await sessions.revoke(wrong)
        assert await sessions.get(one.token) is not None

    @pytest.mark.parametrize(
        "payload",
        [
            {1: 2},
            {"a": float("nan")},
            {"a": b"x"},
            {"a": uuid4()},
            {"a": "\ud800"},
            {"\ud800": 1},
            {"a": "\x00"},
            {"a": 10**5000},
            {"a": "x" * 20_000},
            ["a"],
            "a",
            7,
        ],
    )
    async def test_a_wrong_payload_is_refused_by_name(self, sessions: AsyncSessions, payload: Any) -> None:
        with pytest.raises(ValidationFailed) as refused:
            await sessions.create(uuid4(), payload)
        assert list(refused.value.fields) == ["payload"]

    async def test_a_payload_without_end_is_refused_by_name(self, sessions: AsyncSessions) -> None:
        cyclic: dict[str, Any] = {}
        cyclic["again"] = cyclic
        deep: dict[str, Any] = {}
        for _ in range(10_000):
            deep = {"deeper": deep}
        for payload in (cyclic, deep):
            with pytest.raises(ValidationFailed) as refused:
                await sessions.create(uuid4(), payload)
            assert list(refused.value.fields) == ["payload"]

    async def test_wrong_arguments_are_refused_by_name(self, sessions: AsyncSessions) -> None:
        wrong: Any = 7
        calls: list[tuple[list[str], Callable[[], Any]]] = [
            (["user_id"], lambda: sessions.create(wrong)),
            (["generation"], lambda: sessions.create(uuid4(), generation=-1)),
            (["user_id"], lambda: sessions.generation(wrong)),
            (["token"], lambda: sessions.get(wrong)),
            (["token"], lambda: sessions.touch(wrong)),
            (["token"], lambda: sessions.revoke(wrong)),
            (["user_id", "session_id"], lambda: sessions.revoke_by_id(wrong, wrong)),
            (["user_id", "keep"], lambda: sessions.revoke_all(wrong, keep=wrong)),
            (["user_id"], lambda: sessions.list(wrong)),
        ]
        for fields, call in calls:
            with pytest.raises(ValidationFailed) as refused:
                await call()
            assert list(refused.value.fields) == fields
