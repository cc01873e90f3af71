"""Where Redis is: one server (TCP, TLS or a socket), a master that Sentinels name, or a Cluster.

    redis://[user:password@]host:port/db             rediss:// with TLS, unix:///path?db=0
    redis+sentinel://[user:password@]a:26379,b:26379/service/db       rediss+sentinel:// with TLS
    redis+cluster://[user:password@]a:6379,b:6379                     rediss+cluster:// with TLS

What follows a ``?`` goes to redis-py, such as ``ssl_ca_certs=...``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import SecretStr

from telemed_store.errors import SettingsError

__all__ = ["REDIS_URL_SETTING", "RedisAddress", "parse_redis_url"]

REDIS_URL_SETTING: Final = "TELEMED_STORE_REDIS_URL"

Kind = Literal["server", "sentinel", "cluster"]

_PORTS: Final[dict[Kind, int]] = {"server": 6379, "sentinel": 26379, "cluster": 6379}
_SEVERAL: Final = re.compile(
    r"(?P<scheme>rediss?)\+(?P<kind>sentinel|cluster)://"
    r"(?:(?P<account>[^/?#]*)@)?(?P<hosts>[^@/?#]+)(?P<path>/[^?#]*)?(?:\?(?P<options>[^#]*))?"
)
_ONE: Final = re.compile(r"(?:rediss?://[^/?#\s]+|unix:///[^?#\s]+).*")
_HOST: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A Redis URL, understood.

    Attributes:
        kind: One server, a master behind Sentinels, or a Cluster.
        url: A URL of one server that redis-py reads: account, TLS, database and options (of a Sentinel's master or a Cluster's nodes too).
        hosts: Host and port of each Sentinel, or of the nodes that a Cluster is asked through; empty for one server.
        service: The name under which Sentinels know the master.
    """

    kind: Kind
    url: SecretStr
    hosts: tuple[tuple[str, int], ...] = field(default=())
    service: str = ""


def parse_redis_url(url: SecretStr | str, setting: str = REDIS_URL_SETTING) -> RedisAddress:
    """What a Redis URL means.

    Raises:
        SettingsError: It is none; the message names the setting and never the value.
    """
    text = url.get_secret_value() if isinstance(url, SecretStr) else url
    if text.isprintable() and (several := _SEVERAL.fullmatch(text)):
        kind: Kind = "sentinel" if several["kind"] == "sentinel" else "cluster"
        hosts = [_host(each, _PORTS[kind]) for each in several["hosts"].split(",")]
        service, _, database = (several["path"] or "").strip("/").partition("/")
        if kind == "cluster":
            service, database = "", service
        named = bool(service) if kind == "sentinel" else not database
        known = [host for host in hosts if host is not None]
        if named and len(known) == len(hosts) and (not database or database.isdecimal()):
            account = f"{several['account']}@" if several["account"] else ""
            options = f"?{several['options']}" if several["options"] else ""
            host, port = known[0]
            one = f"{several['scheme']}://{account}{_bracketed(host)}:{port}/{database}{options}"
            return RedisAddress(kind, SecretStr(one), tuple(known), service)
    elif text.isprintable() and _ONE.fullmatch(text):
        return RedisAddress("server", SecretStr(text))
    raise SettingsError(
        "is not a Redis URL such as redis://host:6379/0, rediss://user:password@host:6379/0,"
        " redis+sentinel://host:26379,host:26379/service/0 or redis+cluster://host:6379,host:6379",
        setting=setting,
    )


def _host(text: str, default_port: int) -> tuple[str, int] | None:
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    return found["host"].strip("[]"), int(found["port"] or default_port)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
