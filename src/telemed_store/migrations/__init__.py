"""The schema's history: Alembic scripts that ship in the package, and what runs them.

A host with an Alembic history of its own adds `version_locations` to its configuration and gives `include_object` to
``context.configure``: then our branch (label ``telemed_store``) migrates with the host's, and its autogenerate leaves us alone.
"""

from telemed_store.migrations.ownership import BRANCH, VERSION_TABLE, include_object, version_locations

__all__ = ["BRANCH", "VERSION_TABLE", "include_object", "version_locations"]
