#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A run against a real vault, or against any server that speaks its interface:
#
#   live.sh BUILD-DIR VAULT [--hsm HSM] [--report FILE] [--recordings PATTERN]
#
# VAULT and HSM are names, as in https://NAME.vault.azure.net and
# https://NAME.managedhsm.azure.net, or URLs. The credentials are the caller's
# own, with every setting and variable that provider-keyvault(7) tells of. The
# recordings are those of ../shared/recordings that match the pattern: all.
#
# All objects are called akvlive-NUMBER-... and have a tag "akvlive"; in the
# end those of this run are deleted and purged, after a failure and a signal,
# too. Contacts and issuers of the vault are left alone, and what others have
# there is listed, but not read. It takes some 1,500 requests and up to half an
# hour: a vault deletes, recovers and makes certificates in its own time.
#
# The report says in what the server differs from the recorded answers of the
# service, by which recording. It has no name, host, id, key, secret or token
# of the vault and can be shared.
#
# The last line is "N passed, N failed, N skipped". Exit status: 0 if none
# failed; 2 for a wrong argument.

set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/../..")
passed=0
failed=0
skipped=0
report='live-report.txt'
hsm=
pattern='*'
patience=600

usage()
{
    echo "usage: live.sh BUILD-DIR VAULT [--hsm HSM] [--report FILE]" \
        "[--recordings PATTERN]" >&2
    echo "live.sh: $*" >&2
    exit 2
}

# url_of NAME SUFFIX: of a vault or HSM, by its name or URL.
url_of()
{
    case $1 in
    https://*/ | http:*) usage "'$1': want https://HOST[:PORT], without a slash at its end" ;;
    https://*) echo "$1" ;;
    *[!A-Za-z0-9-]* | '') usage "'$1': want a name or https://HOST[:PORT]" ;;
    *) echo "https://$1.$2" ;;
    esac
}

[ $# -ge 2 ] || usage 'want a build folder and a vault'
build=$(readlink -f "$1")
[ -x "$build/akv" ] || usage "'$1': there is no akv in it"
vault=$(url_of "$2" vault.azure.net)
shift 2
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage "$1: unknown, or its value is missing"
    case $1 in
    --hsm) hsm=$(url_of "$2" managedhsm.azure.net) ;;
    --report) report=$2 ;;
    --recordings) pattern=$2 ;;
    *) usage "$1: unknown" ;;
    esac
    shift 2
done

vault_name=${vault#https://}
vault_name=${vault_name%%[.:]*}
umask 077
work=$(mktemp -d)
prefix=akvlive-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
: >"$report" || usage "--report '$report': it cannot be written"
report=$(readlink -f "$report")
cat >"$work/openssl.cnf" <<END
openssl_conf = init
config_diagnostics = 1
[init]
providers = providers
[providers]
default = default_provider
keyvault = keyvault_provider
[default_provider]
activate = 1
[keyvault_provider]
module = $build/keyvault.so
activate = 1
[req]
distinguished_name = dn
[dn]
END

note()
{
    echo "$*" | tee -a "$report"
}

akv()
{
    timeout -k 5 "$patience" "$build/akv" "$@"
}

# With the provider, or without.
ossl()
{
    OPENSSL_CONF=$work/openssl.cnf timeout -k 5 "$patience" openssl "$@"
}

plain()
{
    OPENSSL_CONF=/dev/null timeout -k 5 60 openssl "$@"
}

# uri KIND NAME [URL]
uri()
{
    local at=${3:-$vault}

    echo "akv://${at#https://}/$1/$prefix-$2"
}

# What identifies the vault, its owner or what is in it does not get out.
share()
{
    sed -E -e "s#$prefix(-[A-Za-z0-9]+)*#NAME#g; s#${vault#https://}#VAULT#g" \
        -e "s#${hsm:-$prefix}#HSM#g; s#${vault_name}#VAULT#g" \
        -e 's#[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}#ID#g; s#[0-9a-f]{32}#ID#g' \
        -e 's#https?://[^/ "'\'']*#https://HOST#g; s#[0-9]+(\.[0-9]+){3}#ADDRESS#g' \
        -e 's#[^ ]*@[^ ]*#NAME#g'
}

