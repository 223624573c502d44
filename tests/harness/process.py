"""Processes of this machine, by the kernel's account."""

import pathlib


def is_running(pid):
    """Whether a process is there and has not ended; one that waits to be reaped has."""
    try:
        account = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # before it was opened; after that, before it was read
        return False
    return account.rpartition(")")[2].split()[0] != "Z"
