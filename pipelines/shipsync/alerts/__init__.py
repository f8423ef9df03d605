"""Telling somebody: what needs a person, told once when it begins and once when it is over.

::

    conditions   what needs a person now, read from the ledger
    state        which of it was told, kept in the ledger (or beside the database, where that is not at hand)
    forms        the body of one message: ours, Slack's, healthchecks'
    post         one POST with a short deadline
    run_end      the end of a run: look, tell, remember; it fails no run
"""
