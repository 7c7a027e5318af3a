#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Applications written in Java, and what they reach their keys in Azure with,
# against the emulator: applications-java.sh BUILD-DIR FOLDER. FOLDER is for what
# Maven Central gives. Few of them let the verification of the challenge be
# switched off, or another authority be named: it is all by the service's own
# names.

# shellcheck source=applications.sh
. "$(dirname "${BASH_SOURCE[0]}")/applications.sh"
sources=$sdk_dir/applications/java
# NAME.xml has the newest version of each.
programs=(jca jsign mssql spring)

for tool in javac mvn keytool; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done

# make_program NAME: from NAME.xml and the file of that name in Java. If it is
# not made, NAME.skipped or NAME.failed tells the run in the namespace why.
make_program()
{
    local log=$folder/$1.log

    rm -f "$folder/$1".{failed,skipped}
    if ! cmp -s "$sources/$1.xml" "$folder/$1/pom.xml"; then
        rm -rf "${folder:?}/$1"
        trace mvn -f "$sources/$1.xml" dependency:copy-dependencies
        mvn -q -B -ntp -f "$sources/$1.xml" \
            -Dmaven.repo.local="$folder/repository" \
            -DoutputDirectory="$folder/$1" dependency:copy-dependencies \
            >"$log" 2>&1 9>&- || {
            show "$log"
            sed -n '/\[ERROR\] /{s/.*\[ERROR\] //p;q}' "$log" >"$folder/$1.skipped"
            return
        }
        cp "$sources/$1.xml" "$folder/$1/pom.xml"
    fi
    # What is generated, and what others left out of their libraries, is theirs.
    javac -Xlint:all,-processing,-classfile,-path -Werror --release 17 -proc:none \
        -cp "$folder/$1/*" -d "$folder/$1/classes" "$sources/${1^}.java" \
        >"$log" 2>&1 9>&- && return
    show "$log"
    head -n 1 "$log" >"$folder/$1.failed"
}

make_programs()
{
    local name

    mkdir -p "$folder"
    (
        exec 8>"$folder/lock"
        flock 8
        for name in "${programs[@]}"; do
            make_program "$name"
        done
    )
}

# client NAME CLASS ARGUMENT...: its output is in out. Its environment has the
# credential, which is never an argument. What the library for JCA trusts has the
# name that others have for keys of one's own.
client()
{
    trace "$@"
    timeout -k 5 120 env -u AZURE_AUTHORITY_HOST -u AZURE_TENANT_ID \
        -u AZURE_CLIENT_ID -u AZURE_CLIENT_SECRET \
        -u AZURE_POD_IDENTITY_AUTHORITY_HOST -u OPENSSL_CONF -u OPENSSL_MODULES \
        java -XX:TieredStopAtLevel=1 -Djavax.net.ssl.trustStore="$work/trust.p12" \
        -Djavax.net.ssl.trustStorePassword=changeit \
        -Djavax.net.ssl.keyStore="$work/trust.p12" \
        -cp "$folder/$1/classes:$folder/$1/*" "${@:2}" \
        >"$work/out" 2>"$work/err" 9>&- && return
    show "$work/out" "$work/err"
    fail "$(grep -m 1 -E 'Exception|Error|^jsign: ' "$work/err" || echo "$2")"
}

# version NAME: of the application.
version()
{
    sed -n 's/.*<application.version>\(.*\)<.*/\1/p' "$sources/$1.xml"
}

# policy NAME KEY-MEMBERS [X509-MEMBERS]: of a certificate for localhost by this
# name, unless X509-MEMBERS tell another use.
policy()
{
    local uses='"sans": {"dns_names": ["localhost"]}'

    cat >"$work/$1.json" <<END
{"issuer": {"name": "Self"}, "key_props": {$2, "reuse_key": false},
 "secret_props": {"contentType": "application/x-pkcs12"},
 "x509_props": {"subject": "CN=$1", "key_usage": ["digitalSignature"],
                "validity_months": 1, ${3:-$uses}}}
END
}

# certificates NAME...: by their policies, all at once, as akv waits for each.
certificates()
{
    local name jobs=()

    for name in "$@"; do
        akv certificate create "akv://$vault/certificates/$name" \
            --policy "$work/$name.json" >"$work/$name.out" &
        jobs+=($!)
    done
    for name in "${jobs[@]}"; do
        wait "$name"
    done
}

rsa='"kty": "RSA", "key_size": 2048'
ec='"kty": "EC", "crv": "P-256"'

# Keys that stay in the vault, which has to sign for them; then one that comes.
try_jca()
{
    policy rsa "$rsa, \"exportable\": false"
    policy ec "$ec, \"exportable\": false"
    certificates rsa ec
    reset_counters
    client jca applications.Jca
    # Four signatures, and two for each of three connections.
    expect_count sign 10
    policy local "$rsa, \"exportable\": true"
    certificates local
    reset_counters
    client jca applications.Jca local
    expect_count sign 0
}

# jsign FILE DIGEST: signs with it, and looks at the result. osslsigncode does what
# Windows would do with a program.
jsign()
{
    client jsign net.jsign.JsignCLI --storetype AZUREKEYVAULT --keystore sdk \
        --storepass env:SDK_TOKEN --alias signer --alg "$2" "$1"
    client jsign applications.Jsign check "$1" signer.pem "$2"
    if [ "${1##*.}" = exe ] && command -v osslsigncode >&9; then
        osslsigncode verify -CAfile signer.pem -in "$1" >&9
    fi
}

# An RSA key only: it takes an EC key's signature for one in DER, and Azure's are
# not. For SHA-1 it has the vault sign what is padded by itself (RSNULL).
try_jsign()
{
    cd "$work"
    policy signer "$rsa, \"exportable\": false" '"ekus": ["1.3.6.1.5.5.7.3.3"]'
    certificates signer
    good certificate download "akv://$vault/certificates/signer" --file signer.pem
    export SDK_TOKEN
    SDK_TOKEN=$(get_token)
    client jsign applications.Jsign make program.exe
    jsign program.exe SHA-256
    printf 'Write-Host "hello"\r\n' >script.ps1
    jsign script.ps1 SHA-512
    printf 'WScript.Echo "hello"\r\n' >old.vbs
    jsign old.vbs SHA-1
}

try_mssql()
{
    good key create "akv://$vault/keys/master"
    good key create "akv://$hsm/keys/master" --kty RSA-HSM
    client mssql applications.Mssql \
        "https://sdk.vault.azure.net/keys/master/$(newest_version master)" \
        "https://hsm.managedhsm.azure.net/keys/master/$(result_version)"
}

# A dash stands for what separates the words of a property.
try_spring()
{
    put greeting 'hello of the vault'
    put data-source-password sesame
    client spring applications.Spring
    contains "$work/out" '^greeting: hello of the vault$'
    contains "$work/out" '^password: sesame$'
}

[ -n "${SDK_IN_NAMESPACE:-}" ] || make_programs
in_namespace "$@"
start_whole_vault names
keytool -importcert -noprompt -alias emulator -file "$ca_file" \
    -keystore "$work/trust.p12" -storetype PKCS12 -storepass changeit 2>&9
for program in "${programs[@]}"; do
    try "$program" "$(version "$program")"
done
tell_sum Java
[ "$ok" -gt 0 ] || skip 'none of the applications can be had'
