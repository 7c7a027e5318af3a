#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Functions of at most 100 lines, nine of ten of the product's under 40;
# files of at most 600 lines.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need pmccabe pmccabe

max_function=100
max_p90=40
max_file=600

# Prints LINES FILE:LINE NAME for each function of the files that come in.
functions()
{
    # two complexities; statements; first line; lines; FILE(LINE): NAME
    { grep '\.c$' || true; } | xargs -r pmccabe \
        | awk -F'\t' '{ sub(/\(/, ":", $6); sub(/\): /, " ", $6)
                        print $5, $6 }'
}

long_functions()
{
    c_files | functions | awk -v max="$max_function" '$1 > max {
        print $2 ": function " $3 " has " $1 " lines, more than " max }'
}

# The offenders are then the longest tenth.
percentile()
{
    c_files_in common provider tools | functions | sort -n \
        | awk -v max="$max_p90" '
        { lines[NR] = $1; where[NR] = $2 ": function " $3 " has " $1 " lines" }
        END {
            at = int(NR * 0.9 + 0.999999)
            if (NR == 0 || lines[at] < max)
                exit
            for (i = at; i <= NR; i++)
                print where[i] "; of nine in ten it has to be under " max
        }'
}

long_files()
{
    local file lines

    c_files | while IFS= read -r file; do
        lines=$(wc -l <"$file")
        [ "$lines" -le "$max_file" ] \
            || echo "$file:$max_file: the file has $lines lines"
    done
}

findings < <(long_functions)
findings < <(percentile)
findings < <(long_files)
finish
