import os
import uuid
import requests

answer = requests.post(
    os.environ["KABAIDO_URL"] + "/api/v1/requests",
    headers={
        "Authorization": "Bearer " + os.environ["KABAIDO_KEY"],
        "Idempotency-Key": str(uuid.uuid4()),
    },
    json={
        "text": "Please quote 40 pieces of EM-1204, delivered to Leeds.",
        "customer": {"company": "Harrow Gears Ltd", "email": "buying@harrow-gears.example"},
    },
    timeout=30,
)
answer.raise_for_status()
print(answer.headers["Location"], answer.json()["title"])
