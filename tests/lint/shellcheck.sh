#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every shell script passes shellcheck.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need shellcheck shellcheck

mapfile -t files < <(scripts)
[ ${#files[@]} -gt 0 ] || finish
shellcheck --external-sources --source-path=SCRIPTDIR --format=gcc \
    "${files[@]}" || found=1
finish
