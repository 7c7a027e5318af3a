#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every source, script and CMake file names its licence at its top.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

line='SPDX-License-Identifier: Apache-2.0'

sources()
{
    c_files
    scripts
    all_files | grep -E '(^|/)CMakeLists\.txt$|\.(cmake|js|map|pl|sh|py)$' || true
}

while IFS= read -r file; do
    head -n 3 "$file" | grep -qF "$line" \
        || finding "$file:1: lacks '$line' in its first 3 lines"
done < <(sources | sort -u)
finish
