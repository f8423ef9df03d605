{#- Fails on lines that belong to no row of the parent, or to an earlier version of it. -#}
{% test belongs_to_current_version(model, parent, key) %}

select
    lines.{{ key }},
    lines.content_hash as content_hash_of_line,
    parents.content_hash as content_hash_of_parent
from {{ model }} as lines
left join {{ parent }} as parents
    on lines.{{ key }} = parents.{{ key }}
where parents.content_hash is distinct from lines.content_hash

{% endtest %}
