"""What DuckDB means otherwise than sqlglot's Spark writes it: each a difference that raises no error."""

from __future__ import annotations

import pytest
import sqlglot

from shipsync.dialects.spark import SPARK
from shipsync.errors import ModelError


def spark(sql: str) -> str:
    """``sql`` of DuckDB in Spark's, on one line."""
    text = " ".join(SPARK.sql(sqlglot.parse_one(sql, dialect="duckdb")).split())
    return text.replace("( ", "(").replace(" )", ")")


@pytest.mark.parametrize(
    ("duckdb_sql", "spark_text"),
    [
        # Spark's difference in days counts 24 hours.
        ("date_diff('day', a, b)", "DATEDIFF(b, a)"),
        # Java's $ also stands before a last newline, and RLIKE finds a part.
        (r"regexp_full_match(a, '0*[1-9]')", r"REGEXP_LIKE(a, '\\A(?:0*[1-9])\\z')"),
        (
            r"regexp_replace(a, '^([0-9]{5})-[0-9]$', '\1')",
            r"REGEXP_REPLACE(a, '^([0-9]{5})-[0-9]\\z', '$1')",
        ),
        (r"regexp_replace(a, '[^\pL]+', '', 'g')", r"REGEXP_REPLACE(a, '[^\\pL]+', '')"),
        (
            "regexp_extract(a, '^(x)(y)$', ['one', 'two'])",
            r"NAMED_STRUCT('one', REGEXP_EXTRACT(a, '^(x)(y)\\z', 1), "
            r"'two', REGEXP_EXTRACT(a, '^(x)(y)\\z', 2))",
        ),
        ("lower(a)", "LOWER(TRANSLATE(a, '\u0130\u03a3', 'i\u03c3'))"),
        # Exact and between two values, in both.
        ("quantile_cont(a, 0.5)", "PERCENTILE(a, 0.5)"),
        # Decimals would be divided to decimals.
        ("a / b", "CAST(a AS DOUBLE) / NULLIF(CAST(b AS DOUBLE), 0)"),
        ("a // 7", "a DIV 7"),
        # Whole days of an interval, and differences, go by the clock of the session's zone.
        (
            "a - interval 120 hours",
            "TIMESTAMP_MICROS(CAST(UNIX_MICROS(a) - 432000000000 AS BIGINT))",
        ),
        (
            "a + interval 1 hour * 72",
            "TIMESTAMP_MICROS(CAST(UNIX_MICROS(a) + 3600000000 * 72 AS BIGINT))",
        ),
        ("a - b > interval 1 minute", "UNIX_MICROS(a) - UNIX_MICROS(b) > 60000000"),
        ("epoch_us(a)", "UNIX_MICROS(a)"),
        (
            "make_timestamp(epoch_us(a))::date",
            "DATE_FROM_UNIX_DATE(CAST((UNIX_MICROS(a) - PMOD(UNIX_MICROS(a), 86400000000)) "
            "DIV 86400000000 AS INT))",
        ),
        (
            "a at time zone 'Asia/Tokyo'",
            "CAST(CONCAT(CAST(a AS STRING), ' ', 'Asia/Tokyo') AS TIMESTAMP)",
        ),
        # A TIMESTAMP of Spark would be one of the session's zone.
        ("timestamp '2001-01-01 00:00:00'", "CAST('2001-01-01 00:00:00' AS TIMESTAMP_NTZ)"),
        # No filter of an aggregate over a window, and none with a subquery.
        (
            "count(*) filter (where a) over (partition by b)",
            "COUNT(CASE WHEN a THEN 1 END) OVER (PARTITION BY b)",
        ),
        (
            "sum(a) filter (where b in (select c from d))",
            "SUM(CASE WHEN b IN (SELECT c FROM d) THEN a END)",
        ),
        # Nulls come last.
        ("row_number() over (order by a)", "ROW_NUMBER() OVER (ORDER BY a NULLS LAST)"),
        ("a is distinct from b", "a IS DISTINCT FROM b"),
        ("null::json", "CAST(NULL AS STRING)"),
        (r"a = 'it''s \d'", r"a = 'it\'s \\d'"),
        # Two lists side by side would be every pair of their members.
        (
            "select a, unnest([1, 2]) as b, unnest([3, 4]) as c from d",
            "SELECT a, INLINE(ARRAYS_ZIP(ARRAY(1, 2), ARRAY(3, 4))) AS (b, c) FROM d",
        ),
        (
            "select (select a from b) - unnest(range(1, 3))::integer as c",
            "SELECT (SELECT a FROM b) - CAST(items.item AS INT) AS c "
            "FROM (SELECT EXPLODE(SEQUENCE(1, 2)) AS item) AS items",
        ),
        # sqlglot's way leaves the column of the condition.
        (
            "select a from b group by a qualify row_number() over (order by count(*)) = 1",
            "SELECT * EXCEPT (is_kept_by_qualify) FROM (SELECT a, "
            "ROW_NUMBER() OVER (ORDER BY COUNT(*) NULLS LAST) = 1 AS is_kept_by_qualify FROM b GROUP BY a) "
            "AS qualified WHERE is_kept_by_qualify",
        ),
        (
            "with a as materialized (select 1 as b) select b from a",
            "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
        ),
    ],
)
def test_what_duckdb_means(duckdb_sql: str, spark_text: str) -> None:
    assert spark(duckdb_sql) == spark_text


def test_a_day_of_a_zone_rests_on_no_session() -> None:
    text = spark("(a at time zone 'Asia/Tokyo')::date")
    assert text.startswith(
        "CAST(CONVERT_TIMEZONE('UTC', 'Asia/Tokyo', CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ)"
    )
    assert "UNIX_MICROS(a)" in text


def test_only_what_duckdb_takes_for_a_day_is_one() -> None:
    """Spark would read 2026 and 2026-11 as days."""
    text = spark("try_cast(a as date)")
    assert r"REGEXP_LIKE(a, '\\A[0-9]{1,6}[-/ ][0-9]{1,2}[-/ ][0-9]{1,2}\\z')" in text


@pytest.mark.parametrize(
    "sql",
    [
        "date_diff('hour', a, b)",
        "count(distinct a) filter (where b in (select c from d))",
        "select unnest([1]) as a, unnest([2]) + 1 as b",
        "regexp_replace(a, 'b', 'c')",
        "regexp_full_match(a, b)",
        "regexp_extract(a, 'b')",
        # Namesakes: what they do with nulls, order, bits and patterns differs.
        "arg_max(a, b)",
        "list(a order by b)",
        "hash(a)",
        "strftime(a, '%Y')",
        "array_to_string(a, ',')",
        "to_json(a)",
    ],
)
def test_what_has_no_translation_is_refused(sql: str) -> None:
    with pytest.raises(ModelError, match="No translation"):
        spark(sql)
