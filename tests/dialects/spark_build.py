"""Builds the package with dbt-spark in one Spark session and writes every model as Parquet.

Runs in an environment with pyspark and dbt-spark; nothing of shipsync is there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

given: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())


def session() -> Any:
    """A session far from UTC, so that no value may rest on its zone."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.session.timeZone": given["zone"],
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": given["warehouse"],
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master(given["master"])
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def table(spark: Any, schema: str, files: list[str]) -> Any:
    """A table as Delta has it: its schema, which is Spark's own, and the files of its last version."""
    from pyspark.sql.types import StructType

    columns = StructType.fromJson(json.loads(schema))
    return (
        spark.read.schema(columns).parquet(*files) if files else spark.createDataFrame([], columns)
    )


def main() -> None:
    from dbt.cli.main import dbtRunner

    spark = session()
    for name, (schema, files) in given["tables"].items():
        spark.sql(f"create schema if not exists {name.split('.')[0]}")
        table(spark, schema, files).write.saveAsTable(name)
    words = [
        "build",
        "--threads",
        "1",
        "--project-dir",
        given["package"],
        "--profiles-dir",
        given["profiles"],
    ]
    answer = dbtRunner().invoke(words)
    if not answer.success:
        sys.exit("dbt did not build the package")
    for name in given["models"]:
        spark.table(name).write.parquet(f"{given['built']}/{name}")


main()
