#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# PostgreSQL, which has a process for each connection: with prefetch-token those
# go on with the token of the postmaster, which has got it when it loaded the
# key. As the distribution's user. Usage: postgresql.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
bin=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V \
    | tail -n 1 | xargs -r dirname)
[ -n "$bin" ] || skip 'PostgreSQL is not installed (package postgresql)'
if [ "$(id -u)" -ne 0 ] || ! id postgres >/dev/null 2>&1; then
    skip 'only root can start a server as the user postgres'
fi
[ ${#sanitizer[@]} -eq 0 ] || skip 'PostgreSQL itself is not clean'
of_one_openssl "$bin/postgres" "$build/keyvault.so" \
    || skip 'PostgreSQL and the provider are of different versions of OpenSSL'

as_postgres()
{
    setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
}

configure()
{
    ossl pkey -in "$(uri ec)" -out ref.pem
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out ca.crt
    cp "$ca_file" vault.crt # out of a folder that is root's alone
    sed -i "s,^ca-file = .*,ca-file = $work/vault.crt," "$OPENSSL_CONF"
    chmod go+rX . ./*.crt ./*.cnf
    mkdir data
    chown postgres data ref.pem
    chmod 0600 ref.pem
    as_postgres "$bin/initdb" -D "$work/data" -A trust -N >initdb.log 2>&1 \
        || { show initdb.log && fail 'initdb fails'; }
    cat >>data/postgresql.conf <<END
listen_addresses = 'localhost'
unix_socket_directories = ''
ssl = on
ssl_cert_file = '$work/ca.crt'
ssl_key_file = '$work/ref.pem'
END
    echo 'hostssl all all localhost trust' >data/pg_hba.conf
}

query()
{
    OPENSSL_CONF=$work/plain.cnf as_postgres "$bin/psql" -Atc 'select 6 * 7' \
        "host=localhost port=$port user=postgres dbname=postgres
         sslmode=verify-full sslrootcert=$work/ca.crt" 2>>psql.log
}

start_server()
{
    free_port
    reset_counters
    launch "$1" setpriv --reuid=postgres --regid=postgres --clear-groups \
        "$bin/postgres" -D "$work/data" -p "$port"
    await_line "$1" 'ready to accept connections' 1
}

# ten LOG TOKENS: connections, with so many tokens.
ten()
{
    local i

    reset_counters
    for i in {1..10}; do
        [ "$(query)" = 42 ] || { show "$1" psql.log && fail "connection $i fails"; }
    done
    expect_count sign 10 tokens "$2"
}

start_emulator
cd "$work"
order conf
configure
sed 's/^client-secret = .*/&\nprefetch-token = yes/' "$OPENSSL_CONF" >prefetch.cnf
contains prefetch.cnf '^prefetch-token = yes'
chmod go+r ./*.cnf

start_server each.log
expect_count tokens 0
ten each.log 10
stop "$server"

OPENSSL_CONF=$work/prefetch.cnf
start_server once.log
expect_count tokens 1 sign 0
ten once.log 0
expect_count total 10
stop "$server"
lacks once.log 'WARNING|ERROR|FATAL.*ssl'
say "$("$bin/postgres" --version): ten connections, ten signatures, one token"
