"""Nine pages that a merchant reads: what needs a person today, carriers, money, stock, writes and runs.

A page is content first (``content``): numbers, charts and tables that are read from the marts. The site of
``shipsync dashboard``, the file of ``shipsync report`` and the notebooks show that same content.
"""
