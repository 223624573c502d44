import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/quotes/" + os.environ["QUOTE_ID"],
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    timeout=30,
)
answer.raise_for_status()
quote = answer.json()
for line in quote["lines"]:
    print(line["qty"], line["description"], line["unit_price_minor"])
