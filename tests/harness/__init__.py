"""What the tests stand on, apart from the tests: private stacks, and the way to talk to them."""

from . import document, keys
from .answers import refused, without_id
from .inspection import dump, inspect, secrets_in
from .program import ROOT, endpoints
from .stack import Stack
from .tenant import Tenant
from .wait import wait_until

__all__ = ["ROOT", "Stack", "Tenant", "document", "dump", "endpoints", "inspect", "keys", "refused",
           "secrets_in", "wait_until", "without_id"]
