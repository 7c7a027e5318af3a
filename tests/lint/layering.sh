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

# The folders of common/, each of which may use those before it.
order=(base ossl transport auth client api)

# Sets target to the file that a quoted include means: the includer's own folder
# comes first, as for the compiler, then the include path. Empty: none of ours.
find_target()
{
    local from=$1 name=$2 root

    for root in "$from" common common/include provider tools tests/emulator .; do
        [ -e "$root/$name" ] || continue
        target=$(realpath -m --relative-to=. "$root/$name")
        return 0
    done
    target=
}

# Prints the folder whose business a file is: of a public header, that of the
# source of its name.
home_of()
{
    local file=$1 source

    if [[ $file == common/include/akv/* ]]; then
        for source in common/*/"$(basename "$file" .h)".c; do
            [ ! -e "$source" ] || file=$source
        done
    fi
    dirname "$file"
}

# Sets why if the include is not allowed.
check_system()
{
    local file=$1 header=$2

    case $header in
    openssl/core*)
        [[ $file == provider/* || $file:$header == \
            common/ossl/*:openssl/core_names.h ]] \
            || why="only provider/ may include"
        ;;
    openssl/*)
        [[ $file != common/* || $file == common/ossl/* \
            || $file == common/transport/tls_openssl.c \
            || $file == common/auth/cred_cert.c ]] \
            || why="of common/ only ossl/, tls_openssl.c and cred_cert.c may include"
        ;;
    curl/*)
        [[ $file == common/transport/http_curl.c \
            || $file == common/transport/curl_*.[ch] ]] \
            || why="only http_curl.c and curl_*.c may include"
        ;;
    json-c/* | json.h | json_*.h)
        [ "$file" = common/base/json.c ] \
            || why="only common/base/json.c may include"
        ;;
    esac
}

# Prints how high a folder lies.
rank()
{
    local i

    case $1 in
    common/*)
        for i in "${!order[@]}"; do
            [ "common/${order[i]}" != "$1" ] || echo "$i"
        done
        ;;
    provider | tools) echo 10 ;;
    *) echo 20 ;;
    esac
}

check_own()
{
    local file=$1 target=$2 from to

    if [[ $file == common/include/* && $target != common/include/* ]]; then
        why="a public header may not include"
        return
    fi
    from=$(home_of "$file")
    to=$(home_of "$target")
    case $from:$to in
    common/include/akv:* | *:common/include/akv) ;; # types alone
    tests/emulator:tests/emulator | provider:provider | tools:tools) ;;
    tests/emulator:* | provider:tools | tools:provider)
        why="$from may not include of $to"
        ;;
    *)
        [ "$(rank "$from")" -ge "$(rank "$to")" ] \
            || why="$from may not include of $to"
        ;;
    esac
}

# Prints the module that a file is of: NAME, NAME_MORE too where there is a
# NAME_impl.h for all of them.
module_of()
{
    local folder name part

    folder=$(home_of "$1")
    name=$(basename "${1%.*}")
    part=$name
    while [[ $part == *_* ]]; do
        part=${part%_*}
        [ ! -e "$folder/${part}_impl.h" ] || name=$part
    done
    echo "$folder/$name"
}

edges=$(mktemp)
trap 'rm -f "$edges"' EXIT
declare -A modules
while IFS=$'\t' read -r file line header; do
    why=
    target=
    [[ $header == '<'* ]] || find_target "${file%/*}" "${header:1}"
    if [ -n "$target" ]; then
        check_own "$file" "$target"
        for name in "$file" "$target"; do
            [ -n "${modules[$name]:-}" ] \
                || modules[$name]=$(module_of "$name")
        done
        [[ $file == tests/* || ${modules[$file]} == "${modules[$target]}" ]] \
            || echo "${modules[$file]} ${modules[$target]}" >>"$edges"
    elif [[ $file != tests/* ]]; then
        check_system "$file" "${header:1}"
    fi
    [ -z "$why" ] || finding "$file:$line: $why: ${header:1}"
done < <(includes)

# tsort(1) names the modules of each circle.
while read -r name; do
    finding "$name: is in a circle of includes"
done < <(tsort "$edges" 2>&1 >/dev/null | sed -n 's/^tsort: \([a-z].*[a-z]\)$/\1/p')
finish
