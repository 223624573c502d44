import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/customers",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    params={"search": "tool", "limit": 20},
    timeout=30,
)
answer.raise_for_status()
for customer in answer.json()["customers"]:
    print(customer["id"], customer["company"], customer["email"])
