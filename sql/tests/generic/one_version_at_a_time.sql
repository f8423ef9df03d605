{#-
  Fails on versions of one entity that overlap: each must end no later than the next begins, so that
  at most the last one is current. A warning, because a clock set back between two loads leaves such
  a mark for good and harms nothing else.
-#}
{% test one_version_at_a_time(model, key, optional=[]) %}

{{ config(severity='warn') }}

with versions as (
    select
        {{ key | join(', ') }},
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by {{ key | join(', ') }}
            order by version_number
        ) as next_valid_from
    from {{ model }}
),

overlapping as (
    select *
    from versions
    where
        {%- for column in key if column not in optional %}
        {{ column }} is null or
        {%- endfor %}
        valid_to <= valid_from
        or (next_valid_from is not null and (valid_to is null or valid_to > next_valid_from))
)

select * from overlapping

{% endtest %}
