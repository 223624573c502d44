import os
import requests

answer = requests.get(
    os.environ["KABAIDO_URL"] + "/api/v1/requests/" + os.environ["REQUEST_ID"],
    headers={"Authorization": "Bearer " + os.environ["KABAIDO_KEY"]},
    timeout=30,
)
answer.raise_for_status()
request = answer.json()
for message in request["messages"]:
    print(message["author"], message["body"])
