"""The engines that models are written for, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shipsync.dialects.bigquery import BIGQUERY
from shipsync.dialects.dialect import Dialect
from shipsync.dialects.postgres import POSTGRES
from shipsync.dialects.snowflake import SNOWFLAKE
from shipsync.dialects.spark import SPARK

DIALECTS: Final[Mapping[str, Dialect]] = {
    one.name: one for one in (SPARK, POSTGRES, SNOWFLAKE, BIGQUERY)
}
