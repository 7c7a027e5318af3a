#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a log, or standard error, shows of failures, for servers that print a
# reason and no more. Usage: log.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# expect_told FILE N: so many lines tell of the failure.
expect_told()
{
    local n

    n=$(grep -cE 'akv\[[0-9]+\] error: .*sign with keys/ec/[0-9a-f]{32} at localhost:[0-9]+.*Forbidden' \
        "$1") || true
    [ "$n" -eq "$2" ] || {
        show "$1"
        fail "$n lines tell of it (wanted: $2)"
    }
    no_secrets "$1"
}

fails()
{
    ! ossl dgst -sha256 -sign ref.pem -out sig ref.pem 2>err \
        || fail 'it is signed'
}

# A server of which all handshakes fail.
server_fails()
{
    local i

    serve ossl forbidden -cert ca.crt -key ref.pem
    for i in 1 2 3; do
        ! plain s_client -connect "127.0.0.1:$port" -CAfile ca.crt \
            </dev/null >"client.$i" 2>&1 || fail "handshake $i succeeds"
    done
    expect_count sign 3
    stop "$server"
}

start_emulator
cd "$work"
ossl pkey -in "$(uri ec)" -out ref.pem
plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out ca.crt
fault '[{"match": {"op": "sign"}, "action": {"status": 403}}]'

fails
expect_told err 1
vars=(AKV_LOG=off)
fails
expect_told err 0
vars=(AKV_LOG=error)
fails
expect_told err 1
vars=("AKV_LOG=error,file:$work/log")
fails
expect_told err 0
expect_told log 1
vars=("AKV_LOG=error,file:$work/absent/log")
fails
expect_told err 1
contains err "log: '.*/absent/log' cannot be opened: No such file"

vars=(AKV_RETRY_AFTER_FAILURE=0s) # each is tried
reset_counters
server_fails
expect_told forbidden.log 1
vars+=("AKV_LOG=error,file:$work/server.log")
reset_counters
server_fails
expect_told forbidden.log 0
expect_told server.log 3
