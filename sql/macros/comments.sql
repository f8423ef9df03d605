{#-
  Writes the descriptions of models, seeds and sources as comments into DuckDB, so that whoever opens the
  file reads them there. dbt's persist_docs leaves sources out and sends a statement for every column each
  time; this sends what differs, in one go. Only what exists is commented on: dbt may build a part.
-#}
{% macro comment_on_relations() %}
    {% if not execute or target.type != 'duckdb' or flags.WHICH not in ('build', 'run', 'seed') %}
        {{ return('') }}
    {% endif %}
    {% set described = {} %}
    {% for node in (graph.nodes.values() | list) + (graph.sources.values() | list) %}
        {% if node.resource_type in ('model', 'seed', 'source') and (node.config.materialized or '') != 'ephemeral' %}
            {% set relation = node.schema ~ '.' ~ (node.alias or node.identifier or node.name) %}
            {% do described.update({(relation, ''): node.description}) if node.description %}
            {% for column in node.columns.values() if column.description %}
                {% do described.update({(relation, column.name): column.description}) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% set statements = [] %}
    {% for row in run_query(commented_relations()).rows %}
        {% set wanted = described.get((row['relation'], row['column_name'])) %}
        {% if wanted and (wanted | trim) != row['comment'] %}
            {% do statements.append(
                'comment on ' ~ row['kind'] ~ ' ' ~ row['name'] ~ " is '" ~ (wanted | trim | replace("'", "''")) ~ "'"
            ) %}
        {% endif %}
    {% endfor %}
    {% if statements %}
        {% do run_query('begin; ' ~ statements | join('; ') ~ '; commit') %}
    {% endif %}
{% endmacro %}

{#- Everything in this file that can have a comment, with the one it has; column_name is '' for a relation. -#}
{% macro commented_relations() %}
    select
        schema_name || '.' || table_name as relation,
        '' as column_name,
        'table' as kind,
        '"' || schema_name || '"."' || table_name || '"' as name,
        coalesce(comment, '') as comment
    from duckdb_tables()
    where database_name = current_database() and not internal
    union all
    select
        schema_name || '.' || view_name,
        '',
        'view',
        '"' || schema_name || '"."' || view_name || '"',
        coalesce(comment, '')
    from duckdb_views()
    where database_name = current_database() and not internal
    union all
    select
        schema_name || '.' || table_name,
        column_name,
        'column',
        '"' || schema_name || '"."' || table_name || '"."' || column_name || '"',
        coalesce(comment, '')
    from duckdb_columns()
    where database_name = current_database() and not internal
{% endmacro %}
