"""Fixtures for all suites."""

import contextlib

import pytest

from harness import Stack


@pytest.fixture(scope="session")
def stack():
    """The stack that most tests share. A test leaves it as it found it: all services running."""
    with Stack(KABAIDO_WORKERS=4) as shared:
        shared.log_statements()
        yield shared


@pytest.fixture
def own_stack():
    """Makes stacks for one test that needs other settings, or that breaks things for good."""
    with contextlib.ExitStack() as stacks:
        yield lambda **settings: stacks.enter_context(Stack(**settings))
