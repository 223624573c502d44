# shellcheck shell=bash
# The workers: kabaido-api as the web server's user.

# Cursors that were given out go on being good at the next start.
api_make_secret() {
    [ ! -f "$STATE/cursor.secret" ] || return 0
    (
        umask 077
        openssl rand -hex 32 >"$STATE/cursor.secret.new"
    )
    [ "$(id -u)" -ne 0 ] || chown "$WEB_USER" "$STATE/cursor.secret.new"
    mv "$STATE/cursor.secret.new" "$STATE/cursor.secret"
}

# Where the workers find their database, as libpq's own variables.
api_database() {
    echo "PGHOST='$STATE/sockets/pg'"
    echo "PGUSER='kabaido_worker'"
    echo "PGDATABASE='$DATABASE'"
}

api_database_is_there() {
    process_is_running postgres
}

# The environment file from which the workers take their options, also at a reload: those of the
# caller's environment, over what a private stack needs.
api_configure() {
    local option
    {
        api_database
        echo "KABAIDO_SOCKET='$STATE/sockets/api/api.sock'"
        echo "KABAIDO_CURSOR_SECRET_FILE='$STATE/cursor.secret'"
        sed -n 's/^OPTION(\(KABAIDO_[A-Z_]*\),.*/\1/p' "$ROOT/app/config.def" |
            while read -r option; do
                [ "$option" = KABAIDO_SOCKET ] || [ -z "${!option+set}" ] || echo "$option='${!option}'"
            done
    } >"$STATE/api.env"
}

# The path alone says nothing: a master that was killed leaves it behind.
api_is_listening() {
    as root cat /proc/net/unix |
        awk -v path="$STATE/sockets/api/api.sock" \
            '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }'
}

api_start() {
    process_is_running api && return
    process_bury api
    api_make_secret
    api_configure
    # They would start and wait for a database that is away; one that is there has to be right.
    if api_database_is_there; then
        as "$WEB_USER" "$STATE/bin/kabaido-api" --env-file "$STATE/api.env" --check \
            >"$STATE/logs/check.log" 2>&1 ||
            fail_with 'the workers cannot start' "$STATE/logs/check.log"
    fi
    process_start api "$WEB_USER" "$STATE/bin/kabaido-api" --env-file "$STATE/api.env"
    process_wait api 30 api_is_listening ||
        fail_with 'the workers do not start' "$STATE/logs/api.log"
}

api_stop() {
    process_stop api TERM 35
}
