#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages are well formed, and fit into a terminal of 80 columns.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need mandoc mandoc

mapfile -t files < <(all_files | grep -E '^man/.*\.[1-8]$')
[ ${#files[@]} -gt 0 ] || finish
mandoc -T lint -W warning "${files[@]}" || found=1
for file in "${files[@]}"; do
    # Bold and underlined are struck twice.
    wide=$(mandoc -T ascii -O width=80 "$file" | sed 's/.\x08//g' \
        | grep -E '.{81}' || true)
    [ -z "$wide" ] || {
        printf '%s: wider than 80 columns:\n%s\n' "$file" "$wide"
        found=1
    }
done
finish
