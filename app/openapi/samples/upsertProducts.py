import os
import requests

rows = [
    {"sku": "EM-1204", "title": "End mill 12mm", "price": "42.50", "currency": "GBP"},
    {"sku": "EM-1206", "title": "End mill 16mm", "price": "61.20", "currency": "GBP"},
]
answer = requests.post(
    os.environ["KABAIDO_URL"] + "/api/v1/products/bulk",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    json={"products": rows},
    timeout=120,
)
answer.raise_for_status()
print(answer.json()["upserted"], "written")
for fault in answer.json()["errors"]:
    print(rows[fault["index"]]["sku"], fault["reason"])
