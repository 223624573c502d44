# shellcheck shell=bash
# shellcheck disable=SC2154 # bare and work are the caller's
# A bare Debian 12 in the folder $bare, made by debootstrap from the machine's own apt sources; $work
# is for logs. Needs root.

readonly RELEASE=bookworm

# A line "URI SUITE COMPONENT" for each Debian 12 source of this machine; apt itself reads them,
# in whichever format they are.
list_sources() {
    # shellcheck disable=SC2016 # apt's own fields
    apt-get indextargets 'Created-By: Packages' \
        --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
        sed -n "s/^Debian ${RELEASE}[a-z-]* //p" | sort -u
}

# What apt must know to reach and trust those sources; nothing that names this machine's programs.
copy_apt_configuration() {
    list_sources | sed 's/^/deb /' >"$bare/etc/apt/sources.list"
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' \
        >"$bare/etc/apt/apt.conf.d/90machine"
    local path
    for path in /etc/apt/trusted.gpg /etc/apt/trusted.gpg.d /etc/apt/keyrings /usr/share/keyrings \
        /etc/apt/auth.conf /etc/apt/auth.conf.d; do
        [ ! -e "$path" ] || cp -a "$path" "$bare/$(dirname "$path")/"
    done
}

# The certification authorities that this machine's administrator has added to Debian's, if any: a
# network that looks into TLS has one, and nothing could be fetched without it.
copy_trust() {
    local own=usr/local/share/ca-certificates
    [ -n "$(find "/$own" -name '*.crt' 2>/dev/null)" ] || return 0
    mkdir -p "$bare/$own"
    cp -RL "/$own/." "$bare/$own/"
    chroot "$bare" update-ca-certificates >"$work/trust.log" 2>&1 || {
        tail -n 20 "$work/trust.log" >&2
        return 1
    }
}

# usage: make_bare_debian PACKAGE ... : with ca-certificates and these.
make_bare_debian() {
    local mirror packages=ca-certificates package
    for package; do
        packages+=,$package
    done
    mirror=$(list_sources | awk -v suite="$RELEASE" '$2 == suite { print $1; exit }')
    [ -n "$mirror" ] || fail "this machine's apt sources have no Debian 12 ($RELEASE)"
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
    [ -z "${http_proxy:-}" ] || export http_proxy
    debootstrap --variant=minbase "--include=$packages" "$RELEASE" "$bare" "$mirror" \
        >"$work/debootstrap.log" 2>&1 || {
        tail -n 20 "$work/debootstrap.log" >&2
        return 1
    }
    copy_apt_configuration
    copy_trust
}
