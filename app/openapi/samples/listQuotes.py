import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/quotes",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    params={"status": ["sent", "viewed"], "limit": 10},
    timeout=30,
)
answer.raise_for_status()
for quote in answer.json()["quotes"]:
    print(quote["number"], quote["total_minor"], quote["currency"])
