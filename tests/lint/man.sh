#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages are well formed.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need mandoc mandoc

mapfile -t files < <(all_files | grep -E '^man/.*\.[1-8]$')
[ ${#files[@]} -gt 0 ] || finish
mandoc -T lint -W warning "${files[@]}" || found=1
finish
