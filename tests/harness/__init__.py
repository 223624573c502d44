"""What the tests stand on, apart from the tests: private stacks, and the way to talk to them."""

from .stack import Stack
from .wait import wait_until

__all__ = ["Stack", "wait_until"]
