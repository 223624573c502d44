# shellcheck shell=bash
# Where a stack keeps its files. RUN is where they are promised (.run); STATE is where they are:
# RUN itself, or a folder of ours under /var/tmp when RUN cannot serve. It cannot when the
# users postgres and www-data may not enter it (a checkout in /root), when a socket's path would be
# too long, or when it has characters that one of the configuration files would have to quote.
# Then RUN/state leads there, and RUN has links by the usual names.

readonly STATE_FOLDERS=(logs pids bin tls nginx sockets)
readonly SOCKET_PATH_MOST=107 # sun_path of unix(7), less the NUL
# STATE_HOST: a host's folder in there, where there are several (scripts/cluster).
readonly LONGEST_SOCKET=${STATE_HOST:-}/sockets/pg/.s.PGSQL.5432

if [ "$(id -u)" -eq 0 ]; then
    # PostgreSQL refuses to run as root, and what faces the network should not.
    DB_USER=postgres
    WEB_USER=www-data
else
    DB_USER=$(id -un)
    WEB_USER=$DB_USER
fi
readonly DB_USER WEB_USER

# Sets become: the words that make a command run as this user, and where NAMESPACE names one, in that
# network namespace.
become_user() {
    become=()
    if [ -n "${NAMESPACE:-}" ]; then
        become=(nsenter "--net=/run/netns/$NAMESPACE" --)
    fi
    if [ "$(id -u)" -eq 0 ] && [ "$1" != root ]; then
        become+=(setpriv "--reuid=$1" "--regid=$(id -g "$1")" --init-groups --)
    fi
}

# usage: as USER COMMAND ...
as() {
    local become
    become_user "$1"
    shift
    ${become[@]+"${become[@]}"} "$@"
}

# The same folder for the same RUN, so that it is found again.
state_elsewhere() {
    printf '/var/tmp/kabaido-%s' "$(printf '%s' "$RUN" | sha256sum | cut -c 1-16)"
}

# In a place where everybody may make folders, only one that we made ourselves will do.
state_check_safe() {
    if [ -L "$STATE" ] || [ ! -d "$STATE" ] || [ ! -O "$STATE" ] ||
        [ -n "$(find "$STATE" -maxdepth 0 -perm /022)" ]; then
        fail "$STATE was not made by this program as $(id -un), so it is not trusted: remove it"
    fi
}

# True when RUN's files have been put elsewhere. A link that came along with a copied checkout leads
# to another's files and does not count.
state_is_elsewhere() {
    [ "$(readlink "$RUN/state")" = "$(state_elsewhere)" ]
}

# Sets STATE for what there is; makes nothing.
state_find() {
    STATE=$RUN
    if state_is_elsewhere; then
        STATE=$(state_elsewhere)
        [ ! -e "$STATE" ] || state_check_safe
    fi
}

# Says why RUN cannot hold the state; silent if it can.
state_obstacle() {
    if [ $((${#RUN} + ${#LONGEST_SOCKET})) -gt $SOCKET_PATH_MOST ]; then
        echo 'path is too long for a socket'
    elif [[ $RUN == *[!A-Za-z0-9._/+@-]* ]]; then
        echo 'path has unusual characters'
    elif ! as "$DB_USER" test -x "$RUN" || ! as "$WEB_USER" test -x "$RUN"; then
        echo "parents do not let the users $DB_USER and $WEB_USER in"
    fi
}

state_use_elsewhere() {
    local name
    STATE=$(state_elsewhere)
    mkdir -m 755 "$STATE" 2>/dev/null || state_check_safe
    ln -sfn "$STATE" "$RUN/state"
    for name in "${STATE_FOLDERS[@]}" pg kabaidoctl; do
        if [ -L "$RUN/$name" ] || [ ! -e "$RUN/$name" ]; then
            ln -sfn "$STATE/$name" "$RUN/$name"
        fi
    done
    say files "are in $STATE: ${RUN}'s $1"
}

# Undoes the links that a copied checkout brought along.
state_use_run() {
    local name
    STATE=$RUN
    for name in state "${STATE_FOLDERS[@]}" pg kabaidoctl; do
        [ ! -L "$RUN/$name" ] || rm "$RUN/$name"
    done
}

# Sets STATE and makes its folders. Needs the users that the packages bring.
state_make() {
    local obstacle
    obstacle=$(state_obstacle)
    if [ -n "$obstacle" ] || state_is_elsewhere; then
        state_use_elsewhere "${obstacle:-files were put there before}"
    else
        state_use_run
    fi
    mkdir -p "${STATE_FOLDERS[@]/#/$STATE/}"
    if [ -d "$STATE/pg" ] && [ "$(stat -c %U "$STATE/pg")" != "$DB_USER" ]; then
        fail "$STATE/pg belongs to $(stat -c %U "$STATE/pg"): start it as the user who made it," \
            "or remove $STATE"
    fi
    state_make_folder "$DB_USER" 755 sockets/pg
    state_make_folder "$WEB_USER" 750 sockets/api
}

# usage: state_make_folder OWNER MODE NAME
state_make_folder() {
    install -d -m "$2" "$STATE/$3"
    [ "$(id -u)" -ne 0 ] || chown "$1:" "$STATE/$3"
}

# One scripts/stack at a time works on a stack. Our processes do not inherit descriptor 9.
state_lock() {
    if [ ! -d "$RUN" ]; then
        mkdir -p "$(dirname "$RUN")" && mkdir -m 755 "$RUN" 2>/dev/null || [ -d "$RUN" ] ||
            fail "cannot make the folder $RUN"
    fi
    [ -O "$RUN" ] ||
        fail "$RUN belongs to $(stat -c %U "$RUN"): go on as that user, or set KABAIDO_RUN_DIR"
    exec 9>"$RUN/lock"
    flock --nonblock 9 && return 0 # said, since in a trap a bare return has another status
    say waiting 'for another scripts/stack on the same files'
    flock --timeout 300 9 || fail "another scripts/stack holds $RUN/lock for long"
}

state_unlock() {
    exec 9>&-
}
