# shellcheck shell=bash
# What scripts/stack tells people: a line of progress, or one clear sentence and the end.

# usage: say STAGE TEXT
say() {
    printf '%-10s %s\n' "$1" "$2"
}

fail() {
    printf 'kabaido: %s\n' "$*" >&2
    exit 1
}

# usage: fail_with SENTENCE LOG: with the log's end below the sentence.
fail_with() {
    printf 'kabaido: %s; the end of %s:\n' "$1" "$2" >&2
    tail -n 20 "$2" >&2
    exit 1
}
