import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/orders/" + os.environ["ORDER_ID"],
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    timeout=30,
)
answer.raise_for_status()
order = answer.json()
for line in order["lines"]:
    print(line["qty"], line["description"], line["unit_price_minor"])
