"""Telling a catalog of data what each run read and wrote, as events of OpenLineage.

::

    datasets   what a sync, a build and a publish read and wrote, under the names that OpenLineage gives them
    events     one run event, made by OpenLineage's own library, which is loaded for it and not before
    receiver   where events go: an address or a file, within a few seconds for a whole run
    jobs       the beginning and the end of each job of a run; whatever is wrong here fails no run
"""
