#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every source file of the product begins, behind the licence, with what it is
# for and what is peculiar about it.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

while IFS= read -r file; do
    [[ $(sed -n 2,3p "$file") =~ ^[[:space:]]*'/*' ]] \
        || finding "$file:3: want a comment that says what the file is for"
done < <(c_files_in common provider tools | grep '\.c$' || true)
finish
