"""Fixtures for all suites."""

import pytest

from harness import Stack, inspect


@pytest.fixture(scope="session")
def stack():
    """The stack that most tests share. A test leaves it as it found it: all services running."""
    with Stack(KABAIDO_WORKERS=4) as shared:
        shared.log_statements()
        yield shared
        shared.down()  # a sanitizer has its last word when its process ends
        inspect(shared)


@pytest.fixture
def own_stack():
    """Makes stacks for one test that needs other settings, or that breaks things for good."""
    stacks = []

    def make(**settings):
        one = Stack(**settings)
        stacks.append(one)
        one.up()
        return one

    yield make
    try:
        for one in stacks:
            one.down()
            inspect(one)
    finally:
        for one in stacks:
            one.down()
            one.remove()
