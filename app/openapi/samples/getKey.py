import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/key",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    timeout=30,
)
answer.raise_for_status()
key = answer.json()
print(key["organisation"]["name"], key["scopes"], key["remaining"])
