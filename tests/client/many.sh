#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# many.sh BUILD-DIR PROGRAM [how]: 500 secrets, 32 signatures, a list and a
# certificate in flight at once, from one thread and by one descriptor. how is
# valgrind, or other-user: another user, who may start no thread.

# shellcheck disable=SC2034 # lib.sh reads it
openssl_is_used=no
# shellcheck source=../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh" "$@"

program=$2
how=()
case ${3:-} in
valgrind)
    ! is_sanitized "$program" || skip "a sanitizer does not run in valgrind"
    need valgrind valgrind
    how=(valgrind -q --error-exitcode=9 --leak-check=full)
    ;;
other-user)
    [ "$(id -u)" -eq 0 ] || skip 'only root becomes another user'
    need setpriv util-linux
    # The search for leaks wants rights and a process of its own.
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    how=(setpriv --reuid=65534 --regid=65534 --clear-groups
        prlimit --nproc=1)
    ;;
esac

{
    echo '{"keys":[{"name":"ec","kty":"EC","crv":"P-256"}],"secrets":['
    for ((i = 0; i < 500; i++)); do
        echo "{\"name\":\"s$i\",\"value\":\"v$i\"}$([ $i -eq 499 ] || echo ,)"
    done
    echo ']}'
} >"$work/seed.json"
start_emulator
reset_counters
[ "${3:-}" != other-user ] || chmod -R a+rX "$work"
"${how[@]}" "$program" "akv://$vault" >"$work/out" 2>"$work/err" || {
    show "$work/err"
    fail "it has failed"
}
# The certificate has a secret, too, sooner or later.
contains "$work/out" \
    '^500 secrets, 32 signatures, 50[01] listed, certificate completed$'
[ "$(count tokens)" -eq 1 ] || fail "$(count tokens) tokens"
# Those of max-connections, and one of its own for what is not sent twice.
[ "$(count tcp_accepts)" -le 65 ] || fail "$(count tcp_accepts) connections"
