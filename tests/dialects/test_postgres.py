"""What DuckDB means otherwise than sqlglot's Postgres writes it; and rows: test_package_on_postgres."""

from __future__ import annotations

import pytest
import sqlglot

from shipsync.dialects.postgres import POSTGRES
from shipsync.errors import ModelError


def written(sql: str) -> str:
    text = " ".join(POSTGRES.sql(sqlglot.parse_one(sql, dialect="duckdb")).split())
    return text.replace("( ", "(").replace(" )", ")")


@pytest.mark.parametrize(
    ("duckdb_sql", "text"),
    [
        # DuckDB counts midnights.
        ("date_diff('day', a, b)", "(CAST(b AS DATE) - CAST(a AS DATE))"),
        ("make_timestamp(epoch_us(a))::date", "CAST(a AT TIME ZONE 'UTC' AS DATE)"),
        # Two whole numbers would be divided to one.
        ("a / b", "CAST(a AS DOUBLE PRECISION) / NULLIF(CAST(b AS DOUBLE PRECISION), 0)"),
        # A group by its name is a member of an array.
        (
            "with b as (select regexp_extract(a, '^(y)(z)$', ['one', 'two']) as p "
            "from c) select p.two from b",
            "WITH b AS (SELECT CASE WHEN a IS NOT NULL THEN "
            "COALESCE(REGEXP_MATCH(a, '^(y)(z)$'), ARRAY['', '']) END AS p FROM c) "
            "SELECT p[2] FROM b",
        ),
        # Letters outside ASCII depend on the database's collation, and a dotted capital i would be two.
        (
            "lower(a)",
            "LOWER(TRANSLATE(a, '\u0130\u03a3', 'i\u03c3') COLLATE \"und-x-icu\") "
            'COLLATE "default"',
        ),
        # Categories of Unicode have no names.
        (
            r"regexp_replace(a, '[^\p{Cc}]+', '', 'g')",
            'REGEXP_REPLACE(a COLLATE "und-x-icu", '
            r"'[^\U00000001-\U0000001F\U0000007F-\U0000009F]+', '', 'g') COLLATE "
            '"default"',
        ),
        ("regexp_full_match(a, '0*(?:1|2)')", "(a ~ '^(?:0*(?:1|2))$')"),
        # A path that is put together is one of SQL's own.
        (
            "a ->> ('$[' || b || '].c')",
            "(JSONB_PATH_QUERY_FIRST(CAST(a AS JSONB), CAST(('$[' || b || '].c') "
            "AS JSONPATH)) #>> '{}')",
        ),
        # What is no list has no length, and would be an error.
        (
            "json_array_length(a)",
            "CASE WHEN a IS NOT NULL THEN CASE JSON_TYPEOF(CAST(a AS JSON)) WHEN "
            "'array' THEN JSON_ARRAY_LENGTH(CAST(a AS JSON)) ELSE 0 END END",
        ),
        (
            "to_json(map(a, list_transform(a, lambda one: null::json)))",
            "JSON_OBJECT(a, ARRAY_FILL(CAST(NULL AS TEXT), ARRAY[CARDINALITY(a)]))",
        ),
        (
            "to_json(map(a, list_filter([b, c], lambda one: one is not null)))",
            "JSON_OBJECT(a, ARRAY_REMOVE(ARRAY[b, c], NULL))",
        ),
        (
            "select (select a from b) - unnest(range(1, 3))::integer as c",
            "SELECT (SELECT a FROM b) - CAST(GENERATE_SERIES(1, 3 - 1) AS INT) AS c",
        ),
        (
            "select a from b group by a qualify row_number() over (order by count(*)) = 1",
            "SELECT a FROM (SELECT a, ROW_NUMBER() OVER (ORDER BY COUNT(*)) = 1 AS "
            "is_kept_by_qualify FROM b GROUP BY a) AS qualified WHERE "
            "is_kept_by_qualify",
        ),
        # sqlglot leaves out what USING says.
        (
            "select a from b semi join c using (x)",
            "SELECT a FROM b WHERE EXISTS(SELECT 1 FROM c WHERE b.x = c.x)",
        ),
        ('select "primary" from b', 'SELECT "primary" FROM b'),
        # Before Postgres 16 a query in a FROM needs a name.
        ("select a from (select 1 as a)", "SELECT a FROM (SELECT 1 AS a) AS rows_of"),
    ],
)
def test_what_duckdb_means(duckdb_sql: str, text: str) -> None:
    assert written(duckdb_sql) == text


@pytest.mark.parametrize(
    "sql",
    [
        "date_diff('hour', a, b)",
        "a + interval 1 day",
        "try_cast(a as integer)",
        "regexp_full_match(a, b)",
        "regexp_replace(a, 'b', 'c')",
        "to_json(map(a, b))",
        "arg_max(a, b)",
        "hash(a)",
    ],
)
def test_what_has_no_translation_is_refused(sql: str) -> None:
    with pytest.raises(ModelError, match="No translation"):
        written(sql)
