#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages are well formed, and fit into a terminal of 80 columns.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need mandoc mandoc

mapfile -t files < <(all_files | grep -E '^man/.*\.[1-8]$')
[ ${#files[@]} -gt 0 ] || finish
check_manuals "${files[@]}"
finish
