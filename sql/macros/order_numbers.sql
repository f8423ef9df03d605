{#-
  An order number without what people write differently: case, blanks, a # before it, digits of other scripts,
  full-width characters and kinds of dashes. shipsync.tracking.references.folded does the same; a test holds
  the two against each other.
-#}
{% macro folded_number(number) -%}
    case
        when regexp_full_match({{ number }}, '[0-9A-Za-z][!-~]*') then lower({{ number }})
        else ltrim(
            lower(
                regexp_replace(
                    translate({{ number }}, {{ foreign_characters() }}, {{ plain_characters() }}),
                    '[\s\pZ\p{Cc}\p{Cf}]+',
                    '',
                    'g'
                )
            ),
            '#'
        )
    end
{%- endmacro %}

{#- Of a prefix or suffix only letters and digits count. -#}
{% macro letters_of(text) -%}
    regexp_replace(lower(coalesce({{ text }}, '')), '[^\pL\pN]+', '', 'g')
{%- endmacro %}

{#- What stands before the digits of a folded number, they themselves, and what stands behind them. -#}
{% macro number_parts(folded) -%}
    regexp_extract({{ folded }}, '^([^0-9]*)([0-9](?:[-/._]?[0-9])*)([^0-9]*)$', ['prefix', 'core', 'suffix'])
{%- endmacro %}

{#-
  The buyer's name and postcode, however they are typed; null where they are not known. Where there are no
  postcodes town and country stand for one; of a US ZIP+4 the first five digits count.
-#}
{% macro buyer_key() -%}
    nullif({{ letters_of('ship_to_name') }}, '') || '/' || coalesce(
        nullif(regexp_replace({{ letters_of('ship_to_postal_code') }}, '^([0-9]{5})[0-9]{4}$', '\1'), ''),
        nullif({{ letters_of('ship_to_city_locality') }} || {{ letters_of('ship_to_country_code') }}, '')
    )
{%- endmacro %}

{#- The external order id, unless it only repeats the number and the buyer is known. -#}
{% macro external_key() -%}
    case
        when {{ folded_number('trim(external_order_id)') }} <> {{ folded_number(order_id()) }} or {{ buyer_key() }} is null
            then nullif(trim(external_order_id), '')
    end
{%- endmacro %}

{#- The name an order goes by: what its shop calls it, and ShipStation's own id where it has none. -#}
{% macro order_id() -%}
    coalesce(
        nullif(trim(shipment_number), ''),
        nullif(trim(external_order_id), ''),
        nullif(trim(external_shipment_id), ''),
        shipment_id
    )
{%- endmacro %}

{#- Two shops of one account may both have an order 1001. -#}
{% macro number_key() -%}
    coalesce(store_id, '') || '/' || {{ folded_number(order_id()) }}
{%- endmacro %}

{#-
  CTEs that give each shipment of the CTE named the key of its order: those of one shop and number are one
  order where the buyer or the external order id agrees, each with at least one other. Where a number is that
  of several orders, the first shipment of each stands in its key. The last of them is order_keys. Agreeing
  with one who agrees with another is enough: each round reaches one shipment further.
-#}
{% macro keys_of_orders(shipments) %}
shared_numbers as (
    select number_key
    from {{ shipments }}
    group by number_key
    having count(*) > 1
),

first_of_order_0 as (
    select
        shipment_id,
        number_key,
        buyer_key,
        external_key,
        shipment_id as first_shipment_id
    from {{ shipments }}
    semi join shared_numbers using (number_key)
),
{% for round in range(1, 7) %}
{%- set key = 'buyer_key' if round is odd else 'external_key' %}
first_of_order_{{ round }} as (
    select
        * replace (
            case
                when {{ key }} is null then first_shipment_id
                else min(first_shipment_id) over (partition by number_key, {{ key }})
            end as first_shipment_id
        )
    from first_of_order_{{ round - 1 }}
),
{% endfor %}
compared_orders as (
    select
        shipment_id,
        first_shipment_id,
        min(first_shipment_id) over (partition by number_key)
        <> max(first_shipment_id) over (partition by number_key) as has_several_orders
    from first_of_order_6
),

order_keys as (
    select
        shipments.shipment_id,
        shipments.number_key
        || case when compared_orders.has_several_orders then '/' || compared_orders.first_shipment_id else '' end
            as order_key
    from {{ shipments }} as shipments
    left join compared_orders on shipments.shipment_id = compared_orders.shipment_id
)
{%- endmacro %}

{% macro foreign_characters() -%}
    '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹߀߁߂߃߄߅߆߇߈߉०१२३४५६७८९০১২৩৪৫৬৭৮৯੦੧੨੩੪੫੬੭੮੯૦૧૨૩૪૫૬૭૮૯୦୧୨୩୪୫୬୭୮୯௦௧௨௩௪௫௬௭௮௯౦౧౨౩౪౫౬౭౮౯೦೧೨೩೪೫೬೭೮೯൦൧൨൩൪൫൬൭൮൯๐๑๒๓๔๕๖๗๘๙໐໑໒໓໔໕໖໗໘໙༠༡༢༣༤༥༦༧༨༩၀၁၂၃၄၅၆၇၈၉០១២៣៤៥៦៧៨៩᠐᠑᠒᠓᠔᠕᠖᠗᠘᠙０１２３４５６７８９！＂＃＄％＆（）＊＋，－．／：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～‐‑‒–—―−﹘﹣'
{%- endmacro %}

{% macro plain_characters() -%}
    '0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789!"#$%&()*+,-./:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~---------'
{%- endmacro %}
