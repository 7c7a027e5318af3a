#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# No common misspellings. Words that are right here: .codespellrc.
# (selftest.sh holds a wrong one, to see it found.)

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need codespell codespell

mapfile -t files < <(all_files | grep -vE '\.(pem|der|p12|crt|key|bin)$|^tests/lint/selftest\.sh$')
[ ${#files[@]} -gt 0 ] || finish
codespell "${files[@]}" || found=1
finish
