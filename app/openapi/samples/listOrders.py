import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/orders",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    params={"updated_since": "2026-06-01T00:00:00Z", "limit": 200},
    timeout=30,
)
answer.raise_for_status()
for order in answer.json()["orders"]:
    print(order["number"], order["status"], order["po_reference"])
