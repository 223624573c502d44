# shellcheck shell=bash
# shellcheck disable=SC2153 # STATE is another variable than state
# Processes in the background, known by pid files that a recycled process id cannot deceive:
# "PID START STATE", START being the kernel's start time of that very process, STATE the folder that
# it belongs to (a copied checkout must not stop the original's).

STARTED=()      # services that this scripts/stack has started, in order
STARTED_PIDS=() # and their processes

# Sets fields to what the kernel says of a process from its state on (proc(5), stat, field 3).
process_read() {
    local stat=
    { read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null || [ -n "$stat" ] || return 1
    read -r -a fields <<<"${stat##*) }" # the name before that may hold anything
}

# Prints the start time of a living process.
process_start_time() {
    local fields
    process_read "$1" && [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

process_id() {
    local pid start state
    process_is_known "$1" && read -r pid start state <"$STATE/pids/$1" &&
        [ "$state" = "$STATE" ] && echo "$pid"
}

# Has been started and not been stopped since.
process_is_known() {
    [ -f "$STATE/pids/$1" ]
}

process_is_running() {
    local pid start state
    process_is_known "$1" && read -r pid start state <"$STATE/pids/$1" &&
        [ "$state" = "$STATE" ] && [ "$(process_start_time "$pid")" = "$start" ]
}

# What ends this scripts/stack: its EXIT trap then cleans up.
process_trap_signals() {
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# Sets batch to the words that give a command the scheduling policy of conf/systemd/batch.conf, or to
# none where that is not allowed.
process_batch() {
    batch=(chrt --batch 0)
    "${batch[@]}" true 2>/dev/null || batch=()
}

# usage: process_start SERVICE USER COMMAND ...
# In a session of its own, which neither a closed terminal nor Ctrl-C reaches; and with the signals
# that a shell makes its background processes ignore. A signal to us waits until it is noted down.
process_start() {
    local service=$1 become batch pid interrupted=
    process_batch
    become_user "$2"
    shift 2
    trap 'interrupted=yes' INT TERM HUP
    setsid env --default-signal=INT,QUIT ${become[@]+"${become[@]}"} ${batch[@]+"${batch[@]}"} "$@" \
        </dev/null >>"$STATE/logs/$service.log" 2>&1 9>&- &
    pid=$!
    echo "$pid $(process_start_time "$pid") $STATE" >"$STATE/pids/$service"
    STARTED+=("$service")
    STARTED_PIDS+=("$pid")
    process_trap_signals
    [ -z "$interrupted" ] || exit 130
}

# usage: process_wait SERVICE SECONDS COMMAND ...
# Until the command succeeds; fails when the process ends first or the time is over.
process_wait() {
    local service=$1 end=$((SECONDS + $2))
    shift 2
    until "$@"; do
        process_is_running "$service" && [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# usage: process_is_ours INDEX: what was started as STARTED[INDEX] has not been stopped by another
# scripts/stack, and perhaps started anew.
process_is_ours() {
    [ "$(process_id "${STARTED[$1]}")" = "${STARTED_PIDS[$1]}" ]
}

# Stops what this scripts/stack has started, the last first.
process_stop_started() {
    local i
    for ((i = ${#STARTED[@]} - 1; i >= 0; i--)); do
        if process_is_ours "$i"; then
            "${STARTED[i]}_stop"
        fi
    done
}

# Clears up after a service that was killed: ends those of its processes that were left behind
# (they are of its session, which has no leader any more), and waits until it is buried, so that
# nobody takes its process id for that of a living process.
process_bury() {
    local service=$1 pid path fields end=$((SECONDS + 10))
    process_is_known "$service" && ! process_is_running "$service" || return 0
    if ! pid=$(process_id "$service"); then
        rm -f "$STATE/pids/$service" # a note that was cut short, or another's
        return
    fi
    for path in /proc/[0-9]*; do
        process_read "$pid" && [ "${fields[0]}" != Z ] && break # another's by now
        if process_read "${path#/proc/}" && [ "${fields[3]}" = "$pid" ]; then
            kill -s TERM "${path#/proc/}" 2>/dev/null || true
        fi
    done
    while process_read "$pid" && [ "${fields[0]}" = Z ] && [ "$SECONDS" -lt "$end" ]; do
        sleep 0.05
    done
    rm -f "$STATE/pids/$service"
}

# usage: process_stop SERVICE SIGNAL SECONDS [HARDER-SIGNAL]
process_stop() {
    local service=$1 pid end=$((SECONDS + $3))
    if process_is_running "$service"; then
        pid=$(process_id "$service")
        kill -s "$2" "$pid" 2>/dev/null || true
        while process_is_running "$service"; do
            if [ "$SECONDS" -ge "$end" ]; then
                kill -s "${4:-KILL}" "$pid" 2>/dev/null || true
                end=$((SECONDS + 5))
            fi
            sleep 0.05
        done
        rm -f "$STATE/pids/$service"
    fi
    process_bury "$service"
}
