curl "$KABAIDO_URL/api/v1/products/bulk" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  -H "Content-Type: application/json" \
  -d '{ "products": [
        { "sku": "EM-1204", "name": "End mill 12mm" },
        { "sku": "EM-1206", "name": "End mill 16mm", "price": "61.20", "currency": "GBP" } ] }'
