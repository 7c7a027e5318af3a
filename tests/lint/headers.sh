#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# headers.sh [--write] SHARED-LIBRARY HEADER...: each installed header compiles
# by itself in C11 and C++17, and common/libakv.map, what the library exports
# and what the headers declare are the same. --write makes the map.

set -euo pipefail
export LC_ALL=C

map=common/libakv.map
write=
if [ "${1:-}" = --write ]; then
    write=yes
    shift
fi
library=${1:?usage: headers.sh [--write] SHARED-LIBRARY HEADER...}
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=0

for tool in gcc g++ nm; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool is not installed"
        exit 77
    fi
done

# Variables with each initialiser of the header: AKV_NAME_INIT is of struct
# akv_name.
initialised()
{
    sed -n 's/^#define \(AKV_\([A-Z_]*\)_INIT\)\((.*)\)\{0,1\} .*/\1 \2 \3/p' "$1" \
        | while read -r macro name parameters; do
            echo "static struct akv_${name,,} ${name,,} =" \
                "$macro${parameters:+(1)};"
            echo "void *use_${name,,}(void);"
            echo "void *use_${name,,}(void) { return &${name,,}; }"
        done
}

# compile COMPILER STANDARD HEADER
compile()
{
    local unit=$work/unit.${1/gcc/c}

    printf '#include "%s"\n' "$PWD/$3" >"$unit"
    initialised "$3" >>"$unit"
    "$1" -std="$2" -Wall -Wextra -Wpedantic -Werror -fsyntax-only "$unit" \
        >"$work/said" 2>&1 || {
        found=1
        sed "s,^,$3 ($2): ," "$work/said"
    }
}

for header in "$@"; do
    compile gcc c11 "$header"
    compile g++ c++17 "$header"
    ! grep -q ';$' "$header" || grep -q '^extern "C" {' "$header" || {
        found=1
        echo "$header: want extern \"C\""
    }
done

# Each function is declared at the start of a line of gcc's list.
printf '#include "%s"\n' "${@/#/$PWD/}" >"$work/all.c"
gcc -std=c11 -fsyntax-only -aux-info "$work/list" "$work/all.c"
sed -n "s,^/\* $PWD/common/[^ ]* \*/ extern [^(]*[ *]\(akv_[a-z0-9_]*\) (.*,\1,p" \
    "$work/list" | sort -u >"$work/declared"
if [ -n "$write" ]; then
    {
        echo '/* SPDX-License-Identifier: Apache-2.0 */'
        echo '/* What the headers declare; tests/lint/headers.sh --write. */'
        echo 'AKV_0 {'
        echo '  global:'
        sed 's/.*/    &;/' "$work/declared"
        echo '  local: *;'
        echo '};'
    } >"$map"
    exit
fi
sed -n 's/^    \(akv_[a-z0-9_]*\);$/\1/p' "$map" | sort >"$work/mapped"
nm -D --defined-only "$library" | awk '$2 == "T" {print $3}' \
    | sed 's/@.*//' | sort >"$work/exported"

# same NAME FILE: the file has what is declared, and nothing else.
same()
{
    local name

    while read -r name; do
        found=1
        echo "$1: $name is declared by no installed header"
    done < <(comm -13 "$work/declared" "$2")
    while read -r name; do
        found=1
        echo "$1: $name is declared, and not there"
    done < <(comm -23 "$work/declared" "$2")
}
same "$map" "$work/mapped"
same "$library" "$work/exported"
exit "$found"
