#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Squid, which lets go of its certificates behind OPENSSL_cleanup(), as a user
# without rights: it starts, serves by RSA and EC, and ends with 0. Usage:
# squid.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
squid=$(PATH=$PATH:/usr/sbin command -v squid) \
    || skip 'squid is not installed (package squid-openssl)'
[ ${#sanitizer[@]} -eq 0 ] || skip 'Squid itself is not clean'
of_one_openssl "$squid" "$build/keyvault.so" \
    || skip "Squid and the provider are of different versions of OpenSSL"

# port_line TYPE: sets port, and adds it to the configuration.
port_line()
{
    free_port
    while [[ " ${ports[*]} " = *" $port "* ]]; do
        free_port
    done
    ports+=("$port")
    echo "https_port 127.0.0.1:$port accel defaultsite=localhost" \
        "tls-cert=$work/$1.crt tls-key=$work/$1.ref.pem" >>squid.conf
}

start_emulator
cd "$work"
order conf
ports=()
cat >squid.conf <<END
http_access allow all
cache deny all
pid_filename $work/run/squid.pid
visible_hostname localhost
access_log none
cache_log $work/run/cache.log
coredump_dir none
shutdown_lifetime 1 second
sslproxy_session_cache_size 0
END
for type in rsa ec; do
    ossl pkey -in "$(uri $type)" -out $type.ref.pem
    plain req -x509 -key $type.pem -subj /CN=localhost -days 2 \
        -addext subjectAltName=DNS:localhost -out $type.crt
    port_line $type
done
mkdir -m 777 run
as=()
if [ "$(id -u)" -eq 0 ]; then
    # What nobody may read.
    mkdir modules
    cp "$build"/*.so modules/
    export OPENSSL_MODULES=$work/modules
    chmod 755 "$work" modules
    chmod 644 ./*.pem ./*.crt squid.conf order.cnf
    cp "$ca_file" vault-ca.pem
    sed -i "s,^ca-file = .*,ca-file = $work/vault-ca.pem," order.cnf
    chmod 644 vault-ca.pem
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups --pdeathsig TERM)
    "${as[@]}" test -x "$work" || skip 'others may not enter the temporary folder'
fi
launch squid.log "${as[@]}" "$squid" -N -f squid.conf
reset_counters
for type in rsa ec; do
    # There is nothing behind it: it says so, by TLS.
    status=$(OPENSSL_CONF=plain.cnf curl -sS --max-time 20 --noproxy '*' \
        --cacert $type.crt --resolve "localhost:${ports[0]}:127.0.0.1" \
        -o page -w '%{http_code}' "https://localhost:${ports[0]}/") || {
        show squid.log run/cache.log
        fail "no TLS with $type"
    }
    [[ $status == [45]0* ]] || fail "HTTP $status"
    ports=("${ports[@]:1}")
done
expect_count sign 2
kill "$server"
status=0
wait "$server" || status=$?
[ "$status" -eq 0 ] || {
    show squid.log run/cache.log
    fail "Squid ends with $status"
}
lacks run/cache.log 'FATAL|[Ss]egment|assertion'
