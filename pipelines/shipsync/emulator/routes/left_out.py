"""Operations that the ShipStation API has and this emulator leaves out.

A request for one of them is answered with 501, so that nobody takes it for a wrong address. Those
of the document of July 2025 stand under their paths; of the later ones only families are known.
"""

from __future__ import annotations

from shipsync.emulator.http.routing import LeftOut

LEFT_OUT = (
    *(
        LeftOut(method, path)
        for path, methods in {
            "/v2/carriers/{carrier_id}": "GET",
            "/v2/carriers/{carrier_id}/options": "GET",
            "/v2/carriers/{carrier_id}/packages": "GET",
            "/v2/carriers/{carrier_id}/services": "GET",
            "/v2/purchase_orders": "POST",
            "/v2/purchase_orders/{purchase_order_id}": "PUT",
            "/v2/purchase_orders/{purchase_order_id}/documents/order_summary": "GET",
            "/v2/purchase_orders/{purchase_order_id}/documents/received_summary": "GET",
            "/v2/purchase_orders/{purchase_order_id}/receives": "POST",
            "/v2/purchase_orders/{purchase_order_id}/shipping_details": "POST",
            "/v2/purchase_orders/{purchase_order_id}/status": "POST",
            "/v2/suppliers": "POST",
            "/v2/suppliers/{supplier_id}": "PUT",
            "/v2/inventory_locations": "POST",
            "/v2/inventory_locations/{inventory_location_id}": "PUT DELETE",
            "/v2/inventory_warehouses": "POST",
            "/v2/inventory_warehouses/{inventory_warehouse_id}": "PUT DELETE",
            "/v2/labels/external_shipment_id/{external_shipment_id}": "GET",
            "/v2/labels/rates/{rate_id}": "POST",
            "/v2/labels/shipment/{shipment_id}": "POST",
            "/v2/labels/{label_id}/cancel_refund": "POST PUT",
            "/v2/labels/{label_id}/documents": "GET POST",
            "/v2/labels/{label_id}/return": "POST",
            "/v2/rates/bulk": "POST",
            "/v2/rates/estimate": "POST",
            "/v2/shipments/user": "GET POST PUT",
            "/v2/shipments/{shipment_id}/documents": "GET POST",
            "/v2/shipments/{shipment_id}/internal_notes": "GET POST PUT",
            "/v2/shipments/{shipment_id}/labels": "GET POST",
            "/v2/shipments/{shipment_id}/tags": "GET",
            "/v2/shipments/{shipment_id}/tags/{tag_name}": "POST DELETE",
            "/v2/tags/{tag_name}": "POST PUT DELETE",
            "/v2/tracking/start": "POST",
            "/v2/tracking/stop": "POST",
            "/v2/warehouses": "POST",
            "/v2/warehouses/{warehouse_id}": "PUT DELETE",
        }.items()
        for method in methods.split()
    ),
    *(
        LeftOut("*", f"/v2/{family}")
        for family in (
            "account",
            "addresses",
            "batches",
            "connections",
            "documents",
            "downloads",
            "mailing",
            "manifests",
            "packages",
            "pickups",
            "rate_shoppers",
            "service_points",
            "tokens",
            "totes",
            "users",
        )
    ),
)
"""What of it has a route is answered all the same, and counts as left out no more."""
