"""What DuckDB means otherwise than sqlglot's Snowflake writes it. No Snowflake was asked."""

from __future__ import annotations

import pytest
import sqlglot

from shipsync.dialects.snowflake import SNOWFLAKE
from shipsync.errors import ModelError


def written(sql: str) -> str:
    text = " ".join(SNOWFLAKE.sql(sqlglot.parse_one(sql, dialect="duckdb")).split())
    return text.replace("( ", "(").replace(" )", ")")


@pytest.mark.parametrize(
    ("duckdb_sql", "text"),
    [
        # Instants are not taken from one another, and intervals are not multiplied.
        (
            "a - b > interval 1 minute",
            "DATE_PART(EPOCH_MICROSECOND, a) - DATE_PART(EPOCH_MICROSECOND, b) > 60000000",
        ),
        ("a - interval 120 hours", "DATEADD(MICROSECOND, -(432000000000), a)"),
        ("a + interval 1 hour * 72", "DATEADD(MICROSECOND, 3600000000 * 72, a)"),
        # The day of an instant, whatever zone it is kept in.
        (
            "make_timestamp(epoch_us(a))::date",
            "CAST(CONVERT_TIMEZONE('UTC', 'UTC', CAST(CONVERT_TIMEZONE('UTC', a) "
            "AS TIMESTAMPNTZ)) AS DATE)",
        ),
        (
            "(a at time zone 'Asia/Tokyo')::date",
            "CAST(CONVERT_TIMEZONE('UTC', 'Asia/Tokyo', "
            "CAST(CONVERT_TIMEZONE('UTC', a) AS TIMESTAMPNTZ)) AS DATE)",
        ),
        # A cast of a quotient would round it.
        ("a // 7", "CAST(TRUNC((a) / 7) AS BIGINT)"),
        ("a / b", "CAST(a AS DOUBLE) / NULLIF(CAST(b AS DOUBLE), 0)"),
        # There are no groups that are not captured, so the others have other numbers.
        (
            "with b as (select regexp_extract(a, '^(?:x)(y)(z)$', ['one', 'two']) "
            "as p from c) select p.two from b",
            "WITH b AS (SELECT CASE WHEN NOT a IS NULL THEN "
            "OBJECT_CONSTRUCT('one', COALESCE(REGEXP_SUBSTR(a, '^(x)(y)(z)$', 1, "
            "1, 'e', 2), ''), 'two', COALESCE(REGEXP_SUBSTR(a, '^(x)(y)(z)$', 1, "
            "1, 'e', 3), '')) END AS p FROM c) SELECT CAST(GET(p, 'two') AS "
            "VARCHAR) FROM b",
        ),
        (
            r"regexp_replace(a, '[^\p{Cc}]+', '', 'g')",
            r"REGEXP_REPLACE(a, '[^\\x{1}-\\x{1F}\\x{7F}-\\x{9F}]+', '')",
        ),
        ("regexp_full_match(a, '0*(?:1|2)')", "REGEXP_LIKE(a, '0*(1|2)')"),
        # A path does not begin with its root.
        ("a ->> '$.b[0].c'", "JSON_EXTRACT_PATH_TEXT(TO_JSON(a), 'b[0].c')"),
        ("a ->> ('$[' || b || '].c')", "JSON_EXTRACT_PATH_TEXT(TO_JSON(a), ('[' || b || '].c'))"),
        ("json_array_length(a)", "CASE WHEN NOT a IS NULL THEN COALESCE(ARRAY_SIZE(a), 0) END"),
        # A member of a list is a VARIANT, so a CASE chooses it.
        (
            "select a, unnest([1, 2]) as b, unnest([c, null]) as c from d",
            "SELECT a, CASE items.n WHEN 0 THEN 1 WHEN 1 THEN 2 END AS b, CASE "
            "items.n WHEN 0 THEN c WHEN 1 THEN NULL END AS c FROM d CROSS JOIN "
            "(VALUES (0), (1)) AS items(n)",
        ),
        (
            "count(*) filter (where a) over (partition by b)",
            "COUNT(CASE WHEN a THEN 1 END) OVER (PARTITION BY b)",
        ),
        ("greatest(a, b, 0)", "GREATEST_IGNORE_NULLS(a, b, 0)"),
        # Quoted names are in capitals.
        ('select "values" from b', 'SELECT "VALUES" FROM b'),
    ],
)
def test_what_duckdb_means(duckdb_sql: str, text: str) -> None:
    assert written(duckdb_sql) == text


@pytest.mark.parametrize(
    "sql",
    [
        "try_cast(a as integer)",
        "regexp_full_match(a, b)",
        "to_json(map(a, b))",
        "select unnest(a) as b from c",
        "select unnest([1]) as a, unnest([2, 3]) as b",
        "strftime(a, '%Y')",
    ],
)
def test_what_has_no_translation_is_refused(sql: str) -> None:
    with pytest.raises(ModelError, match="No translation"):
        written(sql)
