"""An engine's SQL: its rules, and how they are applied.

A rule takes a node of DuckDB's SQL and gives the one for its place, or the same. sqlglot writes what no rule
touches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from shipsync.dialects.nodes import fragment, untranslated
from shipsync.errors import ModelError

Rule = Callable[[exp.Expr], exp.Expr]
Rules = tuple[tuple[tuple[type[exp.Expr], ...], Rule], ...]
# The functions that were looked at, as sqlglot calls them. array_agg, arg_max, hash and strftime are none:
# those of other engines skip nulls or take them, in an order of their own, and have other patterns.
KNOWN: Final = frozenset(
    {
        *("and", "or", "case", "if", "cast", "trycast", "coalesce", "nullif", "greatest", "least"),
        *("count", "sum", "min", "max", "logicaland", "logicalor"),
        *("percentilecont", "rownumber", "lag"),
        *("ceil", "floor", "pow", "sqrt", "epoch_us", "datediff", "unixtotime"),
        *("array", "arrayfilter", "explode", "generateseries", "map", "transform"),
        *("jsonextractscalar", "json_array_length", "to_json"),
        *("left", "length", "lower", "splitpart", "startswith", "translate", "trim"),
        *("regexpextract", "regexpfullmatch", "regexpreplace"),
    }
)


@dataclass(frozen=True)
class Dialect:
    """An engine's SQL: sqlglot's name for it, the ``rules`` of ours, and what of DuckDB's is written out.

    ``adapters`` are those of dbt, as they are told to people. ``left_out`` says why a model, by
    ``schema.name``, has no translation. What it lacks of ``has_star_except``, ``has_group_by_all`` and
    ``has_lateral_aliases`` is written out before any rule, by ``columns.write_out``.
    """

    name: str
    writer: str
    adapters: str
    rules: Rules
    has_star_except: bool = True
    has_group_by_all: bool = True
    has_lateral_aliases: bool = True
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The name of the dbt package."""
        return f"shipsync_{self.name}"

    def sql(self, tree: exp.Expr) -> str:
        """``tree``, in which everything is written out that has to be, in this dialect.

        Raises ``ModelError`` for what has no translation.
        """
        tree = tree.copy()
        _refuse_unknown(tree)
        for kinds, rule in self.rules:
            for node in reversed(list(tree.find_all(*kinds))):
                new = rule(node)
                if new is node:
                    continue
                if node is tree:
                    tree = new
                else:
                    node.replace(new)
        try:
            return tree.sql(
                self.writer, pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE
            )
        except UnsupportedError as error:
            raise ModelError(f"No translation: {error}.") from error

    def fragment(self, text: str, **parts: exp.Expr) -> exp.Expr:
        """An expression of this dialect with ``:name`` for each of ``parts``."""
        return fragment(self.writer, text, **parts)


def _refuse_unknown(tree: exp.Expr) -> None:
    """Many a function has a namesake that means something else: what no row has shown equal is refused."""
    for function in tree.find_all(exp.Func):
        named = function.name.lower() if isinstance(function, exp.Anonymous) else function.key
        # A row's null fields would be dropped, and its JSON quoted; a map's are not.
        is_row = named == "to_json" and not isinstance(function.expressions[0], exp.Map)
        if named not in KNOWN or is_row:
            raise untranslated(function, named)
