"""The settings of a connection: what there is to set, and reading it from files and the environment."""

from shipsync.settings.keys import ALERT_SETTINGS, SETTINGS, Setting
from shipsync.settings.reading import CONFIG_DIR, Local, destination, load, local

__all__ = [
    "ALERT_SETTINGS",
    "CONFIG_DIR",
    "SETTINGS",
    "Local",
    "Setting",
    "destination",
    "load",
    "local",
]
