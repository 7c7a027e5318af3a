#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# HAProxy with a reference in its bundle, configured from
# conf-examples/haproxy.cfg: blocking, and with ssl-mode-async. Usage:
# haproxy.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need haproxy haproxy
[ ${#sanitizer[@]} -eq 0 ] || skip 'HAProxy itself is not clean'
of_one_openssl "$(command -v haproxy)" "$build/keyvault.so" \
    || skip "HAProxy and the provider are of different versions of OpenSSL"
examples=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../../conf-examples")
rate=0

make_bundles()
{
    ossl pkey -in "$(uri ec)" -out ref.pem
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out web.crt
    cp web.crt ca.crt
    cat web.crt ref.pem >after.pem
    cat ref.pem web.crt >before.pem
}

# start_haproxy BUNDLE blocking|async
start_haproxy()
{
    free_port
    sed -e "s,/etc/haproxy/web.pem,$work/$1," \
        -e "s,127.0.0.1:8443,127.0.0.1:$port," \
        "$examples/haproxy.cfg" >haproxy.cfg
    [ "$2" = async ] || sed -i '/^ *ssl-mode-async/d' haproxy.cfg
    lacks haproxy.cfg '^[^#]* /etc/'
    launch haproxy.log haproxy -db -f haproxy.cfg
    clients 1 1 # and the token
}

stop_haproxy()
{
    kill -0 "$server" || {
        show haproxy.log
        fail 'haproxy has crashed'
    }
    stop "$server"
    lacks haproxy.log 'FATAL|BUG'
}

# measure SECONDS: 64 clients; sets rate, in handshakes per 1000 seconds.
measure()
{
    local ms

    reset_counters
    patience=60 clients 64 "$1" >out
    show out
    ms=$(sed -n 's/.* ms //p' out)
    rate=$((10#$(full_handshakes out) * 1000000 / ms))
    expect_count sign "$(full_handshakes out)" \
        total "$(full_handshakes out)" tokens 0 challenges 0
}

rates()
{
    local blocking

    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 50}}]'
    start_haproxy before.pem blocking
    measure 3s
    expect_count max_in_flight 1
    blocking=$rate
    stop_haproxy
    start_haproxy after.pem async
    measure 4s
    [ "$(count max_in_flight)" -ge 32 ] || fail 'it does not go on meanwhile'
    say "handshakes/s: blocking $((blocking / 1000))," \
        "async $((rate / 1000)), $((rate / blocking)) times"
    fault '[]'
}

hang_ups()
{
    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 1000}}]'
    for _ in 1 2 3; do
        hang_up_in_signature 40 8
    done
    fault '[]'
    clients 16 4
}

# Nobody answers for a time, and then somebody does.
vault_stops()
{
    fault '[{"match": {"op": "sign"}, "action": {"drop": "rst"}}]'
    ! clients 4 1 >out 2>&1 || fail 'a handshake works without the vault'
    fault '[]'
    recovers 4
    kill -STOP "$emulator_pid"
    ! clients 4 1 >out 2>&1 || fail 'a handshake works without the vault'
    contains out '^ok 0 failed 4 '
    kill -CONT "$emulator_pid"
    recovers 4
    kill -KILL "$emulator_pid"
    wait "$emulator_pid" 2>/dev/null || true
    ! clients 4 1 >out 2>&1 || fail 'a handshake works without the vault'
    contains out '^ok 0 failed 4 '
    emulator_options+=(--port "${vault##*:}")
    start_emulator
    recovers 4
}

# With what it keeps, a vault that is started again is the same one.
emulator_options=(--dir "$work/state")
start_emulator
cd "$work"
make_bundles
order conf
rates
hang_ups
export AKV_TIMEOUT=2s
stop_haproxy
start_haproxy after.pem async
vault_stops
stop_haproxy
