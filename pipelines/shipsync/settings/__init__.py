"""The settings of a connection: what there is to set, and reading it from files and the environment."""

from shipsync.settings.destinations import destination
from shipsync.settings.keys import ALERT_SETTINGS, SETTINGS
from shipsync.settings.reading import Local, load, local
from shipsync.settings.setting import Setting
from shipsync.settings.toml_files import CONFIG_DIR

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
