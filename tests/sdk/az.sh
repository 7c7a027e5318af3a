#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The Azure CLI against the emulator, by the service's own names, with nothing but
# its own switches: az.sh BUILD-DIR FOLDER. FOLDER is for what PyPI gives.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
folder=${2:?usage: $0 BUILD-DIR FOLDER}
version=2.91.0

command -v python3 >/dev/null || skip 'Python is not installed'
install_az()
{
    mkdir -p "$folder"
    (
        exec 8>"$folder/lock"
        flock 8
        [ "$(cat "$folder/installed" 2>/dev/null)" != "$version" ] || exit 0
        python3 -m venv "$folder/venv" >"$work/download.log" 2>&1 9>&- \
            && "$folder/venv/bin/pip" install -q --disable-pip-version-check \
                "azure-cli==$version" >"$work/download.log" 2>&1 9>&- \
            && echo "$version" >"$folder/installed"
    )
}
if [ -z "${SDK_IN_NAMESPACE:-}" ] && ! install_az; then
    show "$work/download.log"
    skip "the Azure CLI $version cannot be had"
fi
in_namespace "$@"
emulator_options+=(--host management.azure.com)
start_whole_vault names
echo '127.0.0.1 management.azure.com' >>"$work/hosts"
export REQUESTS_CA_BUNDLE=$ca_file AZURE_CONFIG_DIR=$work/az \
    AZURE_CORE_COLLECT_TELEMETRY=0 AZURE_CORE_NO_COLOR=1 \
    AZURE_CORE_ONLY_SHOW_ERRORS=1 PYTHONDONTWRITEBYTECODE=1
cd "$work"
commands=0

az()
{
    local status=0

    trace az "$@"
    commands=$((commands + 1))
    timeout -k 5 120 "$folder/venv/bin/az" "$@" >out 2>err 9>&- || status=$?
    [ "$status" = 0 ] && return
    show out err
    fail "az ${*:1:3} ended with $status"
}

# gives WANTED COMMAND...: the query of the command has this result.
gives()
{
    az "${@:2}" --output tsv
    equal "$(cat out)" "$1" "az ${*:2}"
}

# table COMMON...: each line of the standard input is a command.
table()
{
    local -a words

    while read -ra words <&7; do
        az keyvault "${words[@]}" "$@"
    done 7<&0
}

az login --service-principal --username "$client_id" --password "$client_secret" \
    --tenant "$tenant_id" --allow-no-subscriptions
az account show
gives "$tenant_id" account show --query tenantId

v=(--vault-name sdk)
gives 'the value' keyvault secret set "${v[@]}" --name s --value 'the value' \
    --tags a=b --content-type text/plain --query value
printf 'bytes\n' >file
table "${v[@]}" <<'END'
secret show --name s
secret list
secret list-versions --name s
secret set-attributes --name s --enabled true --expires 2099-01-01T00:00:00Z
secret set --name filed --file file --encoding base64
secret download --name filed --file downloaded --encoding base64
secret backup --name s --file s.backup
secret delete --name s
secret list-deleted
secret show-deleted --name s
secret recover --name s
secret delete --name s
secret purge --name s
secret restore --file s.backup
secret list --maxresults 1
secret list --include-managed
END
equal "$(cat downloaded)" bytes 'what was downloaded'
gives 'the value' keyvault secret show --id "https://sdk.vault.azure.net/secrets/s" --query value
az login --service-principal --username robot --certificate "$work/robot.pem" \
    --tenant "$tenant_id" --allow-no-subscriptions
gives 'seeded value' keyvault secret show "${v[@]}" --name seeded --query value
az login --service-principal --username "$client_id" --password "$client_secret" \
    --tenant "$tenant_id" --allow-no-subscriptions

cat >policy.json <<'END'
{"lifetimeActions": [{"trigger": {"timeAfterCreate": "P60D"},
  "action": {"type": "Rotate"}}], "attributes": {"expiryTime": "P90D"}}
END
plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out import.pem 2>&9
table "${v[@]}" <<'END'
key create --name rsa --kty RSA --size 3072 --ops sign verify encrypt decrypt wrapKey unwrapKey
key create --name ec --kty EC --curve P-384
key show --name rsa
key list
key list-versions --name rsa
key set-attributes --name rsa --tags a=b
key rotation-policy show --name rsa
key rotation-policy update --name rsa --value policy.json
key rotate --name rsa
key import --name imported --pem-file import.pem
key download --name imported --file public.pem --encoding PEM
key backup --name ec --file ec.backup
key delete --name ec
key list-deleted
key show-deleted --name ec
key recover --name ec
key delete --name ec
key purge --name ec
key restore --file ec.backup
key set-attributes --name imported --enabled false
key list --maxresults 1
key list --include-managed
key import --name string --pem-string @import.pem --ops sign verify
END
plain pkey -in import.pem -pubout -out wanted.pem
plain pkey -pubin -in public.pem -out got.pem
equal "$(cat got.pem)" "$(cat wanted.pem)" 'the key that was downloaded'
digest=$(plain dgst -sha256 -binary file | base64 -w0)
az keyvault key sign "${v[@]}" --name rsa --algorithm RS256 --digest "$digest" \
    --query signature --output tsv
