"""What the tests stand on, apart from the tests: private stacks, and the way to talk to them."""

from . import document, fastcgi, http2, keys, metrics, places, program, records, settings, slow
from .answers import is_away, refused, without_id
from .cluster import Cluster
from .crowd import Crowd, most_in_a_minute
from .inspection import dump, inspect, secrets_in
from .process import is_running
from .program import ROOT, commands, endpoints, settings_endpoints
from .recorder import Recorder
from .settings import Company, SignedIn, Visitor
from .stack import Stack
from .tenant import Tenant
from .terminal import Terminal
from .wait import wait_until
from .wire import Wire

__all__ = [
    "ROOT",
    "Cluster",
    "Company",
    "Crowd",
    "Recorder",
    "SignedIn",
    "Stack",
    "Tenant",
    "Terminal",
    "Visitor",
    "Wire",
    "commands",
    "document",
    "dump",
    "endpoints",
    "fastcgi",
    "http2",
    "inspect",
    "is_away",
    "is_running",
    "keys",
    "metrics",
    "most_in_a_minute",
    "places",
    "program",
    "records",
    "refused",
    "secrets_in",
    "settings",
    "settings_endpoints",
    "slow",
    "wait_until",
    "without_id",
]
