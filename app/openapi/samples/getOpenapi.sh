curl "$KABAIDO_URL/api/v1/openapi.json" -o kabaido.json
