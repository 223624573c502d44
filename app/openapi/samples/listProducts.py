import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/products",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    params={"search": "end mill", "limit": 20},
    timeout=30,
)
answer.raise_for_status()
for product in answer.json()["products"]:
    print(product["sku"], product["title"], product["price_minor"])
