{#- Written by `make models` from the columns of label_packages in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'label_packages') }}
),

renamed as (
    select
        label_id,
        package_index,
        package_id,
        sequence,
        package_code,
        tracking_number,
        external_package_id,
        content_description,
        weight_value,
        weight_unit,
        dimensions_length,
        dimensions_width,
        dimensions_height,
        dimensions_unit,
        insured_value,
        insured_value_currency,
        label_messages,
        alternative_identifiers,
        label_download,
        form_download,
        qr_code_download,
        paperless_download,
        has_label_documents,
        has_form_documents,
        has_qr_code_documents,
        has_paperless_label_documents,
        _extra,
        content_hash,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
