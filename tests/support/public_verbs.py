"""Every public verb and every public scope, with what they take, found by introspection."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final, get_args, get_origin, get_type_hints

from telemed_store import scopes
from telemed_store.database.scoping import Scope


@dataclasses.dataclass(frozen=True)
class Verb:
    """One public method of a repository, and what it takes."""

    repository: str
    name: str
    hints: dict[str, Any]

    def of(self, frame: Any) -> Callable[..., Any]:
        """The method on a frame."""
        return getattr(getattr(frame, self.repository), self.name)  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return f"{self.repository}.{self.name}"


# They answer nothing when they are called; what they read, they read by verbs that stand here.
_STREAMS: Final = frozenset({"iterate"})


def verbs(frame: Any) -> list[Verb]:
    """Every public verb of every repository that hangs on a frame."""
    found = [
        Verb(repository, name, _arguments(getattr(held, name)))
        for repository, held in vars(frame).items()
        if not repository.startswith("_")
        for name in dir(held)
        if not name.startswith("_") and callable(getattr(held, name)) and name not in _STREAMS
    ]
    assert len(found) > 60, "introspection found too little to mean anything"
    return found


def _arguments(method: Any) -> dict[str, Any]:
    hints = get_type_hints(method, include_extras=True)
    hints.pop("return", None)
    return hints


def all_scopes() -> list[type[Scope[Any]]]:
    """Every class of scopes that is public."""
    classes = [getattr(scopes, name) for name in scopes.__all__]
    return [each for each in classes if each is not Scope]


def filtered_by(scope: type[Scope[Any]]) -> Any:
    """The model that a class of scopes filters."""
    return next(get_args(base)[0] for base in vars(scope)["__orig_bases__"] if get_origin(base) is Scope)


def fields_of(scope: type[Scope[Any]]) -> dict[str, Any]:
    """The values that a class of scopes holds, by their annotations."""
    hints = get_type_hints(scope, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(scope)}  # type: ignore[arg-type]


def build(scope: type[Scope[Any]], values: dict[str, Any]) -> Scope[Any]:
    """A scope of these values; one whose values are a tuple takes them one by one."""
    if scope is scopes.WithStatus:
        return scopes.WithStatus(*values["statuses"])
    return scope(**values)
