# shellcheck shell=bash
# The private PostgreSQL: no TCP, a unix socket, and roles by who asks (peer authentication).

readonly PG_BIN=/usr/lib/postgresql/15/bin
readonly DATABASE=kabaido # as sql and docs name it

# Where psql, the tool and the migrations reach it; a cluster has several.
postgres_host() {
    echo "${POSTGRES_HOST:-$STATE/sockets/pg}"
}

# usage: psql_as ROLE ARGUMENTS ...
psql_as() {
    local role=$1
    shift
    PGHOST=$(postgres_host) PGTARGETSESSIONATTRS=read-write PGUSER=$role PGDATABASE=${PGDATABASE:-$DATABASE} \
        PGOPTIONS='-c client_min_messages=warning' \
        "$PG_BIN/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --tuples-only --no-align "$@"
}

# A cluster that is half made does not count: it gets its name when it is whole.
postgres_make_cluster() {
    [ ! -f "$STATE/pg/PG_VERSION" ] || return 0
    rm -rf "$STATE/pg.new"
    state_make_folder "$DB_USER" 700 pg.new
    as "$DB_USER" "$PG_BIN/initdb" --pgdata="$STATE/pg.new" --username=postgres --auth=peer \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums >"$STATE/logs/initdb.log" 2>&1 ||
        fail_with 'initdb made no database cluster' "$STATE/logs/initdb.log"
    mv "$STATE/pg.new" "$STATE/pg"
}

# Writes standard input into the cluster's folder, as its owner.
postgres_write() {
    # shellcheck disable=SC2016 # the inner shell's own parameter
    as "$DB_USER" sh -c 'umask 077; cat >"$1"' sh "$STATE/pg/$1"
}

postgres_configure() {
    local role user
    postgres_write kabaido.conf <"$ROOT/conf/postgresql.conf"
    postgres_write postgresql.conf <<CONF
# Written by scripts/stack at each start; ALTER SYSTEM has the last word.
include 'kabaido.conf'
unix_socket_directories = '$STATE/sockets/pg'
port = 5432
CONF
    postgres_write pg_hba.conf <<CONF
local all         all peer map=kabaido
local replication all peer map=kabaido
CONF
    # Whoever runs the stack may be anyone in it; the workers' user only a worker.
    {
        for user in root "$(id -un)"; do
            for role in postgres kabaido_owner kabaido_worker kabaido_tool kabaido_admin; do
                echo "kabaido \"$user\" $role"
            done
        done
        echo "kabaido \"$DB_USER\" postgres"
        echo "kabaido \"$WEB_USER\" kabaido_worker"
    } | sort -u | postgres_write pg_ident.conf
}

postgres_answers() {
    "$PG_BIN/pg_isready" --quiet --host="$STATE/sockets/pg"
}

postgres_start() {
    process_is_running postgres && return
    process_bury postgres
    postgres_make_cluster
    postgres_configure
    process_start postgres "$DB_USER" "$PG_BIN/postgres" -D "$STATE/pg"
    process_wait postgres 60 postgres_answers ||
        fail_with 'PostgreSQL does not start' "$STATE/logs/postgres.log"
}

# usage: postgres_stop [fast | smart | immediate]
postgres_stop() {
    case ${1:-fast} in
    fast) process_stop postgres INT 60 QUIT ;;
    smart) process_stop postgres TERM 60 INT ;;
    immediate) process_stop postgres QUIT 10 ;;
    *) fail "'$1' is no way to stop PostgreSQL: choose from fast, smart and immediate" ;;
    esac
}

# usage: postgres_deploy DATABASE
# In a session of its own: Ctrl-C must not part a migration from the note that it was made.
postgres_deploy() {
    (
        cd "$ROOT/sql" || exit
        PGHOST=$(postgres_host) PGUSER=kabaido_owner PGDATABASE=$1 \
            SQITCH_USER_CONFIG=/dev/null SQITCH_SYSTEM_CONFIG=/dev/null \
            SQITCH_FULLNAME=Kabaido SQITCH_EMAIL=api@kabaido.ai SQITCH_PAGER=cat \
            setsid --wait sqitch deploy </dev/null
    )
}

# usage: postgres_superuser COMMAND: as the cluster's superuser, outside our database.
postgres_superuser() {
    PGDATABASE=postgres psql_as postgres -c "$1"
}

# A new database gets its name when its schema is whole; one that is there is brought up to date.
postgres_deploy_all() {
    local there
    PGDATABASE=postgres psql_as postgres -f "$ROOT/sql/roles.sql" || return
    there=$(postgres_superuser "SELECT count(*) FROM pg_database WHERE datname = '$DATABASE'") ||
        return
    if [ "$there" -gt 0 ]; then
        postgres_deploy "$DATABASE"
        return
    fi
    postgres_superuser "DROP DATABASE IF EXISTS ${DATABASE}_new WITH (FORCE)" &&
        postgres_superuser "CREATE DATABASE ${DATABASE}_new OWNER kabaido_owner" &&
        postgres_deploy "${DATABASE}_new" &&
        postgres_superuser "ALTER DATABASE ${DATABASE}_new RENAME TO $DATABASE"
}

postgres_migrate() {
    postgres_deploy_all >"$STATE/logs/migrate.log" 2>&1 ||
        fail_with 'the migrations failed' "$STATE/logs/migrate.log"
}

# The name of the last migration.
postgres_schema() {
    psql_as kabaido_owner -c 'SELECT change FROM sqitch.changes ORDER BY committed_at DESC LIMIT 1'
}
