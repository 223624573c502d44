# shellcheck shell=bash
# What makes a stack a demo: its data, its keys and users, .run/demo.env, and what to paste and open.

readonly DEMO_QUOTE_ID=7f0c0000-0000-0000-0000-000000000000
readonly DEMO_ORGANISATION='Northfield Tooling' # owns the quote
readonly DEMO_OTHER_ORGANISATION='Atelier Brunel'
readonly DEMO_FREE_ORGANISATION='Pärnu Laagrikeskus OÜ' # its plan has no integrations
readonly DEMO_OWNER=margaret.hale@northfield-tooling.example
readonly DEMO_MEMBER=tom.ashworth@northfield-tooling.example
readonly DEMO_FREE_OWNER=kadri.tamm@laagrikeskus.example
readonly DEMO_ALL_SCOPES=products:read,products:write,quotes:read,quotes:write,orders:read,\
customers:read,customers:write,requests:read,requests:write

# The database itself remembers whether the data is in it.
demo_load() {
    local there
    there=$(psql_as kabaido_admin -c \
        "SELECT EXISTS (SELECT FROM quotes WHERE quote_id = '$DEMO_QUOTE_ID')")
    [ "$there" = f ] || return 0
    psql_as kabaido_admin -f "$ROOT/sql/demo/load.sql" \
        >"$STATE/logs/demo.log" 2>&1 || fail_with 'the demo data failed' "$STATE/logs/demo.log"
}

demo_summary() {
    psql_as kabaido_admin -c "
        SELECT format('%s organisations, %s products, %s customers, %s quotes, %s orders',
                      (SELECT count(*) FROM organisations), (SELECT count(*) FROM products),
                      (SELECT count(*) FROM customers), (SELECT count(*) FROM quotes),
                      (SELECT count(*) FROM orders))"
}

# Prints a value of demo.env.
demo_value() {
    [ ! -f "$RUN/demo.env" ] || sed -n "s/^$1='\(.*\)'\$/\1/p" "$RUN/demo.env"
}

# A word in single quotes, as the shell reads it.
demo_quoted() {
    printf "'%s'" "${1//\'/\'\\\'\'}"
}

