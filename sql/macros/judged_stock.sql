{#- The columns of metrics.stock_cover from its CTEs: how fast a SKU goes, until when it lasts, what to order. -#}
{% macro judged_stock() -%}
(
    with joined as (
        select
            skus.sku,
            coalesce(levels.on_hand, case when levels.sku is null then 0 end) as on_hand,
            coalesce(levels.available, case when levels.sku is null then 0 end) as available,
            coalesce(waiting.waiting, 0) as waiting,
            coalesce(incoming.incoming, 0) as incoming,
            coalesce(sold.units, 0)::bigint as units_28_days,
            coalesce(stocked.stocked_days, 0) + 28 - watched.watched_days as stock_days,
            watched.watched_days / 28.0::double as stock_days_coverage,
            sqrt(
                greatest(coalesce(sold.square_units, 0) / 28.0::double - pow(coalesce(sold.units, 0) / 28.0::double, 2), 0)
            ) as daily_deviation,
            sold.last_sold_date
        from skus
        cross join watched
        left join levels on skus.sku = levels.sku
        left join sold on skus.sku = sold.sku
        left join waiting on skus.sku = waiting.sku
        left join incoming on skus.sku = incoming.sku
        left join stocked on skus.sku = stocked.sku
    ),

    paced as (
        select *, units_28_days / nullif(stock_days, 0)::double as units_per_day
        from joined
    ),

    covered as (
        select
            *,
            (on_hand - waiting) / nullif(units_per_day, 0) as cover_days
        from paced
    ),

    dated as (
        select
            *,
            case
                when cover_days < 3650 then {{ account_today() }} + greatest(floor(cover_days), 0)::integer
            end as stockout_date
        from covered
    )

    select
        sku,
        on_hand,
        available,
        waiting,
        incoming,
        units_28_days,
        stock_days,
        stock_days_coverage,
        units_per_day,
        daily_deviation,
        cover_days,
        stockout_date,
        stockout_date - {{ var('lead_days') }}::integer as order_by_date,
        case when units_per_day is not null then greatest(
            ceil(
                units_per_day * {{ var('lead_days') + var('review_days') }}
                + {{ var('service_z') }} * daily_deviation * sqrt({{ var('lead_days') }})
                - available
                - incoming
            ),
            0
        ) end::bigint as reorder_quantity,
        last_sold_date,
        case
            when {{ days_of('last_sold_date', account_today()) }} <= 90 then 'active'
            when {{ days_of('last_sold_date', account_today()) }} <= 180 then 'slow'
            else 'dead'
        end as movement_class
    from dated
)
{%- endmacro %}
