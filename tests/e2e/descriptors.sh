#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A program closes descriptors of ours, and has its own under their numbers
# (descriptors.c says how). Usage: descriptors.sh BUILD-DIR WAY

# A sanitizer that does not load into openssl is no obstacle here.
openssl_is_used=no
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
program=$build/tests/e2e/descriptors
[[ $(ldd "$program") != *libtsan* ]] \
    || skip 'ThreadSanitizer knows no threads in a child of a process with threads'

start_emulator
cd "$work"
AKV_ACCESS_TOKEN=$(get_token)
export AKV_ACCESS_TOKEN AKV_CREDENTIAL=token AKV_TIMEOUT=5s
patience=150
# What the program closes is lost to us: it is left alone, on purpose.
vars=(ASAN_OPTIONS=detect_leaks=0)
start=$(now_ms)
run "$program" "$(uri ec)" "$2" >out || {
    show out
    fail "descriptors $2 has failed"
}
show out
contains out '^[1-9][0-9]* numbers, 5 kinds$'
[ -z "$(find . -name 'own.*')" ] || fail 'a file is left'
say "    $(($(now_ms) - start)) ms"
