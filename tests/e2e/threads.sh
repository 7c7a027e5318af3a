#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Threads, library contexts, fork and the end of a process, with programs of
# the tests' own (their sources say what each does). Usage: threads.sh
# BUILD-DIR

# A sanitizer that does not load into openssl is no obstacle here.
openssl_is_used=no
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=$build/tests/e2e

# counted COMMAND...: it prints what the vault must have been asked for.
counted()
{
    local -a counts

    reset_counters
    run "$@" >out
    show out
    read -ra counts <out
    [ ${#counts[@]} -eq 4 ] || fail 'nothing was counted'
    expect_count "${counts[@]}"
}

# A key of the default provider first: what it survives, ours does too. Not all
# that libcrypto has made can be freed behind its end.
after_cleanup()
{
    local name late

    order conf
    run "$programs/cleanup" ec.pem
    for name in rsa ec; do
        run "$programs/cleanup" "$(uri $name)"
        plain req -x509 -key $name.pem -days 2 -out $name.crt
        for late in key certificate both; do
            run "$programs/cleanup" "$(uri $name)" $name.crt $late
        done
    done
}

start_emulator
cd "$work"
counted "$programs/threads" "$(uri rsa)" "$(uri ec)"
expect_count challenges "$(count tokens)"
# A child leaves what its parent's connections stand on untouched, and so a
# sanitizer finds it lost there.
vars=(ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=die_after_fork=0)
counted "$programs/forks" "$(uri rsa)" "$(uri ec)"
after_cleanup
