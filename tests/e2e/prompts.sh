#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Nobody at a terminal is asked for the passphrase of what a file or a vault
# holds: neither by us nor by the emulator. All run in a session of their own,
# so that a question would come by the standard error. Usage: prompts.sh
# BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# locked FILE: encrypted in the form of RFC 1421, which any block can have.
locked()
{
    awk '{ print }
        /^-----BEGIN / {
            print "Proc-Type: 4,ENCRYPTED"
            print "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n"
        }' "$1"
}

# quietly COMMAND...: fails, without a question. Its errors are in err.
quietly()
{
    trace "$@"
    ! setsid -w timeout -k 5 "$patience" env "${sanitizer[@]}" "$@" \
        >out 2>err <answers 9>&- || fail "it works"
    lacks err 'pass phrase'
}

of_ca_file()
{
    quietly env AKV_CA_FILE=locked.crt openssl pkey "${prov[@]}" -in "$(uri ec)"
    contains err 'there is no certificate in PEM form in what ca-file'
}

of_credentials()
{
    cat ec.pem locked.crt >whole.pem
    quietly env -u AZURE_CLIENT_SECRET \
        AZURE_CLIENT_CERTIFICATE_PATH=whole.pem openssl pkey "${prov[@]}" \
        -in "$(uri ec)"
    contains err 'client-certificate: .whole.pem.'
}

of_import()
{
    quietly "$build/akv" key import "akv://$vault/keys/new" --file locked.pem
    contains err 'locked.pem is encrypted: its password is missing'
    jq -n --rawfile pem whole.pem '{value: $pem,
        policy: {secret_props: {contentType: "application/x-pem-file"}}}' >body
    ask -o reply -w '%{http_code}\n' -H "Authorization: Bearer $(get_token)" \
        -H 'Content-Type: application/json' --data-binary @body \
        "$vault_url/certificates/new/import?api-version=7.5" >code
    contains code '^400$'
    lacks "$work/emulator.log" 'pass phrase'
}

of_seed()
{
    echo '{"keys": [{"name": "k", "kty": "EC", "pem_file": "locked.pem"}]}' \
        >locked.json
    quietly "$build/akv-emulator" --seed locked.json
    contains err 'no private key in PEM'
}

start_emulator
cd "$work"
printf 'secret\n%.0s' {1..20} >answers
plain req -x509 -key ec.pem -subj /CN=ca -days 2 -out ca.crt
locked ca.crt >locked.crt
plain pkey -in ec.pem -traditional -aes256 -passout pass:secret -out locked.pem
order options
of_ca_file
of_credentials
of_import
of_seed
