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
output=$(clang-format --dry-run -Werror "${files[@]}" 2>&1) || found=1
# The first lines of each file say enough.
sed -nE 's/^([^ :]+):([0-9]+):[0-9]+: error: .*/\1 \2/p' <<<"$output" | sort -u \
    | sort -k1,1 -k2,2n | awk '
        n[$1]++ < 3 { print $1 ":" $2 ": not as clang-format lays it out" }
        END { for (f in n) files = files " " f
              if (files) print "remedy: clang-format -i" files }'
finish
