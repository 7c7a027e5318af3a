#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# nginx with a reference to a key, configured from conf-examples/nginx.conf:
# the master is root, the workers cannot read what it has read, and there is no
# environment. Usage: nginx.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need nginx nginx
[ "$(id -u)" -eq 0 ] || skip 'only root can give nginx workers another user'
id www-data >/dev/null 2>&1 || skip 'there is no user www-data'
[ ${#sanitizer[@]} -eq 0 ] || skip 'nginx itself is not clean'
examples=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../../conf-examples")

# The work folder is closed to the workers.
configure()
{
    (umask 077 && printf '%s' "$client_secret" >secret)
    {
        config_lines | grep -v '^client-secret'
        echo "client-secret-file = $work/secret"
    } | write_config openssl.cnf default keyvault
    ossl pkey -in "$(uri ec)" -out ref.pem
    chmod 600 ref.pem
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out web.crt
    cp web.crt ca.crt
    free_port
    sed -e "s,/etc/nginx/web.ref.pem,$work/ref.pem," \
        -e "s,/etc/nginx/web.crt,$work/web.crt," \
        -e "s,/var/log/nginx/error.log,$work/error.log," \
        -e "s,/run/nginx.pid,$work/nginx.pid," \
        -e "s,127.0.0.1:8443,127.0.0.1:$port," \
        -e 's,^worker_processes .*,worker_processes 2;,' \
        "$examples/nginx.conf" >nginx.conf
    for name in client_body proxy fastcgi uwsgi scgi; do
        echo "${name}_temp_path $work/$name;"
    done >temporary.conf
    sed -i "s,^http {,&\n    include $work/temporary.conf;," nginx.conf
    lacks nginx.conf '^[^#]*/(etc|var|run)/'
}

start_nginx()
{
    launch nginx.log env -i "OPENSSL_CONF=$work/openssl.cnf" \
        "OPENSSL_MODULES=$build" "$(command -v nginx)" \
        -e "$work/error.log" -c "$work/nginx.conf" -g 'daemon off;'
}

# They run as www-data, all of them.
workers_have_no_rights()
{
    local worker

    await_line error.log 'start worker process [0-9]' 2
    sed -n 's/.*start worker process //p' error.log >workers
    while IFS= read -r worker; do
        [ "$(stat -c %U "/proc/$worker")" = www-data ] \
            || fail 'a worker has another user'
    done <workers
}

each_costs_one()
{
    reset_counters
    clients 16 5
    expect_count sign 80 total 80
    [ "$(count tokens)" -le 2 ] || fail 'a worker needs more than one token'
    reset_counters
    clients 16 5
    expect_count sign 80 total 80 tokens 0 challenges 0
}

reload()
{
    local loaded handshakes

    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 5}}]'
    reset_counters
    clients 8 3s >out &
    loaded=$!
    for n in 4 6 8; do
        kill -HUP "$server"
        await_line error.log 'start worker process [0-9]' "$n"
    done
    wait "$loaded" || {
        show out error.log
        fail 'a handshake has failed while nginx loaded its configuration'
    }
    show out
    handshakes=$(full_handshakes out)
    [ "$handshakes" -gt 20 ] || fail 'there was no load'
    expect_count sign "$handshakes" total "$handshakes"
    fault '[]'
}

# From 1.29 on nginx takes a URI, which the master asks the vault for.
by_uri()
{
    local version

    version=$(nginx -v 2>&1 | sed -nE 's,.*/([0-9]+)\.([0-9]+).*,\1 \2,p' \
        | { read -r major minor && printf '%d%03d' "$major" "$minor"; })
    [ "$version" -ge 1029 ] || return 0
    sed -i "s,^\( *ssl_certificate_key\) .*,\1 \"store:$(uri ec)\";," nginx.conf
    contains nginx.conf '^ *ssl_certificate_key "store:akv:'
    reset_counters
    kill -HUP "$server"
    await_line error.log 'start worker process [0-9]' 10
    [ "$(count get_key)" -ge 1 ] || fail 'nginx has not asked for the key'
    clients 16 5
    expect_count sign 80
}

# fails PATTERN: handshakes do, and nginx's log says why, in our words.
fails()
{
    ! clients 1 1 >out 2>&1 || fail 'a handshake works without the vault'
    await_line error.log "$1" 1
    say "    $(grep -m1 -E -e "$1" error.log)"
}

reasons()
{
    lacks error.log '\[(warn|error|crit|alert|emerg)\]'
    fault '[{"match": {"op": "sign"}, "action": {"status": 403}}]'
    fails "forbidden.*keys/ec/[0-9a-f]+ at $vault.*403"
    fault '[]'
    recovers 4
    stop_emulator
    fails "cannot be reached.*keys/ec/[0-9a-f]+ at $vault"
    no_secrets error.log
}

start_emulator
cd "$work"
configure
start_nginx
workers_have_no_rights
each_costs_one
reload
by_uri
reasons
