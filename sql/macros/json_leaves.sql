{#-
  A JSON value as the sorted list of its places and what stands there. Two values that differ only in
  the order of their keys have equal lists.
-#}
{% macro json_leaves(document) -%}
    (
        select list(leaf.line order by leaf.line)
        from (
            select fullkey || ' ' || type || ' ' || coalesce(atom::varchar, '') as line
            from json_tree({{ document }})
        ) as leaf
    )
{%- endmacro %}
