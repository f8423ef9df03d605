"""The server and the database of the exports' tests: the same tables are published."""

from export.conftest import database as database
from export.conftest import server as server
