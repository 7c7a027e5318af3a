#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Applications written in Go, and what they reach their keys in Azure with,
# against the emulator: applications-go.sh BUILD-DIR FOLDER. FOLDER is for modules
# and programs. Few of them let the verification of the challenge be switched
# off, or another authority be named: it is all by the service's own names.

# shellcheck source=applications.sh
. "$(dirname "${BASH_SOURCE[0]}")/applications.sh"
# The newest of each that Go 1.26 builds; sops has its own go.mod, the others
# have theirs in applications/go.
sops=github.com/getsops/sops/v3@v3.13.3
programs=(sops sigstore hashicorp step)

command -v go >/dev/null || skip 'Go is not installed'
export GOMODCACHE=$folder/modules GOCACHE=$folder/cache GOTOOLCHAIN=local \
    GOFLAGS='-mod=readonly -modcacherw -buildvcs=false'

# make_program NAME MODULE-FOLDER PACKAGE: if there is none, NAME.skipped or
# NAME.failed tells the run in the namespace why.
make_program()
{
    local log=$folder/$1.log kind=failed

    rm -f "$folder/$1".{failed,skipped}
    trace go build -C "$2" -o "$folder/$1" "$3"
    go build -C "$2" -o "$folder/$1" "$3" >"$log" 2>&1 9>&- && return
    show "$log"
    # It says which address it has not reached, or which Go it would need.
    ! grep -qE 'https?://|GOPROXY|go >= ' "$log" || kind=skipped
    grep -vm1 -E '^(go: downloading|#)' "$log" >"$folder/$1.$kind" || true
}

make_programs()
{
    local name

    mkdir -p "$folder"
    (
        exec 8>"$folder/lock"
        flock 8
        # This fetches its sources, and fails if there are none.
        go mod download "$sops" >"$work/download.log" 2>&1 9>&- || true
        if [ -d "$folder/modules/$sops" ]; then
            make_program sops "$folder/modules/$sops" ./cmd/sops
        else
            tail -n 1 "$work/download.log" >"$folder/sops.skipped"
        fi
        for name in "${programs[@]:1}"; do
            make_program "$name" "$sdk_dir/applications/go/$name" .
        done
    )
}

# client NAME ARGUMENT...: its output is in out. Its environment has the
# credential, which is never an argument.
client()
{
    trace "$folder/$1" "${@:2}"
    timeout -k 5 60 env -u AZURE_AUTHORITY_HOST -u OPENSSL_CONF -u OPENSSL_MODULES \
        -u AZURE_POD_IDENTITY_AUTHORITY_HOST "SSL_CERT_FILE=$ca_file" \
        "$folder/$1" "${@:2}" >"$work/out" 2>"$work/err" 9>&- && return
    show "$work/out"
    fail "$(tr -s '\n-' ' ' <"$work/err")"
}

# module NAME MODULE: the version that go.mod of this application has.
module()
{
    go list -C "$sdk_dir/applications/go/$1" -m -f '{{.Version}}' "$2"
}

# Encrypts with the key of the URL, and later with what is newest in the vault;
# the file tells which versions it needs.
try_sops()
{
    local url=https://sdk.vault.azure.net/keys/sops

    cd "$work"
    good key create "akv://$vault/keys/sops"
    printf 'user: somebody\npassword: sesame\n' >plain.yaml
    client sops encrypt --azure-kv "$url/$(result_version)" plain.yaml
    mv out secret.yaml
    contains secret.yaml '^ +version: [0-9a-f]{32}$'
    lacks secret.yaml sesame
    good key create "akv://$vault/keys/sops"
    client sops decrypt secret.yaml
    same out plain.yaml
    client sops rotate --in-place --add-azure-kv "$url" secret.yaml
    client sops decrypt --extract '["password"]' secret.yaml
    equal "$(cat out)" sesame 'what was decrypted'
}

try_sigstore()
{
    client sigstore azurekms://sdk.vault.azure.net/signer
    good key show "akv://$vault/keys/signer"
    is key.kty EC key.crv P-256 tags.use sigstore
}

try_hashicorp()
{
    good key create "akv://$vault/keys/wrapping" --ops wrapKey,unwrapKey
    AZUREKEYVAULT_WRAPPER_VAULT_NAME=sdk AZUREKEYVAULT_WRAPPER_KEY_NAME=wrapping \
        client hashicorp
}

try_step()
{
    client step azurekms:vault=sdk
}

if [ -z "${SDK_IN_NAMESPACE:-}" ]; then
    make_programs
    wanted=()
    for name in "${programs[@]}"; do
        [ -e "$folder/$name.skipped" ] || wanted+=("$name")
    done
    [ ${#wanted[@]} -gt 0 ] \
        || skip "no application can be had: $(cat "$folder/sops.skipped")"
fi
in_namespace "$@"
start_whole_vault names
try sops "${sops##*@v}"
try sigstore "$(module sigstore github.com/sigstore/sigstore/pkg/signature/kms/azure)"
try hashicorp "$(module hashicorp \
    github.com/hashicorp/go-kms-wrapping/wrappers/azurekeyvault/v2)"
try step "$(module step go.step.sm/crypto)"
tell_sum Go
