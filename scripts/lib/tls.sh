# shellcheck shell=bash
# A certificate for localhost, signed by an authority of its own.

tls_is_good() {
    openssl x509 -checkend 604800 -noout -in "$STATE/tls/server.pem" >/dev/null 2>&1 &&
        [ -f "$STATE/tls/server.key" ] && [ -f "$STATE/tls/ca.pem" ]
}

# The authority's key is thrown away once it has signed: whoever comes to trust the authority
# trusts this one certificate.
tls_make() {
    local new=$STATE/tls.new
    tls_is_good && return
    rm -rf "$new"
    mkdir -m 755 "$new"
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
            -keyout "$new/ca.key" -out "$new/ca.pem" -subj '/CN=Kabaido demo authority' \
            -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
            -addext 'keyUsage=critical,keyCertSign,cRLSign' &&
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
                -keyout "$new/server.key" -out "$new/server.pem" -subj '/CN=localhost' \
                -CA "$new/ca.pem" -CAkey "$new/ca.key" \
                -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' \
                -addext 'basicConstraints=critical,CA:FALSE' \
                -addext 'keyUsage=critical,digitalSignature' \
                -addext 'extendedKeyUsage=serverAuth'
    ) >"$STATE/logs/openssl.log" 2>&1 ||
        fail_with 'openssl made no certificate' "$STATE/logs/openssl.log"
    rm "$new/ca.key"
    chmod 644 "$new/ca.pem" "$new/server.pem"
    rm -rf "$STATE/tls"
    mv "$new" "$STATE/tls"
}
