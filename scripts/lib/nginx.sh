# shellcheck shell=bash
# The web server: nginx.conf.example itself, with this stack's paths and port put in.

# True when anybody on this machine listens on the port; asks the kernel and knocks at no door.
nginx_port_is_taken() {
    local hex
    printf -v hex ':%04X' "$PORT"
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$hex" '$4 == "0A" && index($2, port) { found = 1 } END { exit !found }'
}

nginx_check_port_number() {
    if [[ ! $PORT =~ ^[1-9][0-9]{0,4}$ ]] || [ "$PORT" -gt 65535 ]; then
        fail "KABAIDO_HTTPS_PORT is '$PORT': it must be a number from 1 to 65535"
    fi
}

nginx_check_port() {
    local least=1024
    read -r least </proc/sys/net/ipv4/ip_unprivileged_port_start || true
    if [ "$(id -u)" -ne 0 ] && [ "$PORT" -lt "$least" ]; then
        fail "port $PORT is for root alone: choose another port with KABAIDO_HTTPS_PORT"
    fi
    if nginx_port_is_taken; then
        fail "port $PORT is in use by another program: stop that, or choose another port," \
            "for example KABAIDO_HTTPS_PORT=$((PORT % 60000 + 1000))"
    fi
}

nginx_has_ipv6() {
    grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null
}

# Only this machine can reach a demo: it listens on the loopback addresses.
nginx_configure() {
    local folder
    for folder in body fastcgi proxy scgi uwsgi; do
        state_make_folder "$WEB_USER" 700 "nginx/$folder"
    done
    rm -rf "$STATE/reference"
    install -d -m 755 "$STATE/reference"
    install -m 644 "$ROOT"/app/reference/* "$STATE/reference/"
    sed -e "s|/run/kabaido/|$STATE/sockets/api/|" \
        -e "s|/run/nginx.pid|$STATE/nginx/nginx.pid|" \
        -e "s|/var/lib/nginx/|$STATE/nginx/|" \
        -e "s|/var/log/nginx/|$STATE/logs/|" \
        -e "s|/etc/kabaido/tls/|$STATE/tls/|" \
        -e "s|/usr/share/kabaido/reference/|$STATE/reference/|" \
        -e "s|listen 443 |listen 127.0.0.1:$PORT |" \
        -e "s|listen \[::\]:443 |listen [::1]:$PORT |" \
        "$ROOT/nginx.conf.example" >"$STATE/nginx/nginx.conf"
    nginx_has_ipv6 || sed -i '/listen \[::1\]/d' "$STATE/nginx/nginx.conf"
    [ "$(id -u)" -eq 0 ] || sed -i '/^user /d' "$STATE/nginx/nginx.conf"
}

nginx_is_listening() {
    nginx_port_is_taken
}

nginx_start() {
    process_is_running nginx && return
    process_bury nginx
    nginx_check_port
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
