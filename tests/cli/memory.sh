#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A value that was read is nowhere in the memory of a client of the
# library after it has been freed. What libcurl keeps of the Authorization
# header is measured and told.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

! ldd "$build/tests/cli/memory" | grep -q 'lib[at]san' \
    || skip "sanitizers keep memory that was freed"

start_vault
# Longer than what an allocator may put over the first bytes when it is freed.
value=$secret_value-$(head -c 48 /dev/urandom | base64 -w0)
hidden=$(printf %s "$value" | od -An -v -tu1 | tr -s ' ' '\n' | sed '/^$/d' \
    | while read -r byte; do printf %02x $((255 - byte)); done)

# found WHEN: how often the value was.
found()
{
    sed -n "s/^$1: secret \([0-9]*\) .*/\1/p" "$work/out"
}

put s "$value"
for _ in 1 2 3; do
    run "$build/tests/cli/memory" "akv://$vault/secrets/s" "$hidden" get \
        >"$work/out" 2>"$work/err" || {
        show "$work/out" "$work/err"
        fail "the client ended with an error"
    }
    show "$work/out"
    # The search finds what is there.
    [ "$(found 'with secret')" -ge 1 ] || fail "the value is not found at all"
    for when in 'after get' 'after all'; do
        equal "$(found "$when")" 0 "copies of the value $when"
    done
done
say "Authorization headers in memory: $(sed -n 's/: secret.*token/:/p' \
    "$work/out" | paste -sd' ')"
