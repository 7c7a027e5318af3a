#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
#   tests/lint/akv_manual.sh PATH-OF-AKV
#
# akv(1) has each verb and option that akv has, with the same arguments, and
# no other; its exit statuses are those of tools/cli.h.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
set -euo pipefail
export LC_ALL=C

akv=${1:?usage: $0 PATH-OF-AKV}
manual=${2:-$root/man/akv.1}

# "  --file FILE   what it is" -> "--file FILE", of standard input.
options()
{
    sed -nE 's/^  (--[a-z-]+( [^ ]+)?)  .*/\1/p'
}

in_program()
{
    local group verb rest help

    "$akv" --help | sed -nE 's/^  ([a-z]+) ([a-z-]+)( URI)? .*/\1 \2\3/p' \
        | while read -r group verb rest; do
            echo "$group $verb${rest:+ $rest}"
            help=$("$akv" "$group" "$verb" --help)
            # A verb may have the general options alone.
            options <<<"$help" | grep -vxFf "$general" \
                | sed "s/^/$group $verb /" || true
        done
}

# One line for each verb and option. A heading names the groups that its verbs
# belong to; "attributes" stands for the options under that heading.
in_manual()
{
    awk '
    function flag(at,    i, text) {
        text = "-" $at
        for (i = at + 1; i <= NF; i++)
            if ($i != "Ar")
                text = text " " $i
        return text
    }
    function say(text,    i) {
        for (i = 1; i <= count; i++)
            print groups[i] " " verb (text != "" ? " " text : "")
    }
    $1 == ".Ss" || $1 == ".Sh" {
        count = 0
        verb = ""
        heading = $2
        for (i = 2; i < NF; i++)
            if ($i == "akv") {
                groups[++count] = $(i + 1)
                sub(/,$/, "", groups[count])
            }
    }
    $1 == ".It" && $2 == "Fl" && heading == "Attributes" {
        attributes[++attribute_count] = flag(3)
    }
    $1 == ".It" && $2 == "Cm" && count > 0 {
        verb = $3
        say($4 == "Ar" ? $5 : "")
    }
    $1 == ".Op" && $2 == "Fl" && verb != "" { say(flag(3)) }
    $1 == ".Op" && $2 == "Ar" && $3 == "attributes" {
        for (j = 1; j <= attribute_count; j++)
            say(attributes[j])
    }' "$manual"
}

# What all verbs have, in the manual and in the help of one.
general_in_manual()
{
    sed -n '/^\.Ss General options/,/^\.Ss Attributes/p' "$manual" \
        | sed -nE 's/^\.It Fl (-[a-z-]+)( Ar (.*))?/-\1 \3/p' | sed 's/ $//'
}

# compare WHAT CODE MANUAL: two files.
status=0
compare()
{
    local difference

    if ! difference=$(diff <(sort "$2") <(sort "$3")); then
        echo "$manual: $1 (< only in the program, > only in the manual):"
        echo "$difference"
        status=1
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
general=$work/general
"$akv" key show --help | options >"$general"
[ -s "$general" ] || { echo "akv key show --help gives no options"; exit 1; }
general_in_manual >"$work/general.manual"
compare 'options of all verbs' "$general" "$work/general.manual"
in_program >"$work/verbs"
[ "$(wc -l <"$work/verbs")" -gt 50 ] || { echo 'akv --help gives no verbs'; exit 1; }
in_manual >"$work/verbs.manual"
compare 'verbs and options' "$work/verbs" "$work/verbs.manual"
sed -nE 's/^ *CLI_[A-Z_]+ = ([0-9]+).*/\1/p' "$root/tools/cli.h" >"$work/exits"
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It //p' "$manual" \
    >"$work/exits.manual"
compare 'exit statuses' "$work/exits" "$work/exits.manual"
exit "$status"
