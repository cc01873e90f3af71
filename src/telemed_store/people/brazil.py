"""The built-in country profile ``br``: how CPF, CNS and CRM look, and which check digits they pass (domain §2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator

__all__ = [
    "CNS",
    "CPF",
    "CRM",
    "DEFAULT_ZONE",
    "NORMALISERS",
    "CnsNumber",
    "CpfNumber",
    "CrmNumber",
    "CrmState",
    "known_system",
    "normalised_authority",
    "normalised_crm_number",
    "normalised_crm_state",
]

CPF: Final = "cpf"
CNS: Final = "cns"
CRM: Final = "crm"
DEFAULT_ZONE: Final = "America/Sao_Paulo"

_STATES: Final = frozenset(
    "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO".split()  # noqa: SIM905 - 27 codes
)
_PUNCTUATION: Final = str.maketrans("", "", ".-/ ")
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)
_CRM_NUMBER: Final = re.compile(r"[A-Z0-9]{4,20}", re.ASCII)


def normalised_cpf(value: str) -> str:
    """The eleven digits of a CPF whose check digits are right."""
    from validate_docbr import CPF as Cpf  # noqa: N811 - imported on use, it reads a large table

    return _checked(value, 11, Cpf().validate, "must be a CPF: 11 digits with correct check digits")


def normalised_cns(value: str) -> str:
    """The fifteen digits of a CNS whose check digits are right."""
    from validate_docbr import CNS as Cns  # noqa: N811 - imported on use, as above

    return _checked(value, 15, Cns().validate, "must be a CNS: 15 digits with correct check digits")


def _checked(value: str, length: int, passes: Callable[[str], bool], advice: str) -> str:
    digits = value.translate(_PUNCTUATION)
    if len(digits) != length or not _DIGITS.fullmatch(digits) or not passes(digits):
        raise ValueError(advice)
    return digits


def normalised_crm_number(value: str) -> str:
    """A CRM number, trimmed and in upper case."""
    number = value.strip().upper()
    if not _CRM_NUMBER.fullmatch(number):
        raise ValueError("must be a CRM number: 4 to 20 letters A-Z and digits")
    return number


def normalised_crm_state(value: str) -> str:
    """The code of one of the 27 federative units, in upper case."""
    state = value.strip().upper()
    if state not in _STATES:
        raise ValueError("must be one of the 27 codes of Brazilian federative units, such as SP")
    return state


NORMALISERS: Final[Mapping[str, Callable[[str], str]]] = {CPF: normalised_cpf, CNS: normalised_cns}
"""Identifier systems that the library knows more about than their name; all others are data."""


def known_system(system: str) -> str:
    """The system's name, trimmed; one that the library knows more about is known whatever its case."""
    trimmed = system.strip()
    folded = trimmed.lower()
    return folded if folded in NORMALISERS else trimmed


def normalised_authority(authority: str) -> str:
    """The name of a professional authority, trimmed and in lower case."""
    return authority.strip().lower()


CpfNumber = Annotated[str, AfterValidator(normalised_cpf)]
"""A CPF; kept as its eleven digits."""

CnsNumber = Annotated[str, AfterValidator(normalised_cns)]
"""A CNS; kept as its fifteen digits."""

CrmNumber = Annotated[str, AfterValidator(normalised_crm_number)]
"""A CRM number; kept trimmed and in upper case."""

CrmState = Annotated[str, AfterValidator(normalised_crm_state)]
"""The federative unit of a CRM number."""
