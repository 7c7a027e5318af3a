#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# For the tests of what URIs yield. Source it in place of lib.sh; the first
# argument behind BUILD-DIR is an order of providers.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

order=${2:-options}

# The vault's administrator: akv, in whatever order our provider is loaded.
akv()
{
    trace "$build/akv" "$@"
    (settings_to_environment \
        && timeout -k 5 "$patience" "$build/akv" "$@" 9>&-)
}

# The program of that name, which has its providers from openssl.cnf.
objects()
{
    trace objects "$@"
    (
        case $order in
        options*) order conf ;;
        esac
        timeout -k 5 "$patience" env "${vars[@]}" "${wrapper[@]}" \
            "$build/tests/e2e/objects" "$@" 9>&-
    )
}

# yields TYPE URI LINE...: these objects, when that type is expected. Each LINE
# is a pattern of grep -E.
yields()
{
    local type=$1 uri=$2 i
    local -a got

    shift 2
    objects all "$type" "$uri" >"$work/objects" 2>"$work/err" || {
        show "$work/objects" "$work/err"
        fail "$type of $uri cannot be loaded"
    }
    mapfile -t got <"$work/objects"
    for ((i = 0; i < $#; i++)); do
        [[ ${got[i]:-} =~ ^${*:i + 1:1}$ ]] || {
            show "$work/objects"
            fail "$type of $uri: object $i is '${got[i]:-}'" \
                "(wanted: '${*:i + 1:1}')"
        }
    done
    [ ${#got[@]} -eq $# ] || {
        show "$work/objects"
        fail "$type of $uri: ${#got[@]} objects (wanted: $#)"
    }
}

# refused PATTERN TYPE URI: it fails with one reason, which matches, and the
# loop over the objects ends.
refused()
{
    expect_error "$1" objects all "$2" "$3"
}

# as CLIENT: whose permissions count from now on, of the seed's principals;
# the administrator's by default. A principal's secret is its name.
as()
{
    client_id=${1:-$admin_id} client_secret=${1:-$admin_secret}
    [ -z "${1:-}" ] || client_secret=$1-secret
    order "$order"
}

# begin: starts the emulator, ends in the work folder.
begin()
{
    start_emulator
    cd "$work"
    admin_id=$client_id admin_secret=$client_secret
    printf 'line %d\n' {1..50} >data
    order "$order"
}
