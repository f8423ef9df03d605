{#- Fails on keys that stand on more than one row, or are null in a part that is not optional. -#}
{% test primary_key(model, columns, optional=[]) %}

select
    {{ columns | join(', ') }},
    count(*) as rows_with_this_key
from {{ model }}
group by all
having count(*) > 1
{%- for column in columns if column not in optional %}
    or {{ column }} is null
{%- endfor %}

{% endtest %}
