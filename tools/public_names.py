"""The public names as pages: groups of `telemed_store`, the verbs of repositories, scopes, and the types of the fixtures.

Signatures, docstrings and what classes inherit are mkdocstrings' affair: a page names what is to be shown. Written here is what it does
not know: the fields of a pydantic model with their defaults, the values of an enum, what a scope takes.
"""

from __future__ import annotations

import inspect
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import MISSING, BaseModel
from pydantic.fields import FieldInfo

import telemed_store
from telemed_store import scopes, testing
from telemed_store._sync.repositories import ReadRepositories, Repositories
from telemed_store.database.models import Input
from telemed_store.testing import conformance

__all__ = ["groups", "names_page", "scopes_page", "testing_page", "verbs_page"]


def groups() -> dict[str, list[str]]:
    """The public names of ``telemed_store`` as ``__all__`` groups them."""
    assert telemed_store.__file__ is not None
    source = Path(telemed_store.__file__).read_text(encoding="utf-8")
    listed = source.split("__all__ = [", 1)[1]
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(f"[{listed}").readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            names = found.setdefault(token.string.removeprefix("#").strip(), [])
        elif token.type == tokenize.STRING:
            names.append(token.string.strip('"'))
    return found


def names_page(title: str, names: list[str]) -> Iterator[str]:
    """One group of public names."""
    yield from (f"# {title}", "")
    twins = [name for name in names if f"Async{name}" in names]
    if twins:
        yield "The asynchronous twins have the same words, with `await`:"
        yield ""
        yield "| Synchronous | Asynchronous |"
        yield "|---|---|"
        yield from (f"| `{name}` | `Async{name}` |" for name in twins)
    for name in names:
        if name.removeprefix("Async") not in twins or name in twins:
            yield from ("", f"::: telemed_store.{name}")
            value: object = getattr(telemed_store, name)
            if isinstance(value, type) and issubclass(value, BaseModel):
                yield from ("    options:", "      show_docstring_attributes: false", "      show_bases: false")
                yield from ("", *_fields(value))
            elif isinstance(value, type) and issubclass(value, Enum):
                yield from ("    options:", "      show_bases: false")
                yield from ("", "Values: " + ", ".join(f"`{member.value}`" for member in value) + ".")


def _fields(model: type[BaseModel]) -> Iterator[str]:
    """Every field with its type, its default, and what the docstrings of the model and its bases say of it."""
    said: dict[str, str] = {}
    for kind in model.__mro__:
        for name, text in re.findall(
            r"^    (\w+): (.+(?:\n     +.+)*)$", inspect.cleandoc(kind.__doc__ or ""), re.MULTILINE
        ):
            said.setdefault(name, " ".join(text.split()).replace("``", "`"))
    is_input = issubclass(model, Input)
    own = [name for kind in model.__mro__ if kind.__module__.startswith("telemed_store") for name in vars(kind)]
    if any(
        inspect.isroutine(value := inspect.getattr_static(model, name)) or isinstance(value, property)
        for name in own
        if not name.startswith("_")
    ):
        yield from (f"Fields of `{model.__name__}`:", "")
    yield f"| Field | Type | {'Default | ' if is_input else ''}Meaning |"
    yield f"|---|---|---|{'---|' if is_input else ''}"
    for name, field in model.model_fields.items():
        default = f" {_default(field)} |" if is_input else ""
        # A bar would end the cell, and in backticks it cannot be escaped.
        typed = _annotation(field.annotation).replace("|", "&#124;")
        yield f"| `{name}` | <code>{typed}</code> |{default} {said.get(name, '')} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is MISSING:
        return "not changed"
    return "computed" if field.default_factory is not None else f"`{field.default}`"


def _annotation(annotation: object) -> str:
    """A type as one writes it."""
    if annotation is None or annotation is type(None):
        return "None"
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotation(inner[0])
    if origin in {Union, UnionType}:
        return " | ".join(_annotation(each) for each in inner if each is not MISSING)
    name = getattr(origin or annotation, "__name__", str(annotation))
    if inner:
        return f"{name}[{', '.join('...' if each is ... else _annotation(each) for each in inner)}]"
    return str(name)


def verbs_page() -> Iterator[str]:
    """The repositories, whose verbs are met on every frame."""
    yield from ("# Verbs", "")
    yield "A repository hangs on each frame by its name: `mine.appointments`, `uow.appointments`, `read.appointments`. Readers and snapshots"
    yield "have the reading half alone. The asynchronous verbs are the same, with `await`."
    read, whole = ReadRepositories.__init__, Repositories.__init__
    reading, writing = _held(read), _held(whole)
    for name in writing:
        yield from ("", f"## {name}", "")
        if name in reading and reading[name] is not writing[name]:
            yield from _verbs(reading[name])
            yield ""
        yield from _verbs(writing[name])


def _held(constructor: Callable[..., None]) -> dict[str, type]:
    """The repositories that a constructor sets, by name."""
    module = sys.modules[constructor.__module__]
    found = re.findall(r"self\.(\w+): Final = (\w+)\(|self\.(\w+) = (\w+)\(", inspect.getsource(constructor))
    return {a or c: getattr(module, b or d) for a, b, c, d in found}


def _verbs(repository: type) -> Iterator[str]:
    yield f"::: {repository.__module__}.{repository.__name__}"
    yield from (
        "    options:",
        "      heading_level: 3",
        "      show_root_heading: false",
        "      show_root_toc_entry: false",
    )


def scopes_page() -> Iterator[str]:
    """The filters of lists."""
    yield from ("# Scopes", "")
    yield "Filters of lists, in `telemed_store.scopes`; combine them with `&`. A list takes those of its own kind, by type: `Scope[Doctor]` for"
    yield "lists of doctors. To write one, derive from [`Scope`][telemed_store.Scope]."
    for name in scopes.__all__:
        scope: type[object] = getattr(scopes, name)
        yield from ("", f"::: telemed_store.scopes.{name}", "    options:", "      members: false")
        if name != "Scope":
            taken = str(inspect.signature(scope)).replace("'", "").removesuffix(" -> None")
            yield from ("", "```text", f"{name}{taken}", "```")


def testing_page() -> Iterator[str]:
    """The types of the pytest plugin's fixtures."""
    yield from ("# Testing", "")
    yield "Types of the pytest plugin's fixtures, in `telemed_store.testing`; [how to use them](../howto/testing.md)."
    for name in testing.__all__:
        home: object = getattr(testing, name)
        module = getattr(home, "__module__", f"{testing.__name__}.clock")
        if not name.startswith("Async"):
            yield from ("", f"::: {module if isinstance(home, type) else f'{testing.__name__}.clock'}.{name}")
    yield from ("", "## Conformance", "")
    yield "What a backend of your own has to do, in `telemed_store.testing.conformance`: each method is a test."
    for name in conformance.__all__:
        if not name.startswith("Async"):
            module = getattr(conformance, name).__module__
            yield from ("", f"::: {module}.{name}", "    options:", "      heading_level: 3", "      members: false")
