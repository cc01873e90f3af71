"""A chat between a doctor and a patient in two processes, on one SQLite file.

    python examples/chat.py                 # makes the two, then starts both and shows what each of them saw
    python examples/chat.py say DATABASE USER_ID PEER_ID EXPECTED LINES...  # what each process runs

Each process sends its lines, and follows the conversation by asking for what is above the last number it saw. Numbers have no gaps and
none appears below one that was seen, so a reader who does so misses nothing.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from telemed_store import (
    Actor,
    BoundStore,
    Gender,
    NewAppointment,
    NewAvailabilityWindow,
    NewDoctor,
    NewMessage,
    NewPatient,
    Store,
)

LINES = {
    "Ana": ["Bom dia, Davi.", "Como passou a noite?"],
    "Davi": ["Bom dia, doutora.", "Bem melhor, obrigado.", "Até amanhã."],
}


def introduce(url: str) -> dict[str, UUID]:
    """The users of a doctor and a patient who have an appointment: that is what lets them write to each other."""
    with Store.open(url) as store:
        store.migrator.upgrade()
        desk = store.acting_as(Actor.system("front-desk"))
        doctor = desk.people.register_doctor(NewDoctor(name="Ana Lima", crm_number="DEMO1001", crm_state="SP"))
        patient = desk.people.register_patient(
            NewPatient(
                name="Davi Rocha",
                gender=Gender.MALE,
                date_of_birth=dt.date(1984, 5, 17),
                phone="5520900000001",
                emergency_contact="Alice Rocha",
                emergency_phone="5520900000002",
            )
        )
        for weekday in range(1, 8):
            desk.availability.add_window(
                NewAvailabilityWindow(doctor_id=doctor.id, weekday=weekday, start_minute=480, end_minute=720)
            )
        today = dt.datetime.now(dt.UTC).date()
        slot = desk.availability.free_slots(doctor.id, today + dt.timedelta(1), today + dt.timedelta(7))[0]
        desk.appointments.schedule(
            NewAppointment(doctor_id=doctor.id, patient_id=patient.id, starts_at=slot.starts_at, ends_at=slot.ends_at)
        )
        return {"Ana": doctor.user_id, "Davi": patient.user_id}


def converse(mine: BoundStore, me: UUID, peer: UUID, lines: list[str], expected: int) -> None:
    """Send what there is to say, and print what both say until everything was said."""
    (conversation,) = (one for one in mine.messages.conversations().items if one.peer_id == peer)
    seen, waiting = 0, list(enumerate(lines))
    give_up = time.monotonic() + 60
    while seen < expected and time.monotonic() < give_up:
        if waiting:
            number, line = waiting.pop(0)
            # The key makes it safe to send again after a lost connection: it is one message all the same.
            mine.messages.send(NewMessage(receiver_id=peer, body=line, idempotency_key=f"line-{number}"))
        page = mine.messages.page(conversation.id, after=seen)
        for message in page.items:
            print(f"{message.seq}\t{'I' if message.sender_id == me else 'they'}\t{message.body}", flush=True)
            seen = message.seq
        if page.items:
            mine.messages.mark_read(conversation.id, seen)
        else:
            time.sleep(0.05)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["say"]:
        url, me, peer, expected, *lines = arguments[1:]
        with Store.open(url) as store:
            mine = store.acting_as(Actor.user(UUID(me)))
            converse(mine, UUID(me), UUID(peer), lines, int(expected))
            print(f"unread\t{mine.messages.unread_total()}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'chat.sqlite3')}"
        people = introduce(url)
        expected = str(sum(map(len, LINES.values())))
        processes: dict[str, subprocess.Popen[str]] = {}
        for name, peer in (("Ana", "Davi"), ("Davi", "Ana")):
            command = [sys.executable, __file__, "say", url, str(people[name]), str(people[peer]), expected]
            processes[name] = subprocess.Popen([*command, *LINES[name]], stdout=subprocess.PIPE, text=True)
        for name, process in processes.items():
            print(f"--- {name}")
            print(process.communicate()[0], end="")
        return max(process.returncode for process in processes.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
