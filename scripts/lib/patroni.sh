# shellcheck shell=bash
# shellcheck disable=SC2153 # STATE, NETWORK and the like are the caller's
# A database host of the cluster: a member of etcd, and Patroni with its PostgreSQL. In here STATE is the
# host's folder, HOST its name.

readonly ETCD_TOKEN=kabaido

patroni_make_folders() {
    state_make_folder "$DB_USER" 755 sockets/pg
    state_make_folder "$DB_USER" 700 pg
    state_make_folder "$DB_USER" 700 etcd
}

# conf/patroni.yml.example itself, with this host's name, addresses, paths and the cluster's passwords.
patroni_configure() {
    local address host others=()
    address=$(network_address "$HOST")
    for host in "${DATABASE_HOSTS[@]}"; do
        [ "$host" = "$HOST" ] || others+=("$(network_address "$host")")
    done
    install -m 644 "$ROOT/conf/postgresql.conf" "$STATE/postgresql.conf"
    (
        umask 077
        sed -e "/# own\$/ { s|db1|$HOST|; s|10\.0\.0\.21|$address|; }" \
            -e "/# second\$/ s|10\.0\.0\.22|${others[0]}|; /# third\$/ s|10\.0\.0\.23|${others[1]}|" \
            -e "s|10\.0\.0\.|$NETWORK.|g" \
            -e "s|/etc/patroni/tls/|$STATE/tls/|" \
            -e "s|/etc/patroni/postgresql.conf|$STATE/postgresql.conf|" \
            -e "s|/var/lib/postgresql/15/kabaido|$STATE/pg/data|" \
            -e "s|/var/lib/postgresql/patroni.pgpass|$STATE/pg/pgpass|" \
            -e "s|/var/run/postgresql|$STATE/sockets/pg|" \
            -e "s|choose-one-for-replicator|$(<"$CLUSTER/passwords/replicator")|" \
            -e "s|choose-one-for-rewinder|$(<"$CLUSTER/passwords/rewinder")|" \
            -e '/- kabaido postgres postgres/ { p; s/ postgres postgres/ root postgres/; }' \
            "$ROOT/conf/patroni.yml.example" >"$STATE/patroni.yml"
        # No host may be restarted for a demo's sake.
        sed -i 's/^  mode: automatic$/  mode: "off"/' "$STATE/patroni.yml"
    )
    chown "$DB_USER:" "$STATE/patroni.yml"
}

etcd_start() {
    local address host members=
    process_is_running etcd && return
    process_bury etcd
    address=$(network_address "$HOST")
    for host in "${DATABASE_HOSTS[@]}"; do
        members+=${members:+,}$host=https://$(network_address "$host"):2380
    done
    process_start etcd "$DB_USER" etcd --name "$HOST" --data-dir "$STATE/etcd" \
        --listen-client-urls "https://$address:2379" --advertise-client-urls "https://$address:2379" \
        --listen-peer-urls "https://$address:2380" --initial-advertise-peer-urls "https://$address:2380" \
        --initial-cluster "$members" --initial-cluster-token "$ETCD_TOKEN" \
        --client-cert-auth --trusted-ca-file "$STATE/tls/ca.pem" \
        --cert-file "$STATE/tls/database.pem" --key-file "$STATE/tls/database.key" \
        --peer-client-cert-auth --peer-trusted-ca-file "$STATE/tls/ca.pem" \
        --peer-cert-file "$STATE/tls/database.pem" --peer-key-file "$STATE/tls/database.key" \
        --enable-v2 --logger zap --log-level warn
}

etcd_stop() {
    process_stop etcd TERM 10
}

patroni_start() {
    process_is_running patroni && return
    process_bury patroni
    process_start patroni "$DB_USER" patroni "$STATE/patroni.yml"
}

patroni_stop() {
    process_stop patroni TERM 60
}

# usage: patroni_get PATH: what this host's Patroni answers; fails unless that is 200.
patroni_get() {
    curl --silent --fail --noproxy '*' --max-time 2 --cacert "$STATE/tls/ca.pem" \
        "https://$(network_address "$HOST"):8008/$1"
}

patroni_is_primary() {
    patroni_get primary >/dev/null
}

# There is nothing left to do: one primary, one standby that has everything, and another.
patroni_is_whole() {
    local members
    members=$(patroni_get cluster) || return
    [ "$(grep -o '"state": "running"' <<<"$members" | wc -l)" -eq "${#DATABASE_HOSTS[@]}" ] &&
        grep -q '"role": "leader"' <<<"$members" && grep -q '"role": "sync_standby"' <<<"$members"
}
