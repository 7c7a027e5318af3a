#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints how many of the tries of each step of matrix.sh have passed, by version
# of OpenSSL: over the types of keys, the forms of their names and the orders of
# providers. Usage: matrix_versions.sh FILE..., which are the matrix.rows that
# matrix_table.sh has written in a build folder, one a version.

set -euo pipefail
export LC_ALL=C.UTF-8

[ $# -gt 0 ] || {
    echo "usage: $0 FILE..." >&2
    exit 2
}
awk -F'|' '
    FNR == 1 && $6 != "OpenSSL" {
        print FILENAME ": no table of matrix.sh" >"/dev/stderr"
        exit failed = 1
    }
    FNR == 1 { next }
    !($1 in known) { known[$1]; step[++steps] = $1 }
    !($6 in seen) { seen[$6]; version[++versions] = $6 }
    $7 == "left out" { next }
    { tried[$1, $6]++ }
    $7 == "passed" { passed[$1, $6]++ }
    END {
        if (failed)
            exit 1
        for (v = 2; v <= versions; v++)
            for (at = v; at > 1 && version[at] < version[at - 1]; at--) {
                name = version[at]
                version[at] = version[at - 1]
                version[at - 1] = name
            }
        printf "%-24s", "passed, of those tried"
        for (v = 1; v <= versions; v++)
            printf "%10s", version[v]
        print ""
        for (s = 1; s <= steps; s++) {
            printf "%-24s", step[s]
            for (v = 1; v <= versions; v++) {
                at = step[s] SUBSEP version[v]
                printf "%10s", tried[at] ? passed[at] + 0 "/" tried[at] : "-"
            }
            print ""
        }
    }' "$@"
