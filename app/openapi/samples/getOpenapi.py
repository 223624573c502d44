import os
import requests

answer = requests.get(os.environ["KABAIDO_URL"] + "/api/v1/openapi.json", timeout=30)
answer.raise_for_status()
for path, item in answer.json()["paths"].items():
    print(path, [method for method in item if method != "parameters"])
