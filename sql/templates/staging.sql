{#- Written by `make models` from the columns of << table.name >> in sources/tables. -#}
with source as (
    select * from {{ source('raw', '<< table.name >>') }}
),

renamed as (
    select
<%- for column in table.columns %>
        << staged(column) >>,
<%- for more in table.derived if more.source == column.name %>
        {{ << more.staged_by >>('<< more.source >>') }} as << more.standard >>,
<%- endfor %>
<%- endfor %>
        _extra,
        content_hash,
<%- if has_versions %>
        _dlt_valid_from as valid_from,
        _dlt_valid_to as valid_to,
        _dlt_valid_to is null as is_current,
<%- endif %>
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
