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
    local kind=$1 file=$2

    shift 2
    printf 'GET / HTTP/1.0\r\n\r\n' \
        | "$kind" s_client -connect "127.0.0.1:$port" -ign_eof \
            -verify_return_error -CAfile "$work/ca.crt" "$@" \
            >"$file" 2>&1 || {
        show "$file"
        fail "the connection ends with an error"
    }
}