# check NAME COMMAND...: it has to end with 0. Its messages go to the report.
check()
{
    local status

    # After a signal it waits for the request that is under way, so that what
    # that makes is there when everything is deleted.
    set +e # of this shell; with "||" it would be so of the other, too
    (
        trap 'exit 143' INT TERM HUP
        set -e
        cd "$work"
        "${@:2}"
    ) >"$work/log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
        note "passed: $1"
    else
        failed=$((failed + 1))
        note "failed: $1 (status $status)"
        tail -n 5 "$work/log" | share | sed 's/^/    /' | tee -a "$report"
    fi
}

skip()
{
    skipped=$((skipped + 1))
    note "skipped: $*"
}

# --- What is left -----------------------------------------------------------

# names COMMAND...: those of this run that it lists; it fails if it cannot.
names()
{
    local listed

    listed=$(akv "$@" --output json) || return 1
    sed -nE "s,.*/($prefix-[A-Za-z0-9-]+).*,\1,p" <<<"${listed//,/$'\n'}" | sort -u
}

# each VERB URL KIND NAMES: without waiting for one before the next. What fails
# is listed again.
each()
{
    local name

    while IFS= read -r name; do
        [ -z "$name" ] || akv "$3" "$1" "akv://${2#https://}/${3}s/$name" --no-wait || true
    done <<<"$4"
}

# sweep URL KIND: what is deleted can be purged some time later only. It fails
# where something is left, and where nobody can tell.
sweep()
{
    local url=$1 kind=$2 live deleted tries

    for ((tries = 0; tries < 120; tries++)); do
        live=$(names "$kind" list "$url") || return 1
        deleted=$(names "$kind" list-deleted "$url") || return 1
        [ -n "$live$deleted" ] || return 0
        each delete "$url" "$kind" "$live"
        each purge "$url" "$kind" "$deleted"
        sleep 1
    done
    return 1
}

