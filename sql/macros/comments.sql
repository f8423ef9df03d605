{#-
  Writes the descriptions of models, seeds and sources as comments into DuckDB, so that whoever opens the
  file reads them there. dbt's persist_docs leaves sources out and sends a statement for every column each
  time; this sends what differs, in one go. Only what exists is commented on: dbt may build a part. Behind a
  description stand formula, unit, caveat and coverage, where its meta has them.
-#}
{% macro comment_on_relations() %}
    {% if not execute or target.type != 'duckdb' or flags.WHICH not in ('build', 'run', 'seed') %}
        {{ return('') }}
    {% endif %}
    {% set described = {} %}
    {% for node in (graph.nodes.values() | list) + (graph.sources.values() | list) %}
        {% if node.resource_type in ('model', 'seed', 'source') and (node.config.materialized or '') != 'ephemeral' %}
            {% set relation = node.schema ~ '.' ~ (node.alias or node.identifier or node.name) %}
            {% do described.update({(relation, ''): with_meta(node.description, node.config.meta)}) if node.description %}
            {% for column in node.columns.values() if column.description %}
                {% do described.update({(relation, column.name): with_meta(column.description, column.config.meta)}) %}
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

{#- A description with what its meta says beside it; what only points to the model is left out. -#}
{% macro with_meta(description, meta) %}
    {%- set said = [description | trim] -%}
    {%- for key in ('formula', 'unit', 'caveat', 'coverage') -%}
        {%- set text = ((meta or {}).get(key) or '') | trim -%}
        {%- if text not in ('', 'none', 'as above', 'that of the model', 'none beyond those of the model') -%}
            {%- do said.append(key | capitalize ~ ': ' ~ text) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for text in said -%}
        {%- do parts.append(text if loop.last or text.endswith('.') else text ~ '.') -%}
    {%- endfor -%}
    {{- return(parts | join(' ')) -}}
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
