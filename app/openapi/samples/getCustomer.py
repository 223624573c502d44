import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/customers/" + os.environ["CUSTOMER_ID"],
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    timeout=30,
)
answer.raise_for_status()
customer = answer.json()
for contact in customer["contacts"]:
    print(contact["name"], contact["email"], contact["phone"])
