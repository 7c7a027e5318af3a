#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# No paths of one machine and no notes of unfinished work in the files.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# Not the lint tests, which have to name what they look for.
mapfile -t files < <(all_files | grep -v '^tests/lint/')
[ ${#files[@]} -gt 0 ] || finish

search()
{
    grep -InHP -- "$1" "${files[@]}" | sed "s/\$/  <- $2/" || true
}

findings < <(search '(?<![\w.~:}\/-])/(work|root)/' 'a path of one machine')
findings < <(search '\b(TODO|FIXME|XXX)\b' 'unfinished work')
finish
