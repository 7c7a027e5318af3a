#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Each setting of the table in common/base/settings.c, and each of its environment
# variables, is in the manual, and the manual has no other; what
# conf-examples/openssl.cnf mentions is a setting.

set -euo pipefail

root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
table=$root/common/base/settings.c
manual=$root/man/provider-keyvault.7
example=$root/conf-examples/openssl.cnf

# The rows of the table, each on one line.
rows()
{
    tr '\n' ' ' <"$table" | grep -oE '(TEXT|NUMBER)\("[^)]*\)'
}

in_code()
{
    rows | grep -oE '"[^"]+"' | tr -d '"' \
        | grep -E '^[A-Za-z_]+_[A-Za-z0-9_]+$' | sort -u
    rows | sed -E 's/^[A-Z]+\("([^"]+)".*/\1/' | sort -u
}

in_manual()
{
    sed -nE 's/^\.It Cm ([^ ]+) Pq Ev (.*)$/\1 \2/p' "$manual" \
        | tr -s ' ,' '\n' | sort -u
}

if ! difference=$(diff <(in_code | sort -u) <(in_manual)); then
    echo "$manual and $table differ (< only in the code, > only in the manual):"
    echo "$difference"
    exit 1
fi

status=0
names=$(rows | sed -E 's/^[A-Z]+\("([^"]+)".*/\1/')
while read -r name; do
    case $name in module | activate | openssl_conf | providers | default | keyvault) continue ;; esac
    # Not a pipe: grep -q ends early, and rows would count as failed.
    grep -qx -e "$name" <<<"$names" || {
        echo "$example: there is no setting '$name'"
        status=1
    }
done < <(sed -nE 's/^#? ?([a-z][a-z0-9_-]*) = .*/\1/p' "$example")
exit "$status"
