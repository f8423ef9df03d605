"""What DuckDB means otherwise than sqlglot's BigQuery writes it. No BigQuery was asked."""

from __future__ import annotations

import pytest
import sqlglot

from shipsync.dialects.bigquery import BIGQUERY
from shipsync.errors import ModelError


def written(sql: str) -> str:
    text = " ".join(BIGQUERY.sql(sqlglot.parse_one(sql, dialect="duckdb")).split())
    return text.replace("( ", "(").replace(" )", ")")


@pytest.mark.parametrize(
    ("duckdb_sql", "text"),
    [
        ("a - b > interval 1 minute", "UNIX_MICROS(a) - UNIX_MICROS(b) > 60000000"),
        ("a - interval 120 hours", "TIMESTAMP_MICROS(UNIX_MICROS(a) - 432000000000)"),
        ("make_timestamp(epoch_us(a))::date", "DATE(a, 'UTC')"),
        ("(a at time zone 'Asia/Tokyo')::date", "DATE(a, 'Asia/Tokyo')"),
        ("a at time zone 'Asia/Tokyo'", "TIMESTAMP(a, 'Asia/Tokyo')"),
        # sqlglot leaves out the scale.
        ("cast(a as decimal(18, 4))", "ROUND(CAST(a AS NUMERIC), 4)"),
        # GREATEST is null where one is.
        ("greatest(a, b, 0)", "GREATEST(COALESCE(a, 0), COALESCE(b, 0), 0)"),
        ("least(a, b)", "LEAST(COALESCE(a, b), COALESCE(b, a))"),
        # A path is written out.
        (
            "a ->> ('$[' || b || '].c')",
            "JSON_VALUE(JSON_QUERY_ARRAY(a, '$')[SAFE_OFFSET(b)], '$.c')",
        ),
        (
            "json_array_length(a)",
            "CASE WHEN NOT a IS NULL THEN COALESCE(ARRAY_LENGTH(JSON_QUERY_ARRAY(a, '$')), 0) END",
        ),
        ("regexp_full_match(a, '0*(?:1|2)')", r"REGEXP_CONTAINS(a, '\\A(?:0*(?:1|2))\\z')"),
        # An extract takes one group.
        (
            "select regexp_extract(a, '^(y)(z)$', ['one', 'two']) as b from c",
            "SELECT STRUCT(IF(REGEXP_CONTAINS(a, '^(y)(z)$'), REGEXP_REPLACE(a, "
            r"'^(y)(z)$', '\\1'), '') AS one, IF(REGEXP_CONTAINS(a, '^(y)(z)$'), "
            r"REGEXP_REPLACE(a, '^(y)(z)$', '\\2'), '') AS two) AS b FROM c",
        ),
        ("split_part(a, '/', 1)", "(SPLIT(a, '/'))[SAFE_OFFSET(0)]"),
        (
            "try_cast(a as date)",
            r"CASE WHEN REGEXP_CONTAINS(a, '\\A(?:[0-9]{1,6}[-/ ][0-9]{1,2}[-/ "
            r"][0-9]{1,2})\\z') THEN SAFE_CAST(TRANSLATE(a, '/ ', '--') AS DATE) "
            "END",
        ),
        (
            "select unnest([1, 2]) as b, unnest([c, null]) as c from d",
            "SELECT CASE items.n WHEN 0 THEN 1 WHEN 1 THEN 2 END AS b, CASE "
            "items.n WHEN 0 THEN c WHEN 1 THEN NULL END AS c FROM d CROSS JOIN "
            "UNNEST([STRUCT(0 AS n), STRUCT(1 AS n)]) AS items",
        ),
        ("count(distinct c) filter (where a)", "COUNT(DISTINCT CASE WHEN a THEN c END)"),
        # An aggregate over a window has no NULLS LAST.
        ("sum(a) over (order by b)", "SUM(a) OVER (ORDER BY b IS NULL, b)"),
    ],
)
def test_what_duckdb_means(duckdb_sql: str, text: str) -> None:
    assert written(duckdb_sql) == text


@pytest.mark.parametrize(
    "sql",
    [
        "quantile_cont(a, 0.5)",
        "a ->> b",
        "try_cast(a as integer)",
        "to_json(map(a, b))",
        "select unnest(a) as b from c",
        "strftime(a, '%Y')",
    ],
)
def test_what_has_no_translation_is_refused(sql: str) -> None:
    with pytest.raises(ModelError, match="No translation"):
        written(sql)
