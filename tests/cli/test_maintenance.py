"""``telemed-store maintenance``: the jobs, on every engine, without the keys that open what people wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from telemed_store import Actor, NewMessage, Store
from telemed_store.cli.app import app
from telemed_store.messages.tables import conversation_participants
from telemed_store.testing import Make

RECONCILE = ("maintenance", "reconcile-counters")


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def written(telemed: Store, telemed_make: Make, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with one unread message; the command's environment has no keys."""
    monkeypatch.delenv("TELEMED_STORE_KEYS", raising=False)
    doctor, patient = telemed_make.doctor(), telemed_make.patient()
    telemed_make.appointment(doctor.id, patient.id)
    telemed.acting_as(Actor.user(doctor.user_id)).messages.send(
        NewMessage(receiver_id=patient.user_id, body="hello", idempotency_key="1")
    )
    return telemed


def test_counters_are_reported_and_corrected(written: Store, telemed_database_url: str) -> None:
    command = (*RECONCILE, "--database-url", telemed_database_url)
    assert run(*command) == (0, "nothing to correct in 1 conversations\n", "")

    with written.unit_of_work(Actor.system("tests")) as uow:
        uow.connection.execute(update(conversation_participants).values(unread_count=5))
    code, out, _ = run(*command, "--json")
    assert (code, json.loads(out)) == (
        0,
        {"ok": False, "conversations": 1, "participants_corrected": 2, "users_corrected": 0},
    )
    assert json.loads(run(*command, "--json")[1])["ok"] is True


def test_drift_is_told_to_people(written: Store, telemed_database_url: str) -> None:
    with written.unit_of_work(Actor.system("tests")) as uow:
        uow.connection.execute(update(conversation_participants).values(unread_count=5))

    _, out, _ = run(*RECONCILE, "--database-url", telemed_database_url)
    assert out == "corrected: 2 unread counts of participants and 0 totals of users in 1 conversations\n"


def test_a_database_without_a_schema_is_exit_code_4(tmp_path: Path) -> None:
    code, _, err = run(*RECONCILE, "--database-url", f"sqlite:///{tmp_path}/empty.sqlite3")

    assert (code, err.count("\n")) == (4, 1)
    assert not list(tmp_path.glob("*key*"))
