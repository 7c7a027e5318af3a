#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What akv-emulator replied to all the other tests, against the OpenAPI
# documents of the service, which lie beside the project where they are.
# Usage: test_spec.sh PATH-OF-AKV-EMULATOR PATH-OF-SPEC_CHECK

set -u

here=$(dirname "${BASH_SOURCE[0]}")
spec=$(readlink -f "$here/../..")/../shared/spec
if [ ! -d "$spec/7.5" ]; then
    echo 'skipped: ../shared/spec is not there'
    exit 77
fi
exchanges=$(mktemp)
trap 'rm -f "$exchanges"' EXIT
for name in keys crypto secrets certificates deleted rotation hsm; do
    EMU_EXCHANGES=$exchanges "$here/test_$name.sh" "$1" >/dev/null 2>&1
    rc=$?
    if [ "$rc" -ne 0 ]; then
        echo "test_$name.sh ended with $rc"
        exit "$rc"
    fi
done
failed=0
printf 'GET\t200\t/keys/k\t{"key":{"kid":5}}\n' >"$exchanges.bad"
if "$2" "$spec/7.5" "$exchanges.bad" >/dev/null || [ $? -ne 1 ]; then
    echo 'a reply that is wrong is not found'
    failed=1
fi
rm -f "$exchanges.bad"
for version in 7.5 2026-04-01; do
    echo "== $version"
    table=$("$2" "$spec/$version" "$exchanges")
    rc=$?
    printf '%s\n' "$table"
    [ "$rc" -eq 0 ] || [ "$rc" -eq 3 ] || failed=1
    if grep -q 'not seen' <<<"$table"; then
        echo 'no test asks for all operations'
        failed=1
    fi
done
exit "$failed"
