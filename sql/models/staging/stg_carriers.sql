{#- Written by `make models` from the columns of carriers in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'carriers') }}
),

renamed as (
    select
        carrier_id,
        carrier_code,
        account_number,
        nickname,
        friendly_name,
        funding_source_id,
        requires_funded_amount,
        "primary" as is_primary,
        supports_label_messages,
        has_multi_package_supporting_services,
        disabled_by_billing_plan as is_disabled_by_billing_plan,
        balance,
        packages,
        options,
        _extra,
        content_hash,
        _dlt_valid_from as valid_from,
        _dlt_valid_to as valid_to,
        _dlt_valid_to is null as is_current,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
