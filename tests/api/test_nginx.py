"""What nginx does by itself: TLS, HTTP/2, request ids, its own errors as JSON, its log."""


def test_serves_the_documented_quote(stack):
    answer = stack.get(f"/api/v1/quotes/{stack.quote_id}", stack.key)
    assert answer.status_code == 200
    assert answer.json()["number"] == "Q-1024"
