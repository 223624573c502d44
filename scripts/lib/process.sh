# shellcheck shell=bash
# Processes in the background, known by pid files that a recycled process id cannot deceive:
# "PID START", START being the kernel's start time of that very process.

STARTED=()      # services that this scripts/stack has started, in order
STARTED_PIDS=() # and their processes

# Prints the start time of a living process.
process_start_time() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    stat=${stat##*) } # the name before it may hold anything
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] && echo "${20}"
}

process_id() {
    local pid start
    process_is_known "$1" && read -r pid start <"$STATE/pids/$1" && echo "$pid"
}

# Has been started and not been stopped since.
process_is_known() {
    [ -f "$STATE/pids/$1" ]
}

process_is_running() {
    local pid start
    process_is_known "$1" && read -r pid start <"$STATE/pids/$1" && [ -n "$start" ] &&
        [ "$(process_start_time "$pid")" = "$start" ]
}

# usage: process_start SERVICE USER COMMAND ...
# In a session of its own: neither a closed terminal nor Ctrl-C reaches it.
process_start() {
    local service=$1 become pid
    become_user "$2"
    shift 2
    setsid ${become[@]+"${become[@]}"} "$@" \
        </dev/null >>"$STATE/logs/$service.log" 2>&1 9>&- &
    pid=$!
    echo "$pid $(process_start_time "$pid")" >"$STATE/pids/$service"
    STARTED+=("$service")
    STARTED_PIDS+=("$pid")
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

# Stops what this scripts/stack has started, the last first, unless it is another's by now.
process_stop_started() {
    local i
    for ((i = ${#STARTED[@]} - 1; i >= 0; i--)); do
        if [ "$(process_id "${STARTED[i]}")" = "${STARTED_PIDS[i]}" ]; then
            "${STARTED[i]}_stop"
        fi
    done
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
    fi
    rm -f "$STATE/pids/$service"
}
