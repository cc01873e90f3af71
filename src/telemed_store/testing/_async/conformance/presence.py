"""What a backend of presence has to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from telemed_store._async.ephemeral.presence import AsyncPresence
from telemed_store.ephemeral.presence import PresenceLease, PresenceTimes
from telemed_store.errors import LeaseLost, ValidationFailed
from telemed_store.testing._async._synchronization import at_once
from telemed_store.testing._async.conformance.base import AsyncConformance

__all__ = ["AsyncPresenceConformance"]

MakePresence = Callable[[PresenceTimes], AsyncPresence]


class AsyncPresenceConformance(AsyncConformance):
    """Write the fixture ``make_presence``: a function from `PresenceTimes` to a backend; all it makes share what they know."""

    @pytest.fixture
    def presence(self, make_presence: MakePresence) -> AsyncPresence:
        """What is told to it outlives the test."""
        long = self.LONG
        return make_presence(PresenceTimes(lease=long, heartbeat=long / 3, online=long, typing=long))

    @pytest.fixture
    def brief_presence(self, make_presence: MakePresence) -> AsyncPresence:
        """What is told to it can be outlasted."""
        brief = self.BRIEF
        return make_presence(PresenceTimes(lease=brief, heartbeat=brief / 3, online=brief, typing=brief))

    async def test_who_joined_is_present_until_leaving(self, presence: AsyncPresence) -> None:
        room, doctor, patient = uuid4(), uuid4(), uuid4()
        assert (await presence.present(room)).is_empty
        first = await presence.join(room, doctor, "PA_1")
        second = await presence.join(room, patient, "PA_2: patient")

        assert (first.room_id, first.user_id, first.session) == (room, doctor, "PA_1")
        assert second.epoch > first.epoch
        there = await presence.present(room)
        assert there.is_known
        assert [(one.user_id, one.session, one.epoch) for one in there.participants] == [
            (doctor, "PA_1", first.epoch),
            (patient, "PA_2: patient", second.epoch),
        ]

        assert await presence.leave(first)
        assert not await presence.leave(first)
        assert [one.user_id for one in (await presence.present(room)).participants] == [patient]
        assert (await presence.present(uuid4())).is_empty

    async def test_a_heartbeat_moves_the_times(self, presence: AsyncPresence) -> None:
        lease = await presence.join(uuid4(), uuid4(), "PA_1")
        assert lease.expires_at - lease.renew_at == self.LONG * 2 / 3
        await self.outlast(dt.timedelta(0))

        renewed = await presence.heartbeat(lease)

        assert renewed.epoch == lease.epoch
        assert renewed.expires_at > lease.expires_at
        assert renewed.expires_at - renewed.renew_at == self.LONG * 2 / 3
        assert (await presence.present(lease.room_id)).participants == (renewed,)

    async def test_expired_lease_cannot_resurrect(self, presence: AsyncPresence, brief_presence: AsyncPresence) -> None:
        room, user = uuid4(), uuid4()
        stays = await presence.join(room, uuid4(), "PA_0")
        lost = await brief_presence.join(room, user, "PA_1")
        await self.outlast(self.BRIEF)

        with pytest.raises(LeaseLost):
            await presence.heartbeat(lost)
        assert not await presence.leave(lost)
        anew = await presence.join(room, user, "PA_2")
        assert anew.epoch > lost.epoch
        with pytest.raises(LeaseLost):
            await presence.heartbeat(lost)
        assert (await presence.present(room)).participants == (stays, anew)

    async def test_left_after_rejoin_does_not_close_new_session(self, presence: AsyncPresence) -> None:
        room, user = uuid4(), uuid4()
        old = await presence.join(room, user, "PA_1")
        new = await presence.join(room, user, "PA_2")

        assert not await presence.leave(old)
        with pytest.raises(LeaseLost):
            await presence.heartbeat(old)
        assert (await presence.present(room)).participants == (new,)

    async def test_one_expired_lease_leaves_the_others(
        self, presence: AsyncPresence, brief_presence: AsyncPresence
    ) -> None:
        room = uuid4()
        await brief_presence.join(room, uuid4(), "PA_1")
        stays = await presence.join(room, uuid4(), "PA_2")
        await self.outlast(self.BRIEF)

        assert [one.epoch for one in (await presence.present(room)).participants] == [stays.epoch]

    async def test_epochs_of_a_room_never_repeat(self, presence: AsyncPresence) -> None:
        room, user = uuid4(), uuid4()
        leases = await at_once([partial(presence.join, room, user, "PA")] * 8)
        leases.append(await presence.join(room, user, "PA"))

        epochs = [lease.epoch for lease in leases]
        assert len(set(epochs)) == 9
        assert max(epochs) == epochs[-1]
        assert [one.epoch for one in (await presence.present(room)).participants] == [epochs[-1]]

    async def test_a_lease_of_another_room_or_user_is_lost(self, presence: AsyncPresence) -> None:
        lease = await presence.join(uuid4(), uuid4(), "PA_1")
        for change in ({"room_id": uuid4()}, {"user_id": uuid4()}, {"epoch": lease.epoch + 1}):
            with pytest.raises(LeaseLost):
                await presence.heartbeat(lease.model_copy(update=change))
            assert not await presence.leave(lease.model_copy(update=change))
        await presence.heartbeat(lease)

    async def test_online_lasts_a_while(self, presence: AsyncPresence, brief_presence: AsyncPresence) -> None:
        here, gone, said_goodbye, never = uuid4(), uuid4(), uuid4(), uuid4()
        await presence.mark_online(here)
        await presence.mark_online(said_goodbye)
        await brief_presence.mark_online(gone)
        await presence.mark_offline(said_goodbye)
        await presence.mark_offline(never)
        await self.outlast(self.BRIEF)

        online = await presence.online([here, gone, said_goodbye, never, here])
        assert (online.is_known, online.user_ids) == (True, frozenset({here}))
        assert (await presence.online([])).user_ids == frozenset()

    async def test_typing_lasts_a_moment(self, presence: AsyncPresence, brief_presence: AsyncPresence) -> None:
        conversation, writes, wrote, sent = uuid4(), uuid4(), uuid4(), uuid4()
        await brief_presence.mark_typing(conversation, wrote)
        await presence.mark_typing(conversation, writes)
        await presence.mark_typing(conversation, sent)
        await presence.clear_typing(conversation, sent)
        await presence.clear_typing(uuid4(), sent)
        await self.outlast(self.BRIEF)

        typing = await presence.typing(conversation)
        assert (typing.is_known, typing.user_ids) == (True, frozenset({writes}))
        assert (await presence.typing(uuid4())).user_ids == frozenset()

    @pytest.mark.parametrize("session", ["", "a\x00b", "\ud800", "a" * 501, "a" * 1_000_000, 7, None])
    async def test_a_wrong_session_is_refused_by_name(self, presence: AsyncPresence, session: Any) -> None:
        with pytest.raises(ValidationFailed) as refused:
            await presence.join(uuid4(), uuid4(), session)
        assert list(refused.value.fields) == ["session"]

    async def test_wrong_arguments_are_refused_by_name(self, presence: AsyncPresence) -> None:
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
                await call()
            assert list(refused.value.fields) == fields

    @pytest.mark.parametrize("change", [{"epoch": -1}, {"epoch": "x"}, {"session": ""}, {"user_id": "me"}])
    async def test_a_lease_that_was_tampered_with_is_refused(
        self, presence: AsyncPresence, change: dict[str, Any]
    ) -> None:
        lease = await presence.join(UUID(int=1), UUID(int=2), "PA_1")
        tampered: PresenceLease = lease.model_copy(update=change)
        for verb in (presence.heartbeat, presence.leave):
            with pytest.raises(ValidationFailed) as refused:
                await verb(tampered)
            assert list(refused.value.fields) == list(change)
