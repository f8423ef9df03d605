{{ config(materialized='table') }}

with numbers as (
    select distinct
        coalesce(store_id, '') as store_key,
        {{ folded_number('shipment_number') }} as number
    from {{ ref('stg_shipments') }}
    where is_current and trim(shipment_number) <> ''
),

read_numbers as (
    select
        store_key,
        {{ number_parts('number') }} as parts
    from numbers
),

-- What stands around the digits is read once for each way of writing it, of which there are few.
written_forms as (
    select
        store_key,
        case when parts.core <> '' then parts.prefix end as written_prefix,
        case when parts.core <> '' then parts.suffix end as written_suffix,
        count(*) as number_count,
        count(*) filter (where starts_with(parts.core, '0')) as padded_count,
        min(length(parts.core)) as shortest,
        max(length(parts.core)) as longest
    from read_numbers
    group by all
),

forms as (
    select
        store_key,
        case when written_prefix is not null then {{ letters_of('written_prefix') }} end as prefix,
        case when written_suffix is not null then {{ letters_of('written_suffix') }} end as suffix,
        sum(number_count) as number_count,
        sum(padded_count) as padded_count,
        min(shortest) as shortest,
        max(longest) as longest
    from written_forms
    group by all
),

totals as (
    select
        store_key,
        sum(number_count) as total
    from forms
    group by store_key
),

counted as (
    select
        store_key,
        'prefix' as kind,
        prefix as affix,
        sum(number_count) as number_count
    from forms
    where prefix <> ''
    group by store_key, prefix

    union all

    select
        store_key,
        'suffix' as kind,
        suffix as affix,
        sum(number_count) as number_count
    from forms
    where suffix <> ''
    group by store_key, suffix
),

shares as (
    select
        counted.store_key,
        counted.kind,
        counted.affix,
        counted.number_count,
        counted.number_count / totals.total as share
    from counted
    inner join totals on counted.store_key = totals.store_key

    union all

    -- Zeros fill numbers up where all of one form are equally long and enough begin with one.
    select
        store_key,
        'padding' as kind,
        prefix || '/' || suffix as affix,
        padded_count as number_count,
        padded_count / number_count as share
    from forms
    where prefix is not null and shortest = longest and padded_count > 0
),

number_affixes as (
    select
        store_key,
        kind,
        affix,
        number_count::bigint as number_count
    from shares
    where share >= 0.5 or (number_count >= 2 and share >= 0.01)
)

select * from number_affixes
