#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# TLS servers, and clients that ask them. Sourced by lib.sh.
# shellcheck disable=SC2154 # what lib.sh has set

# Replaces this shell: the process is the command's, and ends with us. It is
# for the background only.
become()
{
    exec 9>&-
    exec setpriv --pdeathsig KILL -- "$@"
}

await_accept()
{
    local log=$1 pid=$2 line

    # At most 15 s, in steps of 50 ms.
    for _ in {1..300}; do
        line=$(grep -m1 '^ACCEPT ' "$log") && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    [ -n "$line" ] || {
        show "$log"
        fail "the server does not start"
    }
    port=${line##*:}
}

# serve ossl|plain NAME ARGUMENT...: an s_server that answers HTTP with what
# it knows of the session. Sets port and server, its process; output in
# NAME.log.
serve()
{
    local kind=$1 log=$work/$2.log

    shift 2
    set -- -accept 127.0.0.1:0 -www "$@"
    : >"$log" # not only when the server starts: one before may have used it
    if [ "$kind" = ossl ]; then
        note_command s_server
        trace openssl s_server "${prov[@]}" "$@"
        become env "${vars[@]}" "${sanitizer[@]}" "${wrapper[@]}" \
            openssl s_server "${prov[@]}" "$@" >"$log" 2>&1 &
    else
        trace OPENSSL_CONF="$work/plain.cnf" openssl s_server "$@"
        OPENSSL_CONF=$work/plain.cnf become openssl s_server "$@" \
            >"$log" 2>&1 &
    fi
    server=$!
    pids+=("$server")
    await_accept "$log" "$server"
}

# connect ossl|plain FILE ARGUMENT...: asks the server at port for its page.
# All that was said goes to FILE; the certificate must be good.
connect()
{
    local kind=$1 file=$2 status=0

    shift 2
    printf 'GET / HTTP/1.0\r\n\r\n' \
        | "$kind" s_client -connect "127.0.0.1:$port" -ign_eof \
            -verify_return_error -CAfile "$work/ca.crt" "$@" \
            >"$file" 2>&1 || status="$? (of ${PIPESTATUS[*]})"
    [ "$status" = 0 ] || {
        show "$file"
        fail "the connection ends with exit status $status"
    }
}

# free_port: sets port to one of loopback where nothing listens, for servers
# that cannot choose one. They are not those that connections get.
free_port()
{
    for _ in {1..100}; do
        port=$((10000 + SRANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
    done
    fail 'there is no free port'
}

# launch LOG COMMAND...: a server that listens on port. Sets server. It is
# told to end when we do, so that it can end its workers.
launch()
{
    local log=$1

    shift
    trace "$@"
    (exec 9>&- && exec setpriv --pdeathsig TERM -- "$@" >>"$log" 2>&1) &
    server=$!
    pids+=("$server")
    # At most 15 s, in steps of 50 ms.
    for _ in {1..300}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    show "$log"
    fail "the server does not start"
}

# await_line FILE PATTERN N: until so many lines of the file match, at most 15 s.
# It is the log of a program that has no other way to tell.
await_line()
{
    for _ in {1..300}; do
        [ "$(grep -cE -e "$2" "$1")" -lt "$3" ] || return 0
        sleep 0.05
    done
    show "$1"
    fail "'$2' is not $3 times in ${1##*/}"
}

# clients THREADS COUNT: full handshakes with the server at port; prints what
# handshakes.c says.
clients()
{
    OPENSSL_CONF=$work/plain.cnf run "$build/tests/e2e/handshakes" "$port" \
        "$work/ca.crt" "$@"
}

# Waits until handshakes succeed again, in each of a server's processes: the
# first in each are probes. recovers COUNT: of each client; some may all meet the
# same process.
recovers()
{
    local until=$((SECONDS + 10))

    until clients 16 "$1" >out 2>&1; do
        [ "$SECONDS" -lt "$until" ] || fail 'handshakes go on failing'
    done
}

# hang_up_in_signature N OTHERS: so many clients begin a handshake, and when
# the vault signs for all of them hang up. Others beside them are served. What
# the vault counts is reset. The signatures must be slow.
hang_up_in_signature()
{
    local begun writer

    reset_counters
    coproc OPENSSL_CONF=$work/plain.cnf "$build/tests/e2e/handshakes" \
        "$port" "$work/ca.crt" "$1" 0 9>&-
    writer=${COPROC[1]}
    IFS= read -r begun <&"${COPROC[0]}"
    [ "$begun" = begun ] || fail 'no handshake was begun'
    control "/wait?op=sign&count=$1&ms=20000" >"$work/counters"
    clients "$2" 1 >"$work/others" &
    control "/wait?op=sign&count=$(($1 + $2))&ms=20000" >"$work/counters"
    exec {writer}>&-
    wait $!
    show "$work/others"
}

# full_handshakes FILE: how many handshakes.c has counted there.
full_handshakes()
{
    sed -n 's/^ok \([0-9]*\) .*/\1/p' "$1"
}
