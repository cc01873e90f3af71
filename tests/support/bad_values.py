"""Arguments for every verb, by its annotations: right ones, ones of a wrong type, and odd ones of the right type."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import types
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import reduce
from operator import and_
from typing import Annotated, Any, Final, Union, get_args, get_origin
from uuid import UUID

from edge_values import ANCHOR, ODD, WRONG
from public_verbs import Verb, all_scopes, build, fields_of, filtered_by
from pydantic import AwareDatetime, BaseModel, ValidationError

from telemed_store import StoreError, new_id, scopes
from telemed_store.database.scoping import Scope
from telemed_store.people.models import NewServiceLocation, UserPatch
from telemed_store.testing.factories import Inputs

CANARY: Final = "CANARY7"
CANARIES: Final = (
    (CANARY,),
    CANARY,
    f"{CANARY}@example.org",
    "52998224725",
    "215593468710018",
    "5511987650007",
    f"{CANARY}".encode().hex().ljust(64, "0"),
)
"""Texts that fields of every kind take: a name, an address, a CPF, a CNS, a phone number, a digest."""


class Values:
    """Values of one test; those of the right type name rows that exist, mostly."""

    def __init__(self, inputs: Inputs, ids: Mapping[str, UUID], seed: str) -> None:
        self.inputs = inputs
        self.ids = dict(ids)
        self.chance = random.Random(seed)

    def arguments(self, verb: Verb, *, odd: float) -> dict[str, Any]:
        """Arguments for a verb, each of them odd with a probability."""
        return {
            name: self.odd(hint) if self.chance.random() < odd else self.argument(verb, name, hint)
            for name, hint in verb.hints.items()
        }

    def argument(self, verb: Verb, name: str, hint: Any) -> Any:
        """One argument that is right in its place."""
        if name == "cursor":
            return None
        if name in {"id", "ids"}:
            found = next((kind for kind in self.ids if kind in verb.name), "appointment")
            return self.ids[found] if name == "id" else [self.ids[found]]
        return self.ids.get(name.removesuffix("_id")) or self.right(hint)

    # Right ones.

    def right(self, hint: Any) -> Any:
        """A value that a verb takes, whatever it then says to it."""
        hint = _bare(hint)
        if get_origin(hint) in {Sequence, tuple}:
            return [self.right(get_args(hint)[0])]
        if get_origin(hint) is Scope:
            (model,) = get_args(hint)
            kind = self.chance.choice([each for each in all_scopes() if filtered_by(each) is model])
            return self.scope(kind)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self.chance.choice(list(hint))
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self.input(hint)
        return self.chance.choice(self._simple(hint))

    def scope(self, kind: type[Scope[Any]]) -> Scope[Any]:
        """A scope of a class."""
        values = {name: self.right(hint) for name, hint in fields_of(kind).items()}
        if "zone" in values:
            values["zone"] = "America/Sao_Paulo"
        with_range = [name for name, value in values.items() if isinstance(value, int | Decimal | dt.date)]
        values |= dict(zip(with_range, sorted(values[name] for name in with_range), strict=True))
        if len({values[name] for name in with_range}) < len(with_range):
            values.pop(with_range[-1])
        return build(kind, values)

    def input(self, model: type[BaseModel]) -> BaseModel:
        """An input of a class: the factories' for new things, some fields or none for changes."""
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in model.__name__).lstrip("_")
        factory = getattr(self.inputs, words if words.startswith("new_") else f"new_{words}", None)
        if factory is None:
            return model.model_validate(self.chance.choice([{}, *_CHANGES.get(model.__name__, [])]))
        named = [name for name in ("doctor_id", "patient_id", "user_id", "receiver_id") if _requires(model, name)]
        return factory(*(self.ids[name.removesuffix("_id")] for name in named))  # type: ignore[no-any-return]

    def _simple(self, hint: Any) -> list[Any]:
        return {
            UUID: list(self.ids.values()),
            str: ["ana", "crm", "SP", "AAAAAAAA", "appointment", "why not"],
            int: [1, 1, 1, 20],
            bool: [True, False],
            Decimal: [Decimal(100), Decimal("250.00")],
            dt.datetime: [ANCHOR + dt.timedelta(minutes=30 * n) for n in range(20)],
            dt.date: [ANCHOR.date() + dt.timedelta(days=n) for n in range(10)],
            dt.timedelta: [dt.timedelta(minutes=30), dt.timedelta(hours=1)],
        }[hint]

    # Marked ones: every text that can hold a canary holds one.

    def marked(self, hint: Any) -> Any:
        """A value that a verb takes, with a canary in every text."""
        bare = _bare(hint)
        if bare is str:
            return CANARY
        if get_origin(bare) in {Sequence, tuple}:
            return [self.marked(get_args(bare)[0])]
        if get_origin(bare) is Scope:
            kinds = [each for each in all_scopes() if filtered_by(each) is get_args(bare)[0]]
            found = [build(each, {"text": CANARY}) for each in kinds if set(fields_of(each)) == {"text"}]
            return reduce(and_, found) if found else self.right(hint)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            return self.marked_input(bare)
        return self.right(hint)

    def marked_input(self, model: type[BaseModel]) -> BaseModel:
        """An input with a canary in every field that takes one."""
        right = self.input(model)
        fields = {name: getattr(right, name) for name in right.model_fields_set}
        for name in model.model_fields:
            for canary in CANARIES:
                changed = fields | {name: canary}
                with contextlib.suppress(ValidationError):
                    model.model_validate(changed)
                    fields = changed
                    break
        return model.model_validate(fields)

    def marked_wrongly(self, hint: Any) -> Iterator[Any]:
        """What a verb refuses, with a canary in it."""
        bare = _bare(hint)
        yield {CANARY: CANARY}
        yield [CANARY]
        if bare is str:
            yield from (CANARY + "\x00", CANARY + "\ud800", CANARY * 20_000)
        else:
            yield CANARY
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            for name in bare.model_fields:
                yield self.right(bare).model_copy(
                    update={name: self.chance.choice([CANARY + "\x00", {"deep": [CANARY]}])}
                )
        if get_origin(bare) is Scope:
            yield from (scopes.MatchingText(CANARY + "\x00"), scopes.WithSpecialization(CANARY))  # type: ignore[arg-type]

    # Wrong ones: a verb refuses them, and names the argument.

    def wrong(self, hint: Any) -> Iterator[Any]:
        """Values of a wrong type, or that no engine could hold."""
        if _bare(hint) is hint and hint is not Any:
            yield None
        hint = _bare(hint)
        yield from (object(), object, 3.5, float("nan"), b"bytes", {"id": 1}, {1}, lambda: None, NotImplemented, 1j)
        yield (each for each in "used up")
        yield UserPatch(name="of another verb") if hint is not UserPatch else NewServiceLocation.model_construct()
        if get_origin(hint) in {Sequence, tuple}:
            yield from ("text", 5, UUID(int=1), [object()], [[]], ([[[[]]]],), range(3), [None])
            yield [self.right(get_args(hint)[0]), "no item"]
        elif get_origin(hint) is Scope:
            yield from self._wrong_scopes(get_args(hint)[0])
        elif isinstance(hint, type) and issubclass(hint, BaseModel):
            yield from ([], "text", 5, hint, hint.__new__(hint))
            yield self.right(hint).model_copy(update={"no such field": 5})
            for name in hint.model_fields:
                yield self.right(hint).model_copy(update={name: object()})
        elif isinstance(hint, type) and issubclass(hint, Enum):
            yield from ("no member", "", 5, True, [], UUID(int=1))
        else:
            yield from ([], ())
            yield from WRONG[hint]

    def _wrong_scopes(self, model: Any) -> Iterator[Any]:
        yield from ("text", 5, [], scopes.Upcoming, scopes.Online)
        others = [each for each in all_scopes() if filtered_by(each) is not model]
        right = self.right(Scope[model])
        for other in others:
            yield self.scope(other)
            yield right & self.scope(other)
        deep = right
        for _ in range(30):
            deep = deep & right
        yield deep

    # Odd ones: what a verb says to them is its own affair, as long as it says it by an error of ours.

    def odd(self, hint: Any) -> Any:
        """A value at or over an edge of what there is."""
        chance, bare = self.chance, _bare(hint)
        if bare is not hint and chance.random() < 0.1:
            return None
        if get_origin(bare) in {Sequence, tuple}:
            item = get_args(bare)[0]
            return chance.choice([[], [self.odd(item)], [self.right(item)] * 60, [self.right(item), self.odd(item)]])
        if get_origin(bare) is Scope:
            return self._odd_scope(get_args(bare)[0])
        if isinstance(bare, type) and issubclass(bare, Enum):
            return chance.choice(list(bare)).value
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            return self.odd_input(bare)
        return (
            chance.choice(ODD[bare]) if bare is not UUID else chance.choice([new_id(), UUID(int=0), *self.ids.values()])
        )

    def _odd_scope(self, model: Any) -> Any:
        kinds = [each for each in all_scopes() if filtered_by(each) is model]
        combined = None
        for _ in range(self.chance.choice([1, 1, 2, 3, 20])):
            kind = self.chance.choice(kinds)
            values = {
                name: self.odd(hint) if self.chance.random() < 0.7 else self.right(hint)
                for name, hint in fields_of(kind).items()
            }
            if "zone" in values and self.chance.random() < 0.8:
                values["zone"] = self.chance.choice(["Pacific/Kiritimati", "Etc/GMT+12", "America/Sao_Paulo"])
            try:
                part = build(kind, values)
            except (ValidationError, StoreError):
                part = self.scope(kind)
            combined = part if combined is None else combined & part
        return combined

    def odd_input(self, model: type[BaseModel]) -> BaseModel:
        """An input with some odd fields, as far as it lets itself be built."""
        right = self.input(model)
        fields = {name: getattr(right, name) for name in right.model_fields_set}
        for name in self.chance.sample(sorted(model.model_fields), k=min(3, len(model.model_fields))):
            field = model.model_fields[name].annotation
            changed = fields | {name: self.odd_field(name, field)}
            try:
                model.model_validate(changed)
            except ValidationError:
                continue
            fields = changed
        return model.model_validate(fields)

    def odd_field(self, name: str, hint: Any) -> Any:
        """An odd value for a field: of its own kind, or of any."""
        if name.endswith("_id"):
            return self.chance.choice([new_id(), UUID(int=0), None, *self.ids.values()])
        if name == "zone":
            return self.chance.choice(["Pacific/Kiritimati", "Etc/GMT+12", "UTC", "Asia/Kathmandu"])
        own = [ODD[kind] for kind in _simple_types(hint) if kind in ODD]
        pools = own if own and self.chance.random() < 0.9 else list(ODD.values())
        return self.chance.choice(self.chance.choice(pools))


