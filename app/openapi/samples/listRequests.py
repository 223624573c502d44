import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/requests",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    params={"status": "open"},
    timeout=30,
)
answer.raise_for_status()
for request in answer.json()["requests"]:
    print(request["title"], request["created_at"])
