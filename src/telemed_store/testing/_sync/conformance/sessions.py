# Generated from _async/conformance/sessions.py by tools/sync.py. Do not edit.
"""What a backend of sessions has to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from telemed_store._sync.ephemeral.sessions import Sessions
from telemed_store.errors import Conflict, ValidationFailed
from telemed_store.testing._sync._synchronization import at_once
from telemed_store.testing._sync.conformance.base import Conformance

__all__ = ["SessionsConformance"]

MakeSessions = Callable[[dt.timedelta], Sessions]


class SessionsConformance(Conformance):
    """Write the fixture ``make_sessions``: a function from a lifetime to a backend; all it makes share what they keep."""

    @pytest.fixture
    def sessions(self, make_sessions: MakeSessions) -> Sessions:
        """What begins in it outlives the test."""
        return make_sessions(self.LONG)

    @pytest.fixture
    def brief_sessions(self, make_sessions: MakeSessions) -> Sessions:
        """What begins in it can be outlasted."""
        return make_sessions(self.BRIEF)

    def test_a_token_opens_its_session(self, sessions: Sessions) -> None:
        user = uuid4()
        payload: dict[str, Any] = {"role": "doctor", "n": 1, "x": 1.5, "ok": True, "none": None, "é": ["ü", {"a": []}]}
        issued = sessions.create(user, payload)

        session = sessions.get(issued.token)
        assert session is not None
        assert (session.id, session.user_id) == (issued.session.id, user)
        assert session.payload == issued.session.payload == payload
        assert session.created_at == issued.session.created_at
        assert sessions.get(issued.token.get_secret_value()) is not None
        assert sessions.create(user).session.payload == {}

    def test_no_token_is_like_another_or_shown(self, sessions: Sessions) -> None:
        user = uuid4()
        issued = [sessions.create(user, {"note": "hypertension"}) for _ in range(3)]

        tokens = {one.token.get_secret_value() for one in issued}
        assert len(tokens) == len({one.session.id for one in issued}) == 3
        shown = "".join(map(repr, [*issued, *sessions.list(user)])) + "".join(map(str, issued))
        for token in tokens:
            assert len(token) >= 43
            assert token not in shown
            assert token.rpartition(".")[2] not in shown
        assert "hypertension" not in shown

    def test_each_use_prolongs_a_session(self, sessions: Sessions) -> None:
        issued = sessions.create(uuid4())
        began = issued.session
        assert began.created_at == began.last_seen_at == began.expires_at - self.LONG
        self.outlast(dt.timedelta(0))

        got = sessions.get(issued.token)
        assert got is not None
        assert began.created_at == got.created_at < got.last_seen_at == got.expires_at - self.LONG
        self.outlast(dt.timedelta(0))
        assert sessions.touch(issued.token)
        (listed,) = sessions.list(began.user_id)
        assert listed.expires_at > got.expires_at
        assert sessions.list(began.user_id) == [listed]

    def test_what_expired_is_as_if_it_had_never_been(self, sessions: Sessions, brief_sessions: Sessions) -> None:
        issued = brief_sessions.create(uuid4())
        stays = sessions.create(issued.session.user_id)
        self.outlast(self.BRIEF)

        for backend in (sessions, brief_sessions):
            assert backend.get(issued.token) is None
            assert not backend.touch(issued.token)
            assert not backend.revoke(issued.token)
        assert [one.id for one in sessions.list(issued.session.user_id)] == [stays.session.id]
        assert sessions.revoke_all(issued.session.user_id) == 1

    def test_revoking_ends_one_session(self, sessions: Sessions) -> None:
        user = uuid4()
        one, other = sessions.create(user), sessions.create(user)

        assert sessions.revoke(one.token)
        assert not sessions.revoke(one.token)
        assert sessions.get(one.token) is None
        assert not sessions.touch(one.token)
        assert sessions.get(other.token) is not None

    def test_a_session_is_revoked_by_its_id_and_user(self, sessions: Sessions) -> None:
        user, somebody_else = uuid4(), uuid4()
        one, other = sessions.create(user), sessions.create(user)
        sessions.create(somebody_else)

        assert not sessions.revoke_by_id(somebody_else, one.session.id)
        assert sessions.revoke_by_id(user, one.session.id)
        assert not sessions.revoke_by_id(user, one.session.id)
        assert sessions.get(one.token) is None
        assert sessions.get(other.token) is not None

    def test_revoking_all_ends_those_of_one_user(self, sessions: Sessions) -> None:
        user, somebody_else = uuid4(), uuid4()
        mine = [sessions.create(user) for _ in range(3)]
        others = sessions.create(somebody_else)

        assert sessions.revoke_all(user, keep=mine[1].session.id) == 2
        assert [sessions.get(one.token) is not None for one in mine] == [False, True, False]
        assert sessions.revoke_all(user) == 1
        assert sessions.revoke_all(user) == 0
        assert sessions.list(user) == []
        assert sessions.get(others.token) is not None

    def test_the_list_shows_the_last_used_first(self, sessions: Sessions) -> None:
        user = uuid4()
        issued = [sessions.create(user, {"device": n}) for n in range(3)]
        self.outlast(dt.timedelta(0))
        used = sessions.get(issued[0].token)

        listed = sessions.list(user)
        assert listed[0] == used
        assert sorted(str(one.payload["device"]) for one in listed) == ["0", "1", "2"]
        assert {one.user_id for one in listed} == {user}
        assert sessions.list(uuid4()) == []

    def test_uses_at_once_with_a_revocation_bring_nothing_back(self, sessions: Sessions) -> None:
        user = uuid4()
        issued = [sessions.create(user) for _ in range(4)]
        calls: list[Callable[[], Any]] = [partial(sessions.revoke_all, user)]
        for one in issued:
            calls += [partial(sessions.get, one.token), partial(sessions.touch, one.token)]
        at_once(calls[1:5] + calls[:1] + calls[5:])

        assert [sessions.get(one.token) for one in issued] == [None] * 4
        assert sessions.list(user) == []

    def test_a_login_that_began_before_a_revocation_begins_no_session(self, sessions: Sessions) -> None:
        user = uuid4()
        seen = sessions.generation(user)
        sessions.create(user, generation=seen)
        sessions.revoke_all(user)

        with pytest.raises(Conflict):
            sessions.create(user, generation=seen)
        assert sessions.list(user) == []
        second = sessions.generation(user)
        assert second != seen
        sessions.create(user, generation=second)
        sessions.revoke_all(user)
        with pytest.raises(Conflict):
            sessions.create(user, generation=second)
        sessions.create(user)
        sessions.create(uuid4(), generation=sessions.generation(uuid4()))

    def test_what_is_no_token_opens_nothing(self, sessions: Sessions) -> None:
        one, other = sessions.create(uuid4()), sessions.create(uuid4())
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
            assert sessions.get(wrong) is None
            assert sessions.get(SecretStr(wrong)) is None
            assert not sessions.touch(wrong)
            assert not sessions.revoke(wrong)
        assert sessions.get(one.token) is not None

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
    def test_a_wrong_payload_is_refused_by_name(self, sessions: Sessions, payload: Any) -> None:
        with pytest.raises(ValidationFailed) as refused:
            sessions.create(uuid4(), payload)
        assert list(refused.value.fields) == ["payload"]

    def test_a_payload_without_end_is_refused_by_name(self, sessions: Sessions) -> None:
        cyclic: dict[str, Any] = {}
        cyclic["again"] = cyclic
        deep: dict[str, Any] = {}
        for _ in range(10_000):
            deep = {"deeper": deep}
        for payload in (cyclic, deep):
            with pytest.raises(ValidationFailed) as refused:
                sessions.create(uuid4(), payload)
            assert list(refused.value.fields) == ["payload"]

    def test_wrong_arguments_are_refused_by_name(self, sessions: Sessions) -> None:
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
                call()
            assert list(refused.value.fields) == fields
