"""The order of the suite."""


def pytest_collection_modifyitems(items):
    """Secrets are looked for after all the other tests have used theirs."""
    items.sort(key=lambda item: item.path.name == "test_secrets.py")
