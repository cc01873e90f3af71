"""Every hot list and look-up is answered by the index that its statement names, at volume: for somebody with five appointments in a
huge table and for somebody with a twentieth of it, on the first page and behind a cursor (D39, D40, C16; incident
small_conversation_in_huge_table_uses_index)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from telemed_store import Page

from .cases import Case, lists, look_ups
from .clinics import Clinic
from .explaining import Plan, Sent, plans, rows_or_pages_read
from .population import Population

pytestmark = pytest.mark.timeout(3600)


@pytest.mark.parametrize("cases", [lists, look_ups])
def test_small_conversation_in_huge_table_uses_index(
    clinics: tuple[Clinic, Clinic], cases: Callable[[Population], Iterator[Case]]
) -> None:
    _, clinic = clinics
    wrong = [fault for case in cases(clinic.population) for fault in faults_of(clinic, case)]
    assert not wrong, f"{len(wrong)} plans are wrong on {clinic.engine}:\n" + "\n".join(wrong)


def faults_of(clinic: Clinic, case: Case) -> Iterator[str]:
    """What is wrong with the answers to a question: its first page, and the next one if there is one."""
    mine = clinic.seen_by(case.user_id)
    cursor: str | None = None
    for page in ("", ", next page"):
        with clinic.watching() as sent:
            answer = case.ask(mine, cursor)
        yield from (f"{case.name}{page}: {fault}" for fault in _faults(clinic, case, clinic.reads_of(sent)))
        cursor = answer.next_cursor if isinstance(answer, Page) else None
        if cursor is None:
            return


def _faults(clinic: Clinic, case: Case, sent: list[Sent]) -> Iterator[str]:
    assert sent, f"{case.name} asked nothing"
    by_kind: dict[str, list[Plan]] = {}
    for one in sent:
        for kind, plan in plans(clinic.connection, one).items():
            by_kind.setdefault(kind, []).append(plan)
            if scanned := plan.scanned & clinic.big:
                yield f"{kind} plan reads all of {', '.join(scanned)}\n{plan.told}"
            # Rows of a small table alone are sorted for a join, whatever the size of the list.
            sorts = [told for told, tables in plan.sorts if not tables or tables & clinic.big]
            if sorts and not case.sorts:
                yield f"{kind} plan sorts ({'; '.join(sorts)})\n{plan.told}"
        if clinic.engine != "sqlite" and (read := rows_or_pages_read(clinic.connection, one)) > case.most_read:
            yield f"reads {read}, at most {case.most_read} were expected\n{one.text}"
    used = {index for each in by_kind.values() for plan in each for index in plan.indexes}
    for wanted in case.indexes:
        named = {_name_of(clinic, name) for name in wanted}
        if None not in named and not named & used:
            yield f"goes by {', '.join(sorted(used))}, not by {' or '.join(sorted(wanted))}"


def _name_of(clinic: Clinic, index: str) -> str | None:
    """How the engine calls an index; None: it gives it a name of its own."""
    if index.startswith("pk_"):
        return {"mariadb": "PRIMARY", "postgresql": index}.get(clinic.engine)
    return index
