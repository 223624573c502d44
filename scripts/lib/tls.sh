# shellcheck shell=bash
# Certificates, signed by an authority of its own.

tls_is_good() {
    openssl x509 -checkend 604800 -noout -in "$STATE/tls/server.pem" >/dev/null 2>&1 &&
        [ -f "$STATE/tls/server.key" ] && [ -f "$STATE/tls/ca.pem" ]
}

# usage: tls_make_authority FOLDER
tls_make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
        -keyout "$1/ca.key" -out "$1/ca.pem" -subj '/CN=Kabaido demo authority' \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

# usage: tls_sign FOLDER NAME COMMON-NAME SUBJECT-ALT-NAMES USAGE
tls_sign() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
        -keyout "$1/$2.key" -out "$1/$2.pem" -subj "/CN=$3" \
        -CA "$1/ca.pem" -CAkey "$1/ca.key" \
        -addext "subjectAltName=$4" \
        -addext 'basicConstraints=critical,CA:FALSE' \
        -addext 'keyUsage=critical,digitalSignature' \
        -addext "extendedKeyUsage=$5"
}

# For localhost; whoever makes something else says so.
tls_sign_all() {
    tls_sign "$1" server localhost 'DNS:localhost,IP:127.0.0.1,IP:::1' serverAuth
}

# The authority's key is thrown away once it has signed: whoever comes to trust the authority
# trusts these certificates alone.
tls_make() {
    local new=$STATE/tls.new
    tls_is_good && return
    rm -rf "$new"
    mkdir -m 755 "$new"
    (
        umask 077
        tls_make_authority "$new" && tls_sign_all "$new"
    ) >"$STATE/logs/openssl.log" 2>&1 ||
        fail_with 'openssl made no certificate' "$STATE/logs/openssl.log"
    rm "$new/ca.key"
    chmod 644 "$new"/*.pem
    rm -rf "$STATE/tls"
    mv "$new" "$STATE/tls"
}
