#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom. /usr/include is on every target's path, so that CMake
# alone cannot forbid any of it.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# Prints LINE HEADER for each include; HEADER keeps its < or ".
includes()
{
    strip_c "$1" \
        | perl -ne 'print "$.\t$1\n" if /^\s*#\s*include\s*([<"][^>"]*)/'
}

# The folder that a quoted include leads to: the includer's own comes first,
# as for the compiler, then those on the include path. Empty: nobody's.
folder_of()
{
    local from=$1 name=$2 folder

    for folder in "$from" common provider tools tests/emulator .; do
        if [ -e "$folder/$name" ]; then
            dirname "$(realpath -m --relative-to=. "$folder/$name")"
            return 0
        fi
    done
}

check_system()
{
    local file=$1 header=$2

    case $header in
    openssl/core*)
        [[ $file == provider/* ]] || echo "only provider/ may include"
        ;;
    openssl/*)
        [[ $file != common/* || $file == common/tls_openssl.c \
            || $file == common/cred_cert.c ]] \
            || echo "of common/ only tls_openssl.c and cred_cert.c may include"
        ;;
    curl/*)
        [ "$file" = common/http_curl.c ] \
            || echo "only common/http_curl.c may include"
        ;;
    json-c/* | json.h | json_*.h)
        [ "$file" = common/json.c ] || echo "only common/json.c may include"
        ;;
    esac
}

check_own()
{
    local file=$1 header=$2 folder

    folder=$(folder_of "$(dirname "$file")" "$header")
    case $file:$folder/ in
    common/*:provider/* | common/*:tools/* | common/*:tests/*)
        echo "common/ may not include of $folder/"
        ;;
    provider/*:tools/* | provider/*:tests/*)
        echo "provider/ may not include of $folder/"
        ;;
    tools/*:provider/* | tools/*:tests/*)
        echo "tools/ may not include of $folder/"
        ;;
    tests/emulator/*:common/* | tests/emulator/*:provider/* \
        | tests/emulator/*:tools/*)
        echo "tests/emulator may not include of $folder/"
        ;;
    esac
}

check_file()
{
    local file=$1 line header why

    while IFS=$'\t' read -r line header; do
        why=
        if [[ $file != tests/* ]]; then
            why=$(check_system "$file" "${header:1}")
        fi
        [ -n "$why" ] || why=$(check_own "$file" "${header:1}")
        [ -z "$why" ] || finding "$file:$line: $why: ${header:1}"
    done < <(includes "$file")
}

while IFS= read -r file; do
    check_file "$file"
done < <(c_files_in common provider tools tests/emulator)
finish
