#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints what the runs of matrix.sh have added to their table, and keeps it in
# tests/e2e/matrix.table of the build folder; the same, with bars between the
# cells, in matrix.rows. Usage: matrix_table.sh BUILD-DIR

set -euo pipefail
shopt -s nullglob
export LC_ALL=C.UTF-8

folder=${1:?usage: $0 BUILD-DIR}/tests/e2e
rows=("$folder"/matrix/*)
if [ ${#rows[@]} -eq 0 ]; then
    echo 'skipped: no command was tried'
    exit 77
fi
{
    echo 'step|commands|key|form|providers|OpenSSL|result|remark'
    sort "${rows[@]}"
} >"$folder/matrix.rows"
awk -F'|' '
    {
        for (i = 1; i <= NF; i++) {
            cell[NR, i] = $i
            if (length($i) > width[i])
                width[i] = length($i)
        }
    }
    END {
        for (row = 1; row <= NR; row++) {
            line = ""
            for (i = 1; i <= 8; i++)
                line = line sprintf("%-*s  ", width[i], cell[row, i])
            sub(/ +$/, "", line)
            print line
        }
    }' "$folder/matrix.rows" >"$folder/matrix.table"
cat "$folder/matrix.table"
echo
"$(dirname "${BASH_SOURCE[0]}")/matrix_versions.sh" "$folder/matrix.rows"