clean_up()
{
    local status=$? kind left=

    trap - EXIT
    set +e
    # Keys and secrets of certificates go with them.
    for kind in certificate secret key; do
        sweep "$vault" "$kind" || left=$kind
    done >>"$work/sweep" 2>&1
    [ -z "$hsm" ] || sweep "$hsm" key >>"$work/sweep" 2>&1 || left=key
    if [ -n "$left" ]; then
        failed=$((failed + 1))
        note "failed: a $left may be left behind, named $prefix-*; it was said:"
        tail -n 3 "$work/sweep" | share | sed 's/^/    /' | tee -a "$report"
    fi
    rm -rf "$work"
    [ "$status" -eq 0 ] || note "failed: it ended with $status before its end"
    [ "$status" -eq 0 ] || failed=$((failed + 1))
    echo "the report: $report"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$status" -lt 128 ] || exit "$status"
    exit $((failed > 0))
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- The wire ---------------------------------------------------------------

against_recordings()
{
    local recordings=$top/../shared/recordings name verdict
    local -a files
    local -a options=(--excuses "$top/tests/emulator/contract/excuses.txt"
        --excuses "$here/excuses.txt" --live "$prefix" --vault "$vault" --vault-token "$work/vault.token")

    if [ ! -d "$recordings" ] || [ ! -x "$build/replay" ]; then
        skip 'the recordings: they are not beside the project'
        return
    fi
    mapfile -t files < <(find "$recordings" -maxdepth 1 -name "$pattern" \
        \( -name '*.json' -o -name '*.yaml' \) | sort)
    if [ ${#files[@]} -eq 0 ]; then
        skip "the recordings: none is called '$pattern'"
        return
    fi
    if [ -n "$hsm" ]; then
        akv login token --scope https://managedhsm.azure.net/.default \
            --out "$work/hsm.token"
        options+=(--hsm "$hsm" --hsm-token "$work/hsm.token")
    fi
    akv login token --out "$work/vault.token"
    [ -z "${AKV_CA_FILE:-}" ] || options+=(--ca "$AKV_CA_FILE")
    "$build/replay" "${options[@]}" "${files[@]}" >"$work/replay" 2>&1 || true
    grep -q '^| exchanges' "$work/replay" || {
        tail -n 3 "$work/replay"
        return 1
    }
    # Each difference stands above the verdict of its recording.
    while IFS= read -r name; do
        verdict=${name%%: *}
        name=${name#*: }
        case $verdict in
        passed) passed=$((passed + 1)) ;;
        skipped) skip "$name: there is no --hsm" ;;
        failed)
            failed=$((failed + 1))
            note "failed: differs from the service, recorded in $name"
            grep -F "  $name " "$work/replay" | sed "s/^  [^ ]* /    /" \
                | share | sort -u | tee -a "$report"
            ;;
        esac
    done < <(grep -E '^(passed|failed|skipped): ' "$work/replay")
}

# --- Programs ---------------------------------------------------------------

key_signs()
{
    local name=$1 kind=$2

    ossl dgst -sha256 -sign "$(uri keys "$name")" -out "$name.sig" data
    ossl pkey -pubin -in "$(uri keys "$name")" -pubout -out "$name.pub"
    [ "$kind" != RSA ] || ossl dgst -sha256 -sigopt rsa_padding_mode:pss \
        -sign "$(uri keys "$name")" -out "$name.pss" data
    plain dgst -sha256 -verify "$name.pub" -signature "$name.sig" data
}

make_key()
{
    akv key create "$(uri keys "$1")" --tag akvlive=1 "${@:2}"
}

decrypts()
{
    ossl pkey -pubin -in "$(uri keys rsa)" -pubout -out rsa.pub
    plain pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt rsa_padding_mode:oaep \
        -in data -out data.enc
    ossl pkeyutl -decrypt -inkey "$(uri keys rsa)" \
        -pkeyopt rsa_padding_mode:oaep -in data.enc -out data.dec
    cmp data data.dec
}

keeps_secret()
{
    local tries=0

    akv secret set "$(uri secrets s)" --file data --tag akvlive=1
    akv secret download "$(uri secrets s)" --file data.got
    cmp data data.got
    akv secret backup "$(uri secrets s)" --file s.backup
    akv secret delete "$(uri secrets s)"
    akv secret recover "$(uri secrets s)"
    akv secret delete "$(uri secrets s)"
    akv secret purge "$(uri secrets s)"
    until akv secret restore "$vault" --file s.backup; do
        # The name of what was purged is taken for a while.
        [ $((tries += 1)) -lt 60 ]
        sleep 1
    done
    akv secret show "$(uri secrets s)" --output raw | cmp - data
}

serves_tls()
{
    local pid status=0

    akv certificate create "$(uri certificates tls)" --tag akvlive=1
    ossl x509 -in "$(uri certificates tls)" -out tls.crt
    mkfifo input
    OPENSSL_CONF=$work/openssl.cnf openssl s_server -accept 127.0.0.1:0 \
        -cert tls.crt -key "$(uri keys tls)" -www <input >server.log 2>&1 &
    pid=$!
    exec 5<>input
    until grep -q '^ACCEPT ' server.log; do
        kill -0 "$pid"
        sleep 0.1
    done
    plain s_client -connect "$(sed -n 's/^ACCEPT //p' server.log)" \
        -CAfile tls.crt -verify_return_error </dev/null >client.log 2>&1 \
        || status=$?
    kill "$pid"
    wait "$pid" || true
    return "$status"
}

signs_request()
{
    ossl req -new -key "$(uri keys ec)" -subj /CN=live -out live.csr
    plain req -in live.csr -verify -noout
}

hsm_keys()
{
    local at

    at=$(uri keys oct "$hsm")
    akv key create "$at" --kty oct-HSM --size 256 --tag akvlive=1
    akv key random "$hsm" --count 16 --output raw >key.bytes
    akv key wrap "$at" --algorithm A256KW --file wrapped <key.bytes
    akv key unwrap "$at" --algorithm A256KW --file unwrapped <wrapped
    cmp key.bytes unwrapped
}

note "akv $("$build/akv" --version 2>/dev/null | head -n 1), $(plain version)"
printf 'some data' >"$work/data"
check 'a token, and leave to list' akv secret list "$vault"
if [ "$failed" -ne 0 ]; then
    trap - EXIT
    rm -rf "$work"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
check 'RSA: create' make_key rsa --size 2048
check 'EC: create' make_key ec --kty EC --curve P-256
check 'RSA: sign by openssl, PKCS#1 and PSS' key_signs rsa RSA
check 'EC: sign by openssl' key_signs ec EC
check 'EC: a request for a certificate' signs_request
check 'RSA: decrypt by openssl' decrypts
check 'a secret, its backup, deletion, recovery and purge' keeps_secret
check 'a certificate of the vault, and a TLS server with its key' serves_tls
if [ -n "$hsm" ]; then
    check 'HSM: random bytes, wrapped by a symmetric key' hsm_keys
fi
against_recordings
