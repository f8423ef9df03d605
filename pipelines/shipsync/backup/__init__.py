"""A backup of what cannot be read from the account again, and how it comes back.

::

    manifest   what a backup holds: files, sizes, checksums, when it was taken
    take       a copy of one consistent state of the database, while runs go on
    restore    the copy put in place, and what it cannot know marked in its ledger
"""
