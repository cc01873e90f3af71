# Generated from _async/conformance/presence.py by tools/sync.py. Do not edit.
"""What a backend of presence has to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed_store._sync.ephemeral.presence import Presence
from telemed_store.ephemeral.presence import PresenceLease, PresenceTimes
from telemed_store.errors import LeaseLost, ValidationFailed
from telemed_store.testing._sync._synchronization import at_once
from telemed_store.testing._sync.conformance.base import Conformance

__all__ = ["PresenceConformance"]

MakePresence = Callable[[PresenceTimes], Presence]


class PresenceConformance(Conformance):
    """Write the fixture ``make_presence``: a function from `PresenceTimes` to a backend; all it makes share what they know."""

    @pytest.fixture
    def presence(self, make_presence: MakePresence) -> Presence:
        """What is told to it outlives the test."""
        long = self.LONG
        return make_presence(PresenceTimes(lease=long, heartbeat=long / 3, online=long, typing=long))

    @pytest.fixture
    def brief_presence(self, make_presence: MakePresence) -> Presence:
        """What is told to it can be outlasted."""
        brief = self.BRIEF
        return make_presence(PresenceTimes(lease=brief, heartbeat=brief / 3, online=brief, typing=brief))

    def test_who_joined_is_present_until_leaving(self, presence: Presence) -> None:
        room, doctor, patient = uuid4(), uuid4(), uuid4()
        assert presence.present(room).is_empty
        first = presence.join(room, doctor, "PA_1")
        second = presence.join(room, patient, "PA_2: patient")

        assert (first.room_id, first.user_id, first.session) == (room, doctor, "PA_1")
        assert second.epoch > first.epoch
        there = presence.present(room)
        assert there.is_known
        assert [(one.user_id, one.session, one.epoch) for one in there.participants] == [
            (doctor, "PA_1", first.epoch),
            (patient, "PA_2: patient", second.epoch),
        ]

        assert presence.leave(first)
        assert not presence.leave(first)
        assert [one.user_id for one in presence.present(room).participants] == [patient]
        assert presence.present(uuid4()).is_empty

    def test_a_heartbeat_moves_the_times(self, presence: Presence) -> None:
        lease = presence.join(uuid4(), uuid4(), "PA_1")
        assert lease.expires_at - lease.renew_at == self.LONG * 2 / 3
        self.outlast(dt.timedelta(0))

        renewed = presence.heartbeat(lease)

        assert renewed.epoch == lease.epoch
        assert renewed.expires_at > lease.expires_at
        assert renewed.expires_at - renewed.renew_at == self.LONG * 2 / 3
        assert presence.present(lease.room_id).participants == (renewed,)

    def test_expired_lease_cannot_resurrect(self, presence: Presence, brief_presence: Presence) -> None:
        room, user = uuid4(), uuid4()
        stays = presence.join(room, uuid4(), "PA_0")
        lost = brief_presence.join(room, user, "PA_1")
        self.outlast(self.BRIEF)

        with pytest.raises(LeaseLost):
            presence.heartbeat(lost)
        assert not presence.leave(lost)
        anew = presence.join(room, user, "PA_2")
        assert anew.epoch > lost.epoch
        with pytest.raises(LeaseLost):
            presence.heartbeat(lost)
        assert presence.present(room).participants == (stays, anew)

    def test_left_after_rejoin_does_not_close_new_session(self, presence: Presence) -> None:
        room, user = uuid4(), uuid4()
        old = presence.join(room, user, "PA_1")
        new = presence.join(room, user, "PA_2")

        assert not presence.leave(old)
        with pytest.raises(LeaseLost):
            presence.heartbeat(old)
        assert presence.present(room).participants == (new,)

    def test_one_expired_lease_leaves_the_others(self, presence: Presence, brief_presence: Presence) -> None:
        room = uuid4()
        brief_presence.join(room, uuid4(), "PA_1")
        stays = presence.join(room, uuid4(), "PA_2")
        self.outlast(self.BRIEF)

        assert [one.epoch for one in presence.present(room).participants] == [stays.epoch]

    def test_epochs_of_a_room_never_repeat(self, presence: Presence) -> None:
        room, user = uuid4(), uuid4()
        leases = at_once([partial(presence.join, room, user, "PA")] * 8)
        leases.append(presence.join(room, user, "PA"))

        epochs = [lease.epoch for lease in leases]
        assert len(set(epochs)) == 9
        assert max(epochs) == epochs[-1]
        assert [one.epoch for one in presence.present(room).participants] == [epochs[-1]]

    def test_a_lease_of_another_room_or_user_is_lost(self, presence: Presence) -> None:
        lease = presence.join(uuid4(), uuid4(), "PA_1")
        for change in ({"room_id": uuid4()}, {"user_id": uuid4()}, {"epoch": lease.epoch + 1}):
            with pytest.raises(LeaseLost):
                presence.heartbeat(lease.model_copy(update=change))
            assert not presence.leave(lease.model_copy(update=change))
        presence.heartbeat(lease)

    def test_online_lasts_a_while(self, presence: Presence, brief_presence: Presence) -> None:
        here, gone, said_goodbye, never = uuid4(), uuid4(), uuid4(), uuid4()
        presence.mark_online(here)
        presence.mark_online(said_goodbye)
        brief_presence.mark_online(gone)
        presence.mark_offline(said_goodbye)
        presence.mark_offline(never)
        self.outlast(self.BRIEF)

        online = presence.online([here, gone, said_goodbye, never, here])
        assert (online.is_known, online.user_ids) == (True, frozenset({here}))
        assert presence.online([]).user_ids == frozenset()

    def test_typing_lasts_a_moment(self, presence: Presence, brief_presence: Presence) -> None:
        conversation, writes, wrote, sent = uuid4(), uuid4(), uuid4(), uuid4()
        brief_presence.mark_typing(conversation, wrote)
        presence.mark_typing(conversation, writes)
        presence.mark_typing(conversation, sent)
        presence.clear_typing(conversation, sent)
        presence.clear_typing(uuid4(), sent)
        self.outlast(self.BRIEF)

        typing = presence.typing(conversation)
        assert (typing.is_known, typing.user_ids) == (True, frozenset({writes}))
        assert presence.typing(uuid4()).user_ids == frozenset()

    @pytest.mark.parametrize("session", ["", "a\x00b", "\ud800", "a" * 501, "a" * 1_000_000, 7, None])
    def test_a_wrong_session_is_refused_by_name(self, presence: Presence, session: Any) -> None:
        with pytest.raises(ValidationFailed) as refused:
            presence.join(uuid4(), uuid4(), session)
        assert list(refused.value.fields) == ["session"]

    def test_wrong_arguments_are_refused_by_name(self, presence: Presence) -> None:
        wrong: Any = "0190"
        calls: list[tuple[list[str], Callable[[], Any]]] = [
            (["room_id", "user_id"], lambda: presence.join(wrong, wrong, "PA")),
            (["lease"], lambda: presence.heartbeat(wrong)),
            (["lease"], lambda: presence.leave(wrong)),
            (["room_id"], lambda: presence.present(wrong)),
            (["user_id"], lambda: presence.mark_online(wrong)),
            (["user_id"], lambda: presence.mark_offline(wrong)),
            (["user_ids"], lambda: presence.online(wrong)),
            (["user_ids.0"], lambda: presence.online([wrong])),
            (["conversation_id", "user_id"], lambda: presence.mark_typing(wrong, wrong)),
            (["conversation_id", "user_id"], lambda: presence.clear_typing(wrong, wrong)),
            (["conversation_id"], lambda: presence.typing(wrong)),
        ]
        for fields, call in calls:
            with pytest.raises(ValidationFailed) as refused:
                call()
            assert list(refused.value.fields) == fields

    @pytest.mark.parametrize("change", [{"epoch": -1}, {"epoch": "x"}, {"session": ""}, {"user_id": "me"}])
    def test_a_lease_that_was_tampered_with_is_refused(self, presence: Presence, change: dict[str, Any]) -> None:
        lease = presence.join(UUID(int=1), UUID(int=2), "PA_1")
        tampered: PresenceLease = lease.model_copy(update=change)
        for verb in (presence.heartbeat, presence.leave):
            with pytest.raises(ValidationFailed) as refused:
                verb(tampered)
            assert list(refused.value.fields) == list(change)
