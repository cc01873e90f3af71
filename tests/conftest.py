"""The suite's databases come from the package's own plugin, as those of any application's suite do."""

from __future__ import annotations

from importlib.metadata import entry_points

# Where the package is installed its entry point has loaded the plugin already.
pytest_plugins = [] if entry_points(group="pytest11", name="telemed_store") else ["telemed_store.testing.plugin"]