signature=$(cat out)
gives true keyvault key verify "${v[@]}" --name rsa --algorithm RS256 \
    --digest "$digest" --signature "$signature" --query isValid
az keyvault key encrypt "${v[@]}" --name rsa --algorithm RSA-OAEP-256 \
    --value hello --data-type plaintext --query result --output tsv
cipher=$(cat out)
az keyvault key decrypt "${v[@]}" --name rsa --algorithm RSA-OAEP-256 \
    --value "$cipher" --data-type plaintext
contains out '"result": "hello"'
gives true keyvault key show --id https://sdk.vault.azure.net/keys/rsa \
    --query attributes.enabled

h=(--hsm-name hsm)
table "${h[@]}" <<'END'
key create --name oct --kty oct-HSM --size 256 --ops encrypt decrypt wrapKey unwrapKey
key create --name rsa --kty RSA-HSM
key list
key show --name oct
key random --count 16
key delete --name rsa
key list-deleted
key recover --name rsa
key list-versions --name rsa
key backup --name oct --file oct.backup
END
# Not CBCPAD: with a key whose bytes it cannot see, Azure's library for Python
# encrypts that one by random bytes of its own, and nobody can decrypt it.
az keyvault key encrypt "${h[@]}" --name oct --algorithm A256GCM --value aGVsbG8=
gives aGVsbG8= keyvault key decrypt "${h[@]}" --name oct --algorithm A256GCM \
    --iv "$(jq -r .iv out)" --tag "$(jq -r .tag out)" --value "$(jq -r .result out)" \
    --query result

az keyvault certificate get-default-policy
cp out default.json
az keyvault certificate create "${v[@]}" --name c --policy @default.json
cat >issued.json <<'END'
{"issuerParameters": {"name": "Unknown"}, "x509CertificateProperties":
  {"subject": "CN=merged", "validityInMonths": 12}, "keyProperties":
  {"keyType": "RSA", "keySize": 2048, "exportable": true},
  "secretProperties": {"contentType": "application/x-pkcs12"}}
END
az keyvault certificate create "${v[@]}" --name merged --policy @issued.json
az keyvault certificate pending show "${v[@]}" --name merged --query csr --output tsv
{
    echo '-----BEGIN CERTIFICATE REQUEST-----'
    fold -w 64 <out
    echo '-----END CERTIFICATE REQUEST-----'
} >merged.csr
plain x509 -req -in merged.csr -CA issuer.crt -CAkey issuer.key -days 2 \
    -set_serial 2 -out merged.crt 2>&9
table "${v[@]}" <<'END'
certificate pending merge --name merged --file merged.crt
certificate show --name c
certificate list
certificate list-versions --name c
certificate set-attributes --name c --tags a=b
certificate import --name pem --file robot.pem
certificate import --name pfx --file robot.pfx --password sesame
certificate download --name c --file c.pem --encoding PEM
certificate contact add --email a@b.example
certificate contact list
certificate contact delete --email a@b.example
certificate issuer create --issuer-name i --provider-name Test
certificate issuer show --issuer-name i
certificate issuer list
certificate issuer admin add --issuer-name i --email a@b.example
certificate issuer admin list --issuer-name i
certificate issuer admin delete --issuer-name i --email a@b.example
certificate issuer update --issuer-name i --account-id a
certificate issuer delete --issuer-name i
certificate backup --name c --file c.backup
certificate set-attributes --name c --policy @default.json
certificate create --name withdrawn --policy @issued.json
certificate pending show --name withdrawn
certificate pending delete --name withdrawn
certificate delete --name c
certificate list-deleted
certificate show-deleted --name c
certificate recover --name c
certificate delete --name c
certificate purge --name c
certificate restore --file c.backup
END
plain x509 -in c.pem -noout

# What our own command gets of it.
az account get-access-token --resource https://vault.azure.net
jq -e .accessToken out >/dev/null || fail 'there is no token'
keep_results az-names
echo "az: $commands commands" | tee "$results"
