"""Fixtures for the tests of kabaidoctl."""

import uuid

import pytest


@pytest.fixture
def new_org(stack):
    """Makes an organisation of a name that nobody has yet; the result is what kabaidoctl says."""
    def make(plan="team", **options):
        further = [word for name, value in options.items() for word in (f"--{name}", value)]
        return stack.ctl("org", "create", f"Works {uuid.uuid4()}", "--plan", plan, *further)
    return make


@pytest.fixture
def org(new_org):
    return new_org()
