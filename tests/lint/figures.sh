#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# figures.sh [ROOT]: what can be counted of the sources, as a table, to hold two
# states of the tree against each other. It judges nothing.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need pmccabe pmccabe

product=(common provider tools)

# Prints COMPLEXITY LINES for each function of the files that come in.
functions()
{
    { grep '\.c$' || true; } | xargs -r pmccabe | awk -F'\t' '{ print $1, $5 }'
}

# percentiles COLUMN: p50, p90 and the most of it.
percentiles()
{
    awk -v column="$1" '{ print $column }' | sort -n | awk '
        { value[NR] = $1 }
        END {
            if (NR > 0)
                print value[int(NR * 0.5 + 0.5)], value[int(NR * 0.9 + 0.999999)],
                    value[NR]
        }'
}

count()
{
    wc -l | tr -d ' '
}

row()
{
    printf '| %s | %s |\n' "$1" "$2"
}

# lines FOLDERS EXTENSIONS: of these files; both are alternatives of a pattern.
lines()
{
    all_files | { grep -E "^($1)/.*\.($2)$" || true; } | xargs -r cat | count
}

# lines_of FOLDERS
lines_of()
{
    echo "$(lines "$1" 'c|h') of C, $(lines "$1" 'sh|py') of shell and Python"
}

# Of C files, those whose first comment behind the licence's is above all else.
unexplained()
{
    local file

    c_files_in "${product[@]}" | grep '\.c$' | while IFS= read -r file; do
        [[ $(sed -n '/[^ ]/{2p;2q}' "$file" && sed -n 2,4p "$file") == *'/*'* ]] \
            || echo "$file"
    done
}

echo '| figure | value |'
echo '|---|---|'
row 'functions of the product' "$(c_files_in "${product[@]}" | functions | count)"
row 'their lines: p50, p90, longest' \
    "$(c_files_in "${product[@]}" | functions | percentiles 2)"
row 'their complexity: p50, p90, most' \
    "$(c_files_in "${product[@]}" | functions | percentiles 1)"
row 'lines of the functions of tests: p50, p90, longest' \
    "$(c_files_in tests | functions | percentiles 2)"
row 'files of C over 600 lines' \
    "$(c_files | xargs wc -l | awk '$2 != "total" && $1 > 600' | count)"
row 'files of the product without an opening comment' "$(unexplained | count)"
row 'functions that the installed headers declare, and libakv exports' \
    "$(grep -c '^    akv_' common/libakv.map || true)"
row 'lines of the product' "$(lines_of "$(IFS='|' && echo "${product[*]}")")"
row 'lines of tests' "$(lines_of tests)"
