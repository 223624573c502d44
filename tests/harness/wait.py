"""Waiting for something to come true, with an end."""

import time


def wait_until(condition, seconds=30.0, message="it did not come true", interval=0.01):
    """Returns the first true value of condition(); fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"{message} within {seconds} s")
        time.sleep(interval)
