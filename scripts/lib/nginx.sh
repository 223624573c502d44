# shellcheck shell=bash
# The web server: nginx.conf.example itself, with this stack's paths and port put in.

# usage: nginx_port_is_taken PORT
# True when anybody on this host listens on it; asks the kernel and knocks at no door.
nginx_port_is_taken() {
    local hex
    printf -v hex ':%04X' "$1"
    as root cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$hex" '$4 == "0A" && index($2, port) { found = 1 } END { exit !found }'
}

# usage: nginx_check_number VARIABLE VALUE
nginx_check_number() {
    if [[ ! $2 =~ ^[1-9][0-9]{0,4}$ ]] || [ "$2" -gt 65535 ]; then
        fail "$1 is '$2': it must be a number from 1 to 65535"
    fi
}

# Sets OPERATIONS_PORT as well: 20,000 away, unless it is said. Not the next one: that is what the next
# stack is given.
nginx_check_port_numbers() {
    nginx_check_number KABAIDO_HTTPS_PORT "$PORT"
    OPERATIONS_PORT=${KABAIDO_OPERATIONS_PORT:-$((PORT < 40000 ? PORT + 20000 : PORT - 20000))}
    nginx_check_number KABAIDO_OPERATIONS_PORT "$OPERATIONS_PORT"
    readonly OPERATIONS_PORT
    [ "$PORT" -ne "$OPERATIONS_PORT" ] ||
        fail "KABAIDO_OPERATIONS_PORT and KABAIDO_HTTPS_PORT are both $PORT: they must be different"
}

# usage: nginx_check_port VARIABLE PORT: it is ours to have.
nginx_check_port() {
    local least=1024
    read -r least </proc/sys/net/ipv4/ip_unprivileged_port_start || true
    if [ "$(id -u)" -ne 0 ] && [ "$2" -lt "$least" ]; then
        fail "port $2 is for root alone: choose another port with $1"
    fi
    if nginx_port_is_taken "$2"; then
        fail "port $2 is in use by another program: stop that, or choose another port," \
            "for example $1=$(($2 % 60000 + 1000))"
    fi
}

nginx_check_ports() {
    nginx_check_port KABAIDO_HTTPS_PORT "$PORT"
    nginx_check_port KABAIDO_OPERATIONS_PORT "$OPERATIONS_PORT"
}

nginx_has_ipv6() {
    grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null
}

# Only this machine can reach a demo: it listens on the loopback addresses, or on NGINX_ADDRESS.
nginx_configure() {
    local folder
    for folder in body fastcgi proxy scgi uwsgi; do
        state_make_folder "$WEB_USER" 700 "nginx/$folder"
    done
    rm -rf "$STATE/reference" "$STATE/settings"
    install -d -m 755 "$STATE/reference" "$STATE/settings"
    install -m 644 "$ROOT"/app/reference/* "$STATE/reference/"
    install -m 644 "$ROOT"/app/settings/page/* "$STATE/settings/"
    sed -e "s|/run/kabaido/|$STATE/sockets/api/|" \
        -e "s|/run/nginx.pid|$STATE/nginx/nginx.pid|" \
        -e "s|/var/lib/nginx/|$STATE/nginx/|" \
        -e "s|/var/log/nginx/|$STATE/logs/|" \
        -e "s|/etc/kabaido/tls/|$STATE/tls/|" \
        -e "s|/usr/share/kabaido/reference/|$STATE/reference/|" \
        -e "s|/usr/share/kabaido/settings/|$STATE/settings/|" \
        -e "s|listen 443 |listen ${NGINX_ADDRESS:-127.0.0.1}:$PORT |" \
        -e "s|listen \[::\]:443 |listen [::1]:$PORT |" \
        -e "s|listen 127.0.0.1:9443;|listen 127.0.0.1:$OPERATIONS_PORT;|" \
        "$ROOT/nginx.conf.example" >"$STATE/nginx/nginx.conf"
    nginx_has_ipv6 || sed -i '/listen \[::1\]/d' "$STATE/nginx/nginx.conf"
    [ "$(id -u)" -eq 0 ] || sed -i '/^user /d' "$STATE/nginx/nginx.conf"
}

nginx_is_listening() {
    nginx_port_is_taken "$PORT" && nginx_port_is_taken "$OPERATIONS_PORT"
}

nginx_start() {
    process_is_running nginx && return
    process_bury nginx
    nginx_check_ports
    nginx_configure
    process_start nginx root nginx -p "$STATE/nginx" -e "$STATE/logs/error.log" \
        -c "$STATE/nginx/nginx.conf" -g 'daemon off;'
    process_wait nginx 10 nginx_is_listening ||
        fail_with 'nginx does not start' "$STATE/logs/nginx.log"
}

# QUIT lets it finish its answers; those who hold a connection open are not waited for long.
nginx_stop() {
    process_stop nginx QUIT 3 TERM
}
