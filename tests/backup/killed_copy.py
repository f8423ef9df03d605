"""A backup or a restore in a process of its own, which ends as by ``kill -9`` at its n-th step on files.

    python killed_copy.py backup|restore FOLDER DATABASE N

Exit code 137 if it was ended, 0 if it had fewer steps than that.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shipsync.backup.restore import restore
from shipsync.backup.take import take_backup

_STEPS = ("open", "os.rename", "os.link", "os.remove", "os.mkdir", "shutil.move", "shutil.copyfile")


def main(command: str, folder: Path, database: Path, strike_at: int) -> None:
    left = strike_at

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        # Only what concerns the backup and the database, not what Python itself opens.
        if event in _STEPS and str(database.parent) in str(arguments):
            left -= 1
            if left == 0:
                os._exit(137)

    sys.addaudithook(count)
    if command == "backup":
        take_backup(database, "shop", folder)
    else:
        restore(folder, database, "shop", replace=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
