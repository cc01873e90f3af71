"""Error translation: what a driver raises becomes one of `telemed_store.errors`, without the values it quotes.

`reports` says what each engine tells about a failure, `constraints` which of our names it speaks of, `outcomes` which
error that is.
"""

from telemed_store.database.translation.constraints import Factory, register
from telemed_store.database.translation.outcomes import DRIVER_ERRORS, is_disconnect, translate

__all__ = ["DRIVER_ERRORS", "Factory", "is_disconnect", "register", "translate"]