# usage: demo_key_is_good KEY: it is of this database, and neither revoked nor expired.
demo_key_is_good() {
    local public_id=${1#kbd_live_}
    [ -n "$1" ] && [ "$(psql_as kabaido_admin -c "
        SELECT count(*) FROM credentials c JOIN api_keys k USING (org_id, key_id)
         WHERE c.public_id = '${public_id:0:8}' AND k.revoked_at IS NULL
           AND coalesce(least(c.expires_at, k.expires_at) > now(), true)")" = 1 ]
}

# usage: demo_key VARIABLE ORGANISATION NAME SCOPES
# Sets the variable to the key that demo.env remembers, or to a new one.
demo_key() {
    local key answer
    key=$(demo_value "$1")
    if ! demo_key_is_good "$key"; then
        answer=$("$STATE/kabaidoctl" key create --org "$2" --name "$3" --scopes "$4" --json \
            2>"$STATE/logs/kabaidoctl.log") ||
            fail_with "kabaidoctl made no key for '$2'" "$STATE/logs/kabaidoctl.log"
        key=$(sed -n 's/.*"key" *: *"\(kbd_live_[0-9A-Za-z]*\)".*/\1/p' <<<"$answer")
    fi
    printf -v "$1" %s "$key"
}

# usage: demo_user ORGANISATION EMAIL ROLE PASSWORD KNOWN
# Makes the user; of one that is there, the password is set if demo.env did not know it. It goes by
# a pipe: a command line can be read by every user of the machine.
demo_user() {
    local command=(user create --org "$1" --email "$2" --role "$3")
    if [ "$(psql_as kabaido_admin -c "SELECT count(*) FROM users WHERE email = '$2'")" = 1 ]; then
        [ -z "$5" ] || return 0
        command=(user set-password --email "$2")
    fi
    "$STATE/kabaidoctl" "${command[@]}" <<<"$4" >"$STATE/logs/kabaidoctl.log" 2>&1 ||
        fail_with "kabaidoctl made no user $2" "$STATE/logs/kabaidoctl.log"
}

# One password for all of the demo's people, made at the first start and kept in demo.env.
demo_make_users() {
    local known
    known=$(demo_value KABAIDO_SETTINGS_PASSWORD)
    KABAIDO_SETTINGS_PASSWORD=${known:-$(openssl rand -hex 10)}
    demo_user "$DEMO_ORGANISATION" "$DEMO_OWNER" owner "$KABAIDO_SETTINGS_PASSWORD" "$known"
    demo_user "$DEMO_ORGANISATION" "$DEMO_MEMBER" member "$KABAIDO_SETTINGS_PASSWORD" "$known"
    demo_user "$DEMO_FREE_ORGANISATION" "$DEMO_FREE_OWNER" owner "$KABAIDO_SETTINGS_PASSWORD" "$known"
}

# The operators' tool with this stack's database.
demo_make_tool() {
    cat >"$STATE/kabaidoctl.new" <<TOOL
#!/bin/sh
# kabaidoctl of this stack.
PGHOST=$(demo_quoted "$(postgres_host)") PGPORT=5432 PGUSER=kabaido_tool PGDATABASE=$DATABASE
PGTARGETSESSIONATTRS=read-write
export PGHOST PGPORT PGUSER PGDATABASE PGTARGETSESSIONATTRS
exec $(demo_quoted "$STATE/bin/kabaidoctl") "\$@"
TOOL
    chmod 755 "$STATE/kabaidoctl.new"
    mv "$STATE/kabaidoctl.new" "$STATE/kabaidoctl"
}

demo_make_keys() {
    demo_key KABAIDO_KEY "$DEMO_ORGANISATION" 'Demo: every scope' "$DEMO_ALL_SCOPES"
    demo_key KABAIDO_KEY_QUOTES "$DEMO_ORGANISATION" 'Demo: quotes only' quotes:read
    demo_key KABAIDO_KEY_OTHER "$DEMO_OTHER_ORGANISATION" 'Demo: every scope' "$DEMO_ALL_SCOPES"
}

# Where clients find the API.
demo_url() {
    echo "${DEMO_URL:-https://localhost:$PORT}"
}

# usage: demo_make_env [NAME=VALUE ...]: with these besides.
demo_make_env() {
    demo_make_tool
    demo_make_keys
    demo_make_users
    demo_write_env "KABAIDO_URL=$(demo_url)" "KABAIDO_CACERT=$STATE/tls/ca.pem" \
        "KABAIDO_KEY=$KABAIDO_KEY" "KABAIDO_KEY_QUOTES=$KABAIDO_KEY_QUOTES" \
        "KABAIDO_KEY_OTHER=$KABAIDO_KEY_OTHER" "KABAIDO_QUOTE_ID=$DEMO_QUOTE_ID" \
        "KABAIDO_SETTINGS_EMAIL=$DEMO_OWNER" "KABAIDO_SETTINGS_EMAIL_MEMBER=$DEMO_MEMBER" \
        "KABAIDO_SETTINGS_EMAIL_FREE=$DEMO_FREE_OWNER" \
        "KABAIDO_SETTINGS_PASSWORD=$KABAIDO_SETTINGS_PASSWORD" \
        "KABAIDOCTL=$STATE/kabaidoctl" "$@" "PGHOST=$(postgres_host)" PGPORT=5432 \
        PGUSER=kabaido_admin "PGDATABASE=$DATABASE"
}

# usage: demo_write_env NAME=VALUE ...
# Plain assignments for those who read lines, then one export for those who source it.
demo_write_env() {
    local assignment
    (
        umask 077
        for assignment; do
            echo "${assignment%%=*}=$(demo_quoted "${assignment#*=}")"
        done >"$RUN/demo.env.new"
        echo "export ${*%%=*}" >>"$RUN/demo.env.new"
    )
    mv "$RUN/demo.env.new" "$RUN/demo.env"
}

# usage: demo_is_served [URL]
# The key goes by a file descriptor: a command line can be read by every user of the machine.
demo_is_served() {
    [ "$(curl --silent --noproxy '*' --cacert "$STATE/tls/ca.pem" --output /dev/null \
        --write-out '%{http_code}' --config - "${1:-$(demo_url)}/api/v1/key" \
        <<<"header = \"Authorization: Bearer $(demo_value KABAIDO_KEY)\"")" = 200 ]
}

demo_wait_until_served() {
    process_wait nginx 10 demo_is_served ||
        fail "$(demo_url) does not answer as it should: see $STATE/logs"
}

demo_print_ready() {
    local direct=
    # A proxy of the environment would be asked for its own localhost.
    case ${no_proxy:-},${NO_PROXY:-} in
    *localhost*) ;;
    *) [ -z "${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ] ||
        direct=' --noproxy localhost' ;;
    esac
    say ready "$(demo_value KABAIDO_URL), the keys and the rest in $RUN/demo.env"
    cat <<TEXT

The page for keys (a browser warns of the demo's own certificate):
  $(demo_value KABAIDO_URL)/settings/integrations
  e-mail    $(demo_value KABAIDO_SETTINGS_EMAIL)
  password  $(demo_value KABAIDO_SETTINGS_PASSWORD)

curl$direct --cacert $(demo_value KABAIDO_CACERT) \\
  $(demo_value KABAIDO_URL)/api/v1/quotes/$DEMO_QUOTE_ID \\
  -H 'Authorization: Bearer $(demo_value KABAIDO_KEY)'

TEXT
}
