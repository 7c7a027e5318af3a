#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ASYNC jobs: by hand, and in a TLS server of one thread with SSL_MODE_ASYNC
# (the sources of the programs say what each does). Usage: async.sh BUILD-DIR

# A sanitizer that does not load into openssl is no obstacle here.
openssl_is_used=no
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=$build/tests/e2e
delay='[{"match": {"op": "sign"}, "action": {"delay_ms": 50}}]'

# jobs MODE: the requests that it says it has made are all there are.
jobs()
{
    local -a counts

    reset_counters
    run "$programs/async_jobs" "$1" "$ec" "$rsa" >out 2>err || {
        show out err
        fail "async_jobs $1"
    }
    show out err
    read -ra counts <out
    if [ "${counts[0]}" = sign ]; then
        expect_count "${counts[@]}" get_key 2 \
            total $((counts[1] + counts[3] + 2)) tokens 1
    fi
}

by_hand()
{
    # Without any, an answer may be there before the job could be paused.
    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 5}}]'
    jobs jobs
    fault "$delay"
    jobs jobs
    jobs callback
    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 500}}]'
    jobs blocked
    fault '[]'
    jobs stack
}

# Keys by reference, whose first operation reads the files that the settings
# name, too, and writes the log.
whole_stack()
{
    local from=("$ec" "$rsa") ec=ec-ref.pem rsa=rsa-ref.pem

    run "$build/akv" key reference "${from[0]}" >"$ec"
    run "$build/akv" key reference "${from[1]}" >"$rsa"
    mkdir hashed
    cp ec.crt "hashed/$(plain x509 -in ec.crt -noout -hash).0"
    vars=(AKV_CA_PATH=hashed "AKV_LOG=debug,file:whole.log")
    jobs stack
    fault '[{"match": {"op": "sign"}, "action": {"status": 403}}]'
    run "$programs/async_jobs" refused "$ec" "$rsa" 2>err >out
    show out err
    contains whole.log 'ForbiddenByFirewall'
    fault '[]'
    vars=()
}

# It fails as it does outside of jobs, and says why.
failing()
{
    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 5, "status": 403}}]'
    run "$programs/async_jobs" fails "$ec" "$rsa" 2>err >out
    contains err 'forbidden.*403'
    fault '[{"match": {"op": "sign"}, "action": {"stall": true}}]'
    vars=(AKV_TIMEOUT=500ms)
    run "$programs/async_jobs" fails "$ec" "$rsa" 2>err >out
    contains err 'no answer in time'
    vars=()
    fault '[]'
}

# serve_async [impatient]: sets port; its input is file descriptor 8.
serve_async()
{
    rm -f input
    mkfifo input
    : >server.log
    trace "$programs/async_server" ec.crt "$ec" "$@"
    become env "${vars[@]}" "$programs/async_server" ec.crt "$ec" "$@" \
        <input >server.log 2>&1 8>&- &
    server=$!
    pids+=("$server")
    exec 8>input
    await_accept server.log "$server"
}

# served N GONE: when its input has ended, the server says so, and has no
# descriptor left.
served()
{
    exec 8>&-
    wait "$server" || {
        show server.log
        fail 'the server ends with an error'
    }
    show server.log
    contains server.log "^served $1 failed 0 gone $2 "
    contains server.log ' descriptors 0$'
    resumes=$(sed -n 's/.*resumes \([0-9]*\).*/\1/p' server.log)
}

# 64 clients at a time are as many signatures at a time, by one thread. The
# first client is for the token.
concurrent()
{
    # Long enough for a busy machine to start them all.
    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 300}}]'
    serve_async
    clients 1 1
    reset_counters
    clients 64 8
    expect_count sign 512 total 512 tokens 0 challenges 0
    [ "$(count max_in_flight)" -ge 32 ] || fail 'handshakes are not concurrent'
    served 513 0
    # A read behind the handshake is a job, too, which is not paused.
    [ "$resumes" -le $((513 * 3)) ] || fail 'jobs are resumed for nothing'
}

# All of them need the first token.
one_token()
{
    fault "$delay"
    reset_counters
    serve_async
    clients 64 1
    expect_count sign 64 get_key 1 total 65 tokens 1
    served 64 0
}

impatient()
{
    fault "$delay"
    serve_async impatient
    clients 16 4
    served 64 0
    fault '[]'
    serve_async impatient
    clients 16 4
    served 64 0
}

# Clients that hang up while the vault signs for them, and others beside them.
hang_ups()
{
    fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 1000}}]'
    # The jobs are never resumed, and their stacks lost: libssl has no means
    # to end them.
    vars=(ASAN_OPTIONS=detect_leaks=0)
    serve_async
    clients 1 1
    hang_up_in_signature 32 8
    fault '[]'
    clients 8 1
    served 17 32
    vars=()
}

start_emulator
cd "$work"
ulimit -n 1024
ec=$(uri ec)
rsa=$(uri rsa)
plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out ec.crt
cp ec.crt ca.crt
order conf
by_hand
whole_stack
failing
concurrent
one_token
impatient
hang_ups
