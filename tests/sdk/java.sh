#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Azure's libraries for Java against the emulator, called as
# java.sh BUILD-DIR FOLDER WAY; see go.sh.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
folder=${2:?usage: $0 BUILD-DIR FOLDER WAY}
way=${3:?usage: $0 BUILD-DIR FOLDER WAY}

for tool in javac mvn keytool; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
make_program()
{
    mkdir -p "$folder/classes"
    (
        exec 8>"$folder/lock"
        flock 8
        mvn -q -B -ntp -f "$sdk_dir/java/pom.xml" \
            -Dmaven.repo.local="$folder/repository" \
            -DoutputDirectory="$folder/lib" dependency:copy-dependencies \
            >"$work/download.log" 2>&1 9>&- || {
            show "$work/download.log"
            exit 77
        }
        javac -Xlint:all,-processing -Werror --release 17 -cp "$folder/lib/*" \
            -d "$folder/classes" "$sdk_dir"/java/src/main/java/sdk/*.java \
            2>&9
    )
}
if [ -z "${SDK_IN_NAMESPACE:-}" ]; then
    status=0
    make_program || status=$?
    [ "$status" -ne 77 ] || skip "Azure's libraries for Java cannot be had"
    [ "$status" -eq 0 ] || fail 'the program is not built'
fi
[ "$way" != names ] || in_namespace "$@"
start_whole_vault "$way"
keep_results "java-$way"
keytool -importcert -noprompt -alias emulator -file "$ca_file" \
    -keystore "$work/trust.p12" -storetype PKCS12 -storepass changeit 2>&9

# java_sdk [NAME=VALUE]... [CREDENTIAL]: what a variable holds is seen in no list
# of processes.
java_sdk()
(
    sdk_vars=(-u OPENSSL_CONF -u OPENSSL_MODULES)
    unset AZURE_AUTHORITY_HOST AZURE_TENANT_ID AZURE_CLIENT_ID \
        AZURE_CLIENT_SECRET AZURE_POD_IDENTITY_AUTHORITY_HOST
    while [[ ${1:-} = *=* ]]; do
        export "${1?}"
        shift
    done
    sdk java -XX:TieredStopAtLevel=1 \
        -Djavax.net.ssl.trustStore="$work/trust.p12" \
        -Djavax.net.ssl.trustStorePassword=changeit \
        -cp "$folder/classes:$folder/lib/*" sdk.Main "$@"
)

service=(AZURE_TENANT_ID="$tenant_id" AZURE_CLIENT_ID="$client_id"
    AZURE_CLIENT_SECRET="$client_secret")
java_sdk
java_sdk "${service[@]}" 'default chain'
java_sdk IDENTITY_ENDPOINT="$SDK_IDENTITY/msi/token" \
    IDENTITY_HEADER="$identity_header" 'App Service'
java_sdk MSI_ENDPOINT="$SDK_IDENTITY/cloudshell/token" 'Cloud Shell'
if [ "$way" = names ]; then
    # Its builder cannot switch instance discovery off.
    java_sdk "${service[@]}" environment
    java_sdk IMDS
    java_sdk 'IMDS of a client id'
    java_sdk IDENTITY_ENDPOINT="$SDK_IDENTITY/arc/metadata/identity/oauth2/token" \
        IMDS_ENDPOINT="$SDK_IDENTITY" 'Azure Arc'
fi
