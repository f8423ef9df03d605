"""A folder of files, on this machine or in a store, by the address that dlt's fsspec knows it by."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shipsync import owner_only
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, LockHeld

# In these a file that is being written is not there yet; elsewhere it is renamed when it is whole.
_WRITE_WHOLE: Final = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl", "memory")
_PARTIAL: Final = ".part"
_PASSWORD: Final = re.compile(r"(://[^/@:]*):([^/@]*)@")
_NAMED: Final = "destination:"


@dataclass(frozen=True)
class Storage:
    """Files below ``root`` of ``fs``, by names with slashes; ``url`` is the folder's address.

    On this machine files can be read by their owner alone. ``options`` is how deltalake gets in.
    """

    fs: Any = field(repr=False)
    root: str
    url: str = field(repr=False)
    options: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def place(self) -> str:
        """The folder as it may be told to anybody: its path, or its address without a password."""
        return self.root if self.is_local else _without_password(self.url)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password of an address that has one; what dlt gets in with is shown by nothing."""
        given = _PASSWORD.search(self.url)
        return (Secret(given[2]),) if given else ()

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return self.url.startswith("file:")

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep another publish on this machine out of a local folder; a store has no such lock.

        Raises ``LockHeld``.
        """
        if not self.is_local:
            yield
            return
        folder = Path(self.root)
        owner_only.make_folder(folder)
        with os.fdopen(owner_only.open_to_append(folder / ".lock"), "rb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LockHeld(
                    f"Another publish is at work on {self.root}. Wait for its end, then publish again."
                ) from None
            yield

    def put(self, file: Path, name: str) -> int:
        """Move ``file`` to ``name``, and return its size in bytes; it may be seen before it is whole."""
        size = file.stat().st_size
        path = self.path(name)
        if self.is_local:
            owner_only.make_folder(Path(path).parent)
            file.chmod(owner_only.FILE)
            shutil.move(file, path)
        else:
            self.fs.put_file(str(file), path)
            file.unlink()
        return size

    def write(self, name: str, content: bytes) -> None:
        """Write a small file that is seen whole or not at all."""
        path = self.path(name)
        if self.is_local:
            part = Path(f"{path}{_PARTIAL}")
            owner_only.make_folder(part.parent)
            with os.fdopen(owner_only.open_new(part), "wb") as file:
                file.write(content)
            part.replace(path)
        elif self.url.partition(":")[0] in _WRITE_WHOLE:
            self.fs.pipe_file(path, content)
        else:
            self.fs.pipe_file(f"{path}{_PARTIAL}", content)
            self.fs.mv(f"{path}{_PARTIAL}", path)

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return bytes(self.fs.cat_file(self.path(name)))

    @contextmanager
    def on_this_machine(self, name: str, folder: Path) -> Iterator[Path]:
        """The file where it is, or a copy of it in ``folder`` for the time of the block."""
        if self.is_local:
            yield Path(self.path(name))
            return
        copy = folder / "fetched.parquet"
        self.fs.get_file(self.path(name), str(copy))
        try:
            yield copy
        finally:
            copy.unlink()

    def opener(self, folder: Path) -> Callable[[str], AbstractContextManager[Path]]:
        """``on_this_machine`` with that folder."""
        return lambda name: self.on_this_machine(name, folder)

    def names(self, folder: str = "") -> list[str]:
        """All files below ``folder``, in order; none where there is no such folder."""
        base = self.path(folder)
        self.fs.invalidate_cache()
        if not self.fs.exists(base):
            return []
        found = self.fs.find(base)
        return sorted(path[len(self.root) :].strip("/") for path in found)

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all in it; one that is not there is no error."""
        try:
            self.fs.rm(self.path(name), recursive=True)
        except FileNotFoundError:
            return

    def path(self, name: str) -> str:
        """The path of a file, as ``fs`` knows it."""
        return f"{self.root.rstrip('/')}/{name}" if name else self.root


def storage(address: str) -> Storage:
    """The folder at ``address``: a path, an address with its scheme, or ``destination:NAME`` of dlt.

    Of a destination ``bucket_url`` and credentials are read from dlt's own configuration, and for a bare
    address of a store the credentials. Raises ``ConfigurationError``, also where these are missing.
    """
    if "://" not in address and not address.startswith(_NAMED):
        return _local(Path(address))
    from dlt.common.configuration.exceptions import ConfigurationException
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.common.exceptions import MissingDependencyException
    from dlt.common.storages.configuration import FilesystemConfiguration
    from dlt.common.storages.fsspec_filesystem import fsspec_from_config

    name = address.removeprefix(_NAMED) if address.startswith(_NAMED) else ""
    given = FilesystemConfiguration() if name else FilesystemConfiguration(bucket_url=address)
    try:
        found = resolve_configuration(given, sections=("destination", name or "filesystem"))
        fs, root = fsspec_from_config(found)
    except (ConfigurationException, MissingDependencyException, ValueError) as failure:
        place = _without_password(address)
        raise ConfigurationError(
            f"The folder {place} cannot be reached: {_reason(failure)} Give bucket_url and credentials under "
            "[destination.NAME] in dlt's configuration, and install what dlt needs for that store."
        ) from failure
    url = str(found.bucket_url)
    if found.is_local_filesystem:
        return _local(Path(FilesystemConfiguration.make_local_path(url)))
    return Storage(fs, root, url, _options(found.credentials))


def _local(folder: Path) -> Storage:
    from fsspec.implementations.local import LocalFileSystem

    root = str(folder.expanduser().absolute())
    if Path(root).exists() and not Path(root).is_dir():
        raise ConfigurationError(
            f"{root} is a file, and a folder is published into; name a folder."
        )
    return Storage(LocalFileSystem(), root, f"file:{root}")


def _without_password(address: str) -> str:
    return _PASSWORD.sub(r"\1@", address)


def _reason(failure: Exception) -> str:
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    return _without_password(f"{' '.join(lines[:3]).rstrip('.')}.")


def _options(credentials: object) -> dict[str, str]:
    from dlt.common.configuration.specs.mixins import WithObjectStoreRsCredentials

    if isinstance(credentials, WithObjectStoreRsCredentials):
        return dict(credentials.to_object_store_rs_credentials())
    return {}