def _bare(hint: Any) -> Any:
    """An annotation without what may be left out and without its bounds."""
    if get_origin(hint) in {Union, types.UnionType}:
        hint = next(member for member in get_args(hint) if member is not types.NoneType)
    hint = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return dt.datetime if hint is AwareDatetime else hint


def _simple_types(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is None:
        yield dt.datetime if hint is AwareDatetime else hint
    for member in get_args(hint):
        yield from _simple_types(member)


def _requires(model: type[BaseModel], name: str) -> bool:
    return name in model.model_fields and model.model_fields[name].is_required()


_CHANGES: Final[dict[str, list[dict[str, Any]]]] = {
    "UserPatch": [{"name": "Rui Prado"}],
    "DoctorPatch": [{"biography": "Cardiologist"}, {"zone": "America/Manaus"}],
    "PatientPatch": [{"allergies": None}, {"height_cm": 170}],
    "AppointmentPatch": [{"notes": "brings the letter"}],
    "AvailabilityWindowPatch": [{"start_minute": 540}],
    "BlockPatch": [{"reason": None}],
    "ServiceLocationPatch": [{"is_active": False}],
    "SpecializationPatch": [{"is_active": False}],
    "IdentifierPatch": [{"value": "AB123457"}],
    "RegistrationPatch": [{"number": "54321"}],
}
