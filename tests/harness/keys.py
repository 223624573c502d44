"""API keys by their form alone: what a test makes up, alters and searches for."""

import re
import zlib

SCHEME = "kbd_live_"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WHOLE_KEY = re.compile(SCHEME + "([0-9A-Za-z]{8})([0-9A-Za-z]{32})([0-9A-Za-z]{6})")


def checksum(text):
    """CRC-32 as six digits of base 62."""
    value = zlib.crc32(text.encode())
    digits = ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = DIGITS[digit] + digits
    return digits


def make(public_id, secret):
    """A key of the right form; whether anybody has such a one is another matter."""
    text = SCHEME + public_id + secret
    return text + checksum(text)


def prefix(key):
    """What lists show of a key."""
    return key[:len(SCHEME) + 8]


def public_id(key):
    return WHOLE_KEY.fullmatch(key)[1]


def secret(key):
    return WHOLE_KEY.fullmatch(key)[2]
