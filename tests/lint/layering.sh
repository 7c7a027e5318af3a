#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom. /usr/include is on every target's path, so that CMake
# alone cannot forbid any of it.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# Prints FILE LINE HEADER for each include; HEADER keeps its < or ".
includes()
{
    c_files_in common provider tools tests/emulator | code \
        | perl -ne 'print "$1\t$2\t$3\n"
            if /^([^:]*):(\d+):\s*#\s*include\s*([<"][^>"]*)/'
}

# Sets folder to where a quoted include leads: the includer's own comes first,
# as for the compiler, then those on the include path. Empty: none of ours.
find_folder()
{
    local from=$1 name=$2

    for folder in "$from" common provider tools tests/emulator .; do
        if [ -e "$folder/$name" ]; then
            [[ $name != */* ]] || folder=$(dirname \
                "$(realpath -m --relative-to=. "$folder/$name")")
            return 0
        fi
    done
    folder=
}

# Sets why if the include is not allowed.
check_system()
{
    local file=$1 header=$2

    case $header in
    openssl/core*)
        [[ $file == provider/* || $file:$header == \
            common/pkey.c:openssl/core_names.h ]] \
            || why="only provider/ may include"
        ;;
    openssl/*)
        [[ $file != common/* || $file == common/tls_openssl.c \
            || $file == common/error_queue.c \
            || $file == common/cred_cert.c || $file == common/pkey.c \
            || $file == common/key_file.c \
            || $file == common/key_ref.c ]] \
            || why="of common/ only files such as tls_openssl.c may include"
        ;;
    curl/*)
        [[ $file == common/http_curl.c || $file == common/curl_*.[ch] ]] \
            || why="only common/http_curl.c and curl_*.c may include"
        ;;
    json-c/* | json.h | json_*.h)
        [ "$file" = common/json.c ] || why="only common/json.c may include"
        ;;
    esac
}

check_own()
{
    local file=$1 folder=$2

    case $file:$folder/ in
    common/*:provider/* | common/*:tools/* | common/*:tests/*)
        why="common/ may not include of $folder/"
        ;;
    provider/*:tools/* | provider/*:tests/*)
        why="provider/ may not include of $folder/"
        ;;
    tools/*:provider/* | tools/*:tests/*)
        why="tools/ may not include of $folder/"
        ;;
    tests/emulator/*:common/* | tests/emulator/*:provider/* \
        | tests/emulator/*:tools/*)
        why="tests/emulator may not include of $folder/"
        ;;
    esac
}

while IFS=$'\t' read -r file line header; do
    why=
    folder=
    [[ $header == '<'* ]] || find_folder "${file%/*}" "${header:1}"
    if [ -n "$folder" ]; then
        check_own "$file" "$folder"
    elif [[ $file != tests/* ]]; then
        check_system "$file" "${header:1}"
    fi
    [ -z "$why" ] || finding "$file:$line: $why: ${header:1}"
done < <(includes)
finish
