# shellcheck shell=bash
# shellcheck disable=SC2153 # CLUSTER and ID are the caller's
# The cluster's hosts: a network namespace each, on one bridge on which this machine has an address too.
# Names are made of ID, so that several clusters fit on one machine: kabaido-ID-db1 is a namespace,
# kbID a bridge, kbIDdb1 the host's end on it.

declare -rA HOST_NUMBER=([api1]=11 [api2]=12 [db1]=21 [db2]=22 [db3]=23)

network_namespace() {
    echo "kabaido-$ID-$1"
}

network_address() {
    echo "$NETWORK.${HOST_NUMBER[$1]}"
}

# usage: network_is_taken A.B.C: this machine has a route to or within A.B.C.0/24, its default apart.
network_is_taken() {
    [ -n "$(ip -4 route show root "$1.0/24")" ] ||
        ip -4 route show match "$1.0/24" | grep -qv '^default'
}

# Sets NETWORK to the first three numbers of a /24 of this machine's own.
network_choose() {
    local seed=$((16#$ID)) try
    for ((try = 0; try < 200; try++)); do
        NETWORK=10.$((64 + (seed + try) % 128)).$(((seed / 128 + try) % 256))
        network_is_taken "$NETWORK" || return 0
    done
    fail 'there is no free network among 10.64.0.0 to 10.191.255.0'
}

network_exists() {
    ip link show dev "kb$ID" >/dev/null 2>&1
}

# usage: in_host HOST COMMAND ...: as root. Not by `ip netns exec`, which would also change mounts: where
# the root folder is no mount, as in a chroot, it may not.
in_host() {
    local NAMESPACE
    # shellcheck disable=SC2034 # as() reads it
    NAMESPACE=$(network_namespace "$1")
    shift
    as root "$@"
}

network_make_host() {
    local namespace
    namespace=$(network_namespace "$1")
    ip netns add "$namespace" &&
        ip link add "kb$ID$1" type veth peer name eth0 netns "$namespace" &&
        ip link set "kb$ID$1" master "kb$ID" up &&
        in_host "$1" ip link set lo up &&
        in_host "$1" ip address add "$(network_address "$1")/24" dev eth0 &&
        in_host "$1" ip link set eth0 up
}

network_make() {
    local host
    {
        ip link add "kb$ID" type bridge &&
            ip address add "$NETWORK.1/24" dev "kb$ID" &&
            ip link set "kb$ID" up || return
        for host in "${HOSTS[@]}"; do
            network_make_host "$host" || return
        done
    } >"$CLUSTER/logs/network.log" 2>&1
}

# Also what is left of a start that went wrong half-way. A namespace goes with its end of the cable.
network_remove() {
    local host
    for host in "${HOSTS[@]}"; do
        ip netns delete "$(network_namespace "$host")" 2>/dev/null || true
        ip link delete "kb$ID$host" 2>/dev/null || true
    done
    ip link delete "kb$ID" 2>/dev/null || true
}

# usage: network_cut HOST [OTHER ...]: nothing passes any more between it and these, or the whole
# network. As a cable that is pulled: nobody is told.
network_cut() {
    local host=$1 other from=
    shift
    network_heal "$host"
    for other; do
        from+=${from:+, }$(network_address "$other")
    done
    from=${from:-$NETWORK.0/24}
    in_host "$host" nft -f - <<RULES
table ip cut {
    chain input {
        type filter hook input priority filter; policy accept;
        iif != lo ip saddr { $from } drop
    }
    chain output {
        type filter hook output priority filter; policy accept;
        oif != lo ip daddr { $from } drop
    }
}
RULES
}

network_heal() {
    in_host "$1" nft delete table ip cut 2>/dev/null || true
}

# Process ids of all that runs in a host.
network_processes() {
    ip netns pids "$(network_namespace "$1")" 2>/dev/null || true
}
