#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Azure's libraries for Go against the emulator, called as
# go.sh BUILD-DIR FOLDER WAY: FOLDER is for modules and the program, WAY
# "localhost" or "names", by the service's own names with all verification on, or
# "example": the tests of a program that docs/emulator.md shows, or "load": many
# operations at once, without retries.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
folder=${2:?usage: $0 BUILD-DIR FOLDER WAY}
way=${3:?usage: $0 BUILD-DIR FOLDER WAY}

command -v go >/dev/null || skip 'Go is not installed'
make_program()
{
    mkdir -p "$folder"
    export GOMODCACHE=$folder/modules GOCACHE=$folder/cache \
        GOFLAGS='-mod=readonly -modcacherw' GOTOOLCHAIN=local
    (
        exec 8>"$folder/lock"
        flock 8
        cd "$sdk_dir/go"
        go mod download >"$work/download.log" 2>&1 || {
            show "$work/download.log"
            exit 77
        }
        trace go build -o "$folder/vault-sdk" .
        go build -o "$folder/vault-sdk" . 9>&-
    )
}
if [ -z "${SDK_IN_NAMESPACE:-}" ]; then
    status=0
    make_program || status=$?
    [ "$status" -ne 77 ] || skip "Azure's libraries for Go cannot be had"
    [ "$status" -eq 0 ] || fail 'the program is not built'
fi
if [ "$way" = example ]; then
    (cd "$sdk_dir/go" && AKV_EMULATOR=$build/akv-emulator \
        go test -count 1 ./example >&9 2>&1 9>&-) || fail "go test ended with $?"
    exit
fi
[ "$way" != names ] || in_namespace "$@"
start_whole_vault "$way"
if [ "$way" = load ]; then
    SSL_CERT_FILE=$ca_file sdk "$folder/vault-sdk" load
    exit
fi
keep_results "go-$way"
SSL_CERT_FILE=$ca_file sdk "$folder/vault-sdk"
