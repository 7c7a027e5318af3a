#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the akv command share: those of the end-to-end tests, and
# ways to run akv. Each is called as NAME.sh BUILD-DIR.

# shellcheck source=../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh" "$@"

[ -x "$build/akv" ] || fail "there is no akv in $build"

# An emulator, with emulator_options besides the usual.
start_vault()
{
    local ready

    emulator_options+=(--ready-file "$work/ready.json")
    [ -e "$work/seed.json" ] || echo '{}' >"$work/seed.json"
    start_emulator
    ready=$(cat "$work/ready.json")
    identity_url=$(member identity_url "$ready")
    # shellcheck disable=SC2034 # for the tests
    identity_header=$(member identity_header "$ready")
    hsm=$(member hsm_url "$ready") || hsm=
    hsm=${hsm#https://}
    export AZURE_POD_IDENTITY_AUTHORITY_HOST=$identity_url
    secret_value=Xyzzy-$RANDOM$RANDOM$RANDOM
    write_env
}

akv()
{
    trace "$build/akv" "$@"
    timeout -k 5 "$patience" env "${vars[@]}" "${wrapper[@]}" \
        "$build/akv" "$@" 9>&-
}

# good ARGUMENT...: akv works and has nothing to complain of. What it prints
# is in out.
good()
{
    local status=0

    akv "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" -ne 0 ] || [ -s "$work/err" ]; then
        show "$work/out" "$work/err"
        fail "akv $1 ${2:-}: exit status $status (wanted: 0, and no message)"
    fi
}

# bad STATUS PATTERN ARGUMENT...: akv ends with the status and one reason that
# matches, and prints no result. No secret is in the message.
bad()
{
    local wanted=$1 pattern=$2 status=0

    shift 2
    akv "$@" >"$work/out" 2>"$work/err" || status=$?
    show "$work/err"
    if [ "$status" -ne "$wanted" ] || [ -s "$work/out" ] \
        || [ "$(grep -c '^akv: ' "$work/err")" -ne 1 ] \
        || ! grep '^akv: ' "$work/err" | grep -qE -e "$pattern"; then
        show "$work/out"
        fail "akv $1 ${2:-}: exit status $status (wanted: $wanted, a reason" \
            "like '$pattern', and no result)"
    fi
    no_secrets "$work/err"
    lacks "$work/err" "$secret_value"
}

# field NAME: of the result in text.
field()
{
    sed -n "s/^$1: //p" "$work/out"
}

# is NAME VALUE...: fields of the result.
is()
{
    local got

    while [ $# -gt 0 ]; do
        got=$(field "$1")
        [ "$got" = "$2" ] || {
            show "$work/out"
            fail "$1 is '$got' (wanted: '$2')"
        }
        shift 2
    done
}

# equal GOT WANTED WHAT
equal()
{
    [ "$1" = "$2" ] || fail "$3: '$1' (wanted: '$2')"
}

# lines FILE COUNT
lines()
{
    equal "$(wc -l <"$1")" "$2" "lines in ${1##*/}"
}

# put NAME VALUE [OPTION]...: a secret with this text.
put()
{
    printf %s "$2" >"$work/value"
    good secret set "akv://$vault/secrets/$1" "${@:3}" <"$work/value"
}

# Everything that akv has left where it wrote files: names beside the wanted.
no_leftovers()
{
    local file

    for file in "$1".*; do
        [ ! -e "$file" ] || fail "$file is left"
    done
}

# version: of the object in the result.
result_version()
{
    field version
}

# json PROGRAM: of jq, on the result; its output.
json()
{
    jq -r "$1" "$work/out"
}

# to_der FILE: a signature r||s as OpenSSL has it.
to_der()
{
    local hex half part value

    hex=$(od -An -v -tx1 "$1" | tr -d ' \n')
    half=$((${#hex} / 2))
    {
        echo 'asn1 = SEQUENCE:signature'
        echo '[signature]'
        for part in 0 1; do
            value=${hex:part*half:half}
            echo "v$part = INTEGER:0x$value"
        done
    } >"$1.cnf"
    plain asn1parse -genconf "$1.cnf" -noout -out "$1.der" >&9
}

encode()
{
    base64 -w0 | tr +/ -_ | tr -d =
}

# assertion FILE SUBJECT SECONDS: a token of a cluster's, whose key is issuer.key
# in the work folder.
assertion()
{
    local now text

    now=$(date +%s)
    text=$(printf '{"alg":"RS256","typ":"JWT"}' | encode)
    text+=.$(printf '{"iss":"%s","sub":"%s","aud":"%s","nbf":%d,"exp":%d}' \
        https://cluster.example "$2" api://AzureADTokenExchange $((now - 60)) \
        $((now + $3)) | encode)
    printf %s "$text" >to-sign
    echo "$text.$(plain dgst -sha256 -sign issuer.key to-sign | encode)" >"$1"
}
