# shellcheck shell=bash
# shellcheck disable=SC2154 # key and NAME are set by the handbook's own blocks
# What scripts/test-deb looks at between the sections of docs/operations.md, in the Debian in which it
# runs that text. usage: after HEADING: called at the end of each section

UNITS=(kabaido-api.socket kabaido-api.service)

walk_fail() {
    echo "walk: $*" >&2
    exit 1
}

# usage: expect WHAT FOUND EXPECTED
expect() {
    [ "$2" = "$3" ] || walk_fail "$1: '$2' instead of '$3'"
}

status_of() {
    curl --silent --output /dev/null --write-out '%{http_code}' "$@"
}

running_version() {
    curl --silent http://127.0.0.1:9443/metrics | sed -n 's/^kabaido_build_info{version="\(.*\)"} 1$/\1/p'
}

# usage: figure NAME
figure() {
    curl --silent http://127.0.0.1:9443/metrics | sed -n "s/^$1 //p"
}

# Asks without end, from the workers, through nginx, and notes what it was answered.
load_start() {
    : >/root/load
    touch /root/load.go
    while [ -e /root/load.go ]; do
        status_of "https://$NAME/api/v1/key" -H "Authorization: Bearer $key" >>/root/load
        echo >>/root/load
    done &
    load=$!
}

# usage: load_stop WHEN STATUSES: all that there were, and no others
load_stop() {
    rm /root/load.go
    wait "$load"
    echo "walk: $(wc -l </root/load) requests while it was $1"
    expect "answers while it was $1" "$(sort -u /root/load | xargs)" "$2"
}

after_install() {
    local unit
    for unit in "${UNITS[@]}"; do
        expect "$unit after the installation" "$(systemctl is-enabled "$unit")" disabled
        expect "$unit after the installation" "$(systemctl is-active "$unit")" inactive
    done
    expect "the workers' user" "$(getent passwd kabaido | cut -d : -f 6,7)" /nonexistent:/usr/sbin/nologin
    expect "the socket's folder" "$(stat -c '%U %G %a' /run/kabaido)" 'kabaido www-data 2750'
    expect 'permissions of the configuration' "$(stat -c '%U %G %a' /etc/kabaido/kabaido.env)" \
        'root root 644'
    systemctl start "${UNITS[@]}"
    expect 'the service without its secret' "$(systemctl is-active kabaido-api.service)" inactive
    systemctl stop kabaido-api.socket
    man_pages
}

man_pages() {
    local page
    for page in kabaido-api kabaidoctl; do
        [ -f "/usr/share/man/man8/$page.8.gz" ] || [ -f "/etc/dpkg/dpkg.cfg.d/docker" ] ||
            walk_fail "there is no manual page of $page"
    done
}

after_workers() {
    local pid unit
    for unit in "${UNITS[@]}"; do
        expect "$unit" "$(systemctl is-active "$unit")" active
    done
    pid=$(systemctl show --property MainPID --value kabaido-api.service)
    expect "the workers' user" "$(stat -c %U "/proc/$pid")" kabaido
    expect "the workers' capabilities" "$(sed -n 's/^CapBnd:\t//p' "/proc/$pid/status")" 0000000000000000
    expect 'seccomp' "$(sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")" 2
    expect 'the socket' "$(stat -c '%G %a' /run/kabaido/api.sock)" 'www-data 660'
    systemd-analyze security --no-pager kabaido-api.service | tail -n 1
}

after_key() {
    expect 'the figures, publicly' "$(status_of "https://$NAME/metrics")" 404
    [ "$(figure kabaido_workers_configured)" -ge 1 ] || walk_fail 'there are no figures'
    tail -n 1 /var/log/nginx/access.log | grep -q '"path":"/metrics","status":404' ||
        walk_fail 'the access log lacks the last request'
    journalctl --unit kabaido-api.service --output cat | grep -q '"message":"serving on /run/kabaido/api.sock' ||
        walk_fail 'the journal lacks what the workers say'
    if journalctl --output cat | grep -F "$key" || grep -rF "$key" /var/log; then
        walk_fail 'the key is in a log'
    fi
    expect 'secrets in files' "$(stat -c %a /root/key.json /root/password | xargs)" '600 600'
}

# Reload, as "Every day" has it, under load from here on.
after_every_day() {
    echo '# an operator was here' >>/etc/kabaido/kabaido.env
    echo KABAIDO_WORKERS=3 >>/etc/kabaido/kabaido.env
    load_start
    systemctl reload kabaido-api
    until [ "$(figure kabaido_workers_configured)" = 3 ]; do
        sleep 0.2
    done
    expect 'reloads' "$(figure 'kabaido_reloads_total{outcome="done"}')" 1
}

after_upgrade() {
    expect 'the version' "$(running_version)" "$NEW"
    grep -q 'an operator was here' /etc/kabaido/kabaido.env || walk_fail 'the configuration is lost'
}

after_rollback() {
    expect 'the version' "$(running_version)" "$OLD"
    load_stop 'upgraded and rolled back' 200
}

after_backup() {
    expect 'the dump' "$(stat -c '%U %a' /var/backups/kabaido/kabaido.dump)" 'root 600'
    grep -q 'TABLE DATA public organisations' /var/backups/kabaido/contents || walk_fail 'it is empty'
    # What is written afterwards is gone after the restoration, and what was before is there.
    kabaidoctl org create 'Too late' --plan team
    # Its clients do not stop asking because we restore, and must not start the workers again.
    load_start
}

after_restore() {
    load_stop restored '200 503'
    expect 'the key' "$(status_of "https://$NAME/api/v1/key" -H "Authorization: Bearer $key")" 200
    kabaidoctl org list | grep -q 'Northfield Tooling' || walk_fail 'an organisation is lost'
    if kabaidoctl org list | grep 'Too late'; then
        walk_fail 'this is not the backup'
    fi
}

# The end: all of it goes but what is the operator's.
after_all() {
    apt-get remove --yes kabaido-api
    expect 'the service when it is removed' "$(systemctl is-active kabaido-api.service)" inactive
    expect 'the API when it is removed' "$(status_of "https://$NAME/api/v1/key")" 503
    if pgrep kabaido-api; then
        walk_fail 'workers are left'
    fi
    [ -f /etc/kabaido/kabaido.env ] || walk_fail 'the configuration went with the program'
    apt-get purge --yes kabaido-api
    expect 'what is left' "$(find /etc/kabaido -type f | sort | tr '\n' ' ')" \
        '/etc/kabaido/tls/server.key /etc/kabaido/tls/server.pem '
    expect 'what is left' "$(find / -xdev -path /proc -prune -o -name '*kabaido-api*' -print |
        grep -v '^/root/\|^/var/log/\|^/var/cache/\|^/tmp/' || true)" ''
}

after() {
    case $1 in
    Install) after_install ;;
    'The workers') after_workers ;;
    'First organisation, key and user') after_key ;;
    'Every day') after_every_day ;;
    Upgrade) after_upgrade ;;
    Rollback) after_rollback ;;
    Backup) after_backup ;;
    Restore) after_restore ;;
    esac
}
