#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the lint tests share. Each is called as NAME.sh [ROOT], prints one
# FILE:LINE: MESSAGE for each finding, and ends with 0 (clean), 1 (findings)
# or 77 (its tool is missing).

# shellcheck disable=SC2016 # Perl in single quotes
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

root=$(readlink -f "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}")
[ -d "$root" ] || {
    echo "no folder '$1' to look at" >&2
    exit 2
}
cd "$root"

skip()
{
    echo "skipped: $*"
    exit 77
}

need()
{
    command -v "$1" >/dev/null || skip "$1 is not installed (package $2)"
}

# Another major version formats and warns differently.
need_llvm()
{
    local version

    need "$1" "$1"
    version=$("$1" --version | sed -nE 's/.*version ([0-9]+).*/\1/p')
    [ "$version" = 14 ] || skip "$1 $version: the sources are kept by version 14"
}

# The files of the project: those git knows, or, outside git, those there are.
all_files()
{
    if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$root" ]; then
        git ls-files -z | while IFS= read -r -d '' name; do
            [ ! -f "$name" ] || printf '%s\n' "$name"
        done
    else
        find . \( -path ./build -o -name .git \) -prune -o -type f -print \
            | sed 's,^\./,,'
    fi | sort
}

# C sources and headers: all, or those in these folders.
c_files()
{
    all_files | grep -E '\.[ch]$' || true
}

c_files_in()
{
    local IFS='|'

    c_files | grep -E "^($*)/" || true
}

# Shell scripts go by their first line: check and demo have no suffix.
scripts()
{
    local name line

    all_files | while IFS= read -r name; do
        IFS= read -r line <"$name" 2>/dev/null || [ -n "$line" ] || continue
        [[ $line =~ ^'#!'.*[/\ ](ba|da)?sh([[:space:]]|$) ]] && echo "$name"
    done || true
}

# Perl that takes comments and the contents of strings out of C, line for line.
# Arguments of #include stay.
strip='s{(^[ \t]*\#[ \t]*include[^\n]*) | (/\*.*?\*/ | //[^\n]*)
      | ("(?:\\.|[^"\\\n])*") | (\x27(?:\\.|[^\x27\\\n])*\x27)}
     {defined $1 ? $1 : defined $2 ? "\n" x ($2 =~ tr/\n//)
      : defined $3 ? "\"\"" : "0"}gmsex;'

# Prints FILE:LINE:CODE for the files whose names come in.
code()
{
    xargs -r -d '\n' perl -0777 -ne "$strip"'
        my $n = 0;
        for (split /\n/) {
            $n++;
            print "$ARGV:$n:$_\n" if /\S/;
        }'
}

# check_manuals FILE...: pages that are well formed, and fit into a terminal of
# 80 columns.
check_manuals()
{
    local file wide

    mandoc -T lint -W warning "$@" || found=1
    for file in "$@"; do
        # Bold and underlined are struck twice.
        wide=$(mandoc -T ascii -O width=80 "$file" | sed 's/.\x08//g' \
            | grep -E '.{81}' || true)
        [ -z "$wide" ] \
            || finding "$file: wider than 80 columns:"$'\n'"$wide"
    done
}

found=0

finding()
{
    echo "$*"
    found=1
}

# Each line of the standard input is one.
findings()
{
    local line

    while IFS= read -r line; do
        finding "$line"
    done
}

finish()
{
    [ "$found" -eq 0 ] || exit 1
    exit 0
}
