#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the unit tests under valgrind: valgrind.sh FOLDER. Left out are client,
# loop and drive, which fork: what a child leaves of its parent's loop is lost on
# purpose, as is, in loop_loss, what stands on lost descriptors; and the torture
# tests, where malloc is wrapped: they have asan.

set -euo pipefail

folder=$1
command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }
# Not by grep -q in a pipe: ldd would end by a signal when grep is faster.
if [[ $(ldd "$folder/test_buf") == *lib[at]san* ]]; then
    echo "skipped: valgrind runs no program with a sanitizer"
    exit 77
fi

failed=0
ran=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$folder"/test_*; do
    name=${program##*/test_}
    case $name in client | drive | loop | loop_loss | torture*) continue ;; esac
    [ -x "$program" ] || continue
    status=0
    valgrind --quiet --error-exitcode=99 --leak-check=full \
        --errors-for-leak-kinds=definite --show-leak-kinds=definite \
        "$program" >"$log" 2>&1 </dev/null || status=$?
    ran=$((ran + 1))
    case $status in 0 | 77) continue ;; esac
    echo "FAILED: $name ended with $status:"
    tail -n 40 "$log"
    failed=$((failed + 1))
done
echo "$ran programs, $failed failed"
[ "$failed" -eq 0 ] && [ "$ran" -gt 20 ]
