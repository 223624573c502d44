import os
import requests

rows = [
    {"company": "Harrow Gears Ltd", "external_id": "C-10077", "email": "buying@harrow-gears.example"},
    {"company": "Atelier Dubois SARL", "email": "achats@atelier-dubois.example"},
]
answer = requests.post(
    os.environ["KABAIDO_URL"] + "/api/v1/customers",
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    json={"customers": rows},
    timeout=60,
)
answer.raise_for_status()
print(answer.json()["upserted"], "written")
for fault in answer.json()["errors"]:
    print(rows[fault["index"]]["company"], fault["reason"])
