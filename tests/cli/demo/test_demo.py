"""The demonstration from end to end: every row has one outcome, one of two rivals wins, every verb wrote its event."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from telemed_store.cli.demo.accounting import LOADED, Ledger
from telemed_store.cli.demo.report import Summary, print_summary
from telemed_store.cli.demo.scenario import Options, run
from telemed_store.errors import SettingsError, StoreError

pytest.importorskip("matplotlib", reason="the extra `demo` is not installed")

TODAY = dt.date(2024, 2, 29)
SILENT = Console(quiet=True)


@pytest.fixture(scope="module")
def small(cohort_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    options = Options(output=tmp_path_factory.mktemp("demo"), today=TODAY, people=100, cohort=cohort_wheel.parent)
    return run(options, SILENT)


@contextmanager
def stored(summary: Summary) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(summary.database)) as connection:
        yield connection


def outcomes_of(summary: Summary) -> dict[str, Counter[str]]:
    """Counts by input of the file that lists every row; fails where a row is listed twice."""
    with summary.outcomes.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len({(row["input"], row["id"]) for row in rows}) == len(rows)
    return {name: Counter(row["outcome"] for row in rows if row["input"] == name) for name in summary.inputs}


def test_every_input_row_is_listed_with_one_outcome_and_the_sums_match(small: Summary) -> None:
    for name, counts in outcomes_of(small).items():
        one = small.inputs[name]
        assert counts == Counter({LOADED: one.loaded, **one.refused})
        assert one.rows == one.loaded + sum(one.refused.values()) == counts.total()


def test_the_input_is_the_part_of_the_cohort_that_was_asked_for(small: Summary) -> None:
    assert {name: one.rows for name, one in small.inputs.items()} == {
        "doctors": 24,
        "people": 100,
        "visits": 2946,
        "bookings": 226,
    }


def test_what_is_counted_as_loaded_is_in_the_database(small: Summary) -> None:
    with stored(small) as database:
        (patients,) = database.execute("SELECT count(*) FROM patients").fetchone()
        kinds = dict(database.execute("SELECT origin, count(*) FROM appointments GROUP BY origin"))
        (windows,) = database.execute("SELECT count(*) FROM availability_windows").fetchone()
    assert patients == small.inputs["people"].loaded
    assert kinds == {"imported": small.inputs["visits"].loaded, "booked": small.inputs["bookings"].loaded + 1}
    assert windows == small.windows


def test_each_verb_wrote_its_one_event_and_its_one_row_in_the_log(small: Summary) -> None:
    with stored(small) as database:
        events = dict(database.execute("SELECT type, count(*) FROM domain_events GROUP BY type"))
        (logs,) = database.execute("SELECT count(*) FROM appointment_logs").fetchone()
        (undelivered,) = database.execute("SELECT count(*) FROM outbox").fetchone()
    assert events == small.events
    assert events == {
        "ConsultationCompleted": small.inputs["visits"].loaded,
        "ConsultationScheduled": small.inputs["bookings"].loaded + 1,
    }
    assert (logs, undelivered) == (sum(events.values()), 0)


def test_a_slot_asked_for_twice_at_once_has_one_winner(small: Summary) -> None:
    assert sorted(small.race) == [LOADED, "slot_taken: doctor"]
    with stored(small) as database:
        overlaps = database.execute(
            "SELECT count(*) FROM appointments a JOIN appointments b ON a.doctor_id = b.doctor_id AND a.id < b.id"
            " AND a.status = 'scheduled' AND b.status = 'scheduled' AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        ).fetchone()
    assert overlaps == (0,)


def test_the_next_free_slots_are_in_order_and_begin_after_today(small: Summary) -> None:
    assert list(small.free_slots) == sorted(small.free_slots)
    assert len(small.free_slots) == 6
    assert small.free_slots[0].date() > TODAY


def test_the_agenda_is_a_png(small: Summary) -> None:
    assert small.heatmap.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert small.agenda == small.inputs["bookings"].loaded + 1


def test_no_name_address_or_identifier_is_in_the_list_of_outcomes(small: Summary) -> None:
    text = small.outcomes.read_text(encoding="utf-8")
    assert "@" not in text
    assert "999000" not in text


def test_the_summary_is_json_and_a_page(small: Summary) -> None:
    assert json.loads(json.dumps(small.as_json()))["inputs"]["people"]["rows"] == 100
    page = io.StringIO()
    print_summary(small, Console(file=page, width=120))
    assert "2,946" in page.getvalue()
    assert "refused, slot_taken: doctor" in page.getvalue()


@pytest.mark.slow
def test_a_second_run_on_the_same_day_replaces_the_first_and_repeats_it(cohort_wheel: Path, tmp_path: Path) -> None:
    options = Options(output=tmp_path, today=TODAY, people=20, cohort=cohort_wheel.parent)
    first, second = run(options, SILENT), run(options, SILENT)
    assert (first.inputs, first.events, first.free_slots) == (second.inputs, second.events, second.free_slots)


@pytest.mark.parametrize("name", ["telemed.sqlite3", "telemed.sqlite3.keys"])
def test_a_database_that_no_demonstration_made_is_never_replaced(cohort_wheel: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("somebody's", encoding="utf-8")
    with pytest.raises(SettingsError, match="no demonstration made"):
        run(Options(output=tmp_path, people=2, cohort=cohort_wheel.parent), SILENT)
    assert (tmp_path / name).read_text(encoding="utf-8") == "somebody's"


@pytest.mark.slow
def test_a_named_database_that_holds_the_demonstration_is_left_alone(cohort_wheel: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'named.sqlite3'}"
    options = Options(output=tmp_path, database_url=url, today=TODAY, people=20, cohort=cohort_wheel.parent)
    summary = run(options, SILENT)
    with pytest.raises(SettingsError, match="name an empty one"):
        run(options, SILENT)
    with stored(summary) as database:
        assert database.execute("SELECT count(*) FROM patients").fetchone() == (summary.inputs["people"].loaded,)


@pytest.mark.slow
def test_the_environment_of_another_store_is_not_touched(
    cohort_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DIRECT_URL", "REPLICA_URL"):
        monkeypatch.setenv(f"TELEMED_STORE_{name}", f"sqlite:///{tmp_path / 'precious.sqlite3'}")
    run(Options(output=tmp_path / "out", today=TODAY, people=20, cohort=cohort_wheel.parent), SILENT)
    assert not (tmp_path / "precious.sqlite3").exists()


def test_a_row_without_outcome_or_with_two_is_found_out() -> None:
    ledger = Ledger("visits", [1, 2])
    ledger.settle(1, LOADED)
    with pytest.raises(StoreError, match="has no outcome"):
        ledger.counts()
    with pytest.raises(StoreError, match="counted twice"):
        ledger.settle(1, "longer_than_a_day")
    with pytest.raises(StoreError, match="unknown"):
        ledger.settle(3, LOADED)


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("TELEMED_PROOF") != "1", reason="the whole cohort is loaded by `make proof`")
@pytest.mark.timeout(600)
def test_the_whole_cohort_comes_out_as_the_page_says(cohort_wheel: Path, tmp_path: Path) -> None:
    """The outcomes of docs/demo.md, to the row."""
    summary = run(Options(output=tmp_path, today=TODAY, cohort=cohort_wheel.parent), SILENT)
    assert {name: (one.rows, one.loaded, dict(one.refused)) for name, one in summary.inputs.items()} == {
        "doctors": (24, 24, {}),
        "people": (1130, 1129, {"validation_failed: date_of_birth": 1}),
        "visits": (32153, 31842, {"longer_than_a_day": 311}),
        "bookings": (
            2613,
            2366,
            {"outside_availability": 180, "slot_taken: doctor": 66, "slot_taken: patient": 1},
        ),
    }
    assert (summary.same_day["visits"].groups, summary.same_day["visits"].rows) == (246, 493)
    assert summary.events == {"ConsultationCompleted": 31842, "ConsultationScheduled": 2367}
    assert outcomes_of(summary)["visits"].total() == 32153


@pytest.mark.slow
def test_the_command_prints_its_summary_as_json_and_nothing_else_on_standard_output(
    cohort_wheel: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "telemed_store.cli", "demo", "--people", "20", "--today", "2024-02-29", "--json"]
    options = ["--output", str(tmp_path), "--cohort", str(cohort_wheel.parent)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    assert summary["today"] == "2024-02-29"
    assert summary["race"].count(LOADED) == 1
    assert "bookings" in done.stderr


@pytest.mark.slow
def test_a_refusal_of_the_command_is_one_line_and_an_exit_code(cohort_wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "telemed.sqlite3").touch()
    command = [sys.executable, "-m", "telemed_store.cli", "demo", "--output", str(tmp_path)]
    done = subprocess.run([*command, "--cohort", str(cohort_wheel.parent)], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "name another one with --output" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.telemed_engines("postgresql", "mariadb")
def test_it_loads_into_a_server_that_is_named(
    telemed_database_url: str,
    telemed_keys: str,
    cohort_wheel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TELEMED_STORE_KEYS", telemed_keys)
    options = Options(tmp_path, telemed_database_url, TODAY, people=20, cohort=cohort_wheel.parent)
    summary = run(options, SILENT)
    assert sorted(summary.race) == [LOADED, "slot_taken: doctor"]
    assert summary.agenda == summary.inputs["bookings"].loaded + 1
