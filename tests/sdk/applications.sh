#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts of applications share: the folder for what they get, how each
# is tried, and the sum. What cannot be had or built has a NAME.skipped or
# NAME.failed in the folder. Each is called as NAME.sh BUILD-DIR FOLDER.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

folder=$(realpath -m -- "${2:?usage: $0 BUILD-DIR FOLDER}")
ok=0
failed=0
skipped=0

# try NAME VERSION: the function try_NAME, up to its first command that fails.
try()
{
    local status=0 log=$work/$1.log reason

    if [ -e "$folder/$1.skipped" ]; then
        skipped=$((skipped + 1))
        echo "skipped $1: $(cat "$folder/$1.skipped")"
        return
    fi
    if [ -e "$folder/$1.failed" ]; then
        cp "$folder/$1.failed" "$log"
        status=1
    else
        set +e
        (set -e && "try_$1") >"$log" 2>&1 9>&1
        status=$?
        set -e
    fi
    cat "$log" >&9
    if [ "$status" = 0 ]; then
        ok=$((ok + 1))
        echo "ok $1 $2"
    else
        failed=$((failed + 1))
        reason=$(tail -n 1 "$log")
        echo "FAILED $1 $2: ${reason#"$test_name: FAILED: "}"
    fi
}

# tell_sum LANGUAGE: what became of all.
tell_sum()
{
    echo "applications in $1: $ok ok, $failed failed, $skipped skipped"
    [ "$failed" = 0 ] || fail "$failed of the applications"
}
