#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The C sources are as clang-format lays them out.
# Remedy: clang-format -i FILE

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need_llvm clang-format

mapfile -t files < <(c_files)
[ ${#files[@]} -gt 0 ] || finish
printf '%s\0' "${files[@]}" \
    | xargs -0 -n 8 -P "$(nproc)" clang-format --dry-run -Werror 2>&1 \
    || found=1
finish
