#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every way to a token that the akv command knows, and what it says of those
# that give none.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

# --- Who may do what ----------------------------------------------------------------

cd "$work"
plain req -x509 -newkey rsa:2048 -nodes -keyout robot.key -config plain.cnf \
    -subj /CN=robot -days 9 -out robot.crt 2>&9
plain req -x509 -newkey rsa:2048 -nodes -keyout stranger.key \
    -config plain.cnf -subj /CN=stranger -days 9 -out stranger.crt 2>&9
plain genpkey -algorithm RSA -out issuer.key 2>&9
plain pkey -in issuer.key -pubout -out issuer.pub
cat >seed.json <<'END'
{"vaults": ["first", {"name": "other", "tenant": "tenant-of-another"}],
 "tenants": ["tenant-of-mine", "tenant-of-another"],
 "secrets": [{"name": "s", "value": "the value"},
             {"name": "o", "value": "of another", "vault": "other"}],
 "principals": [
   {"client_id": "robot", "operations": ["get_secret"],
    "certificate_file": "robot.crt"},
   {"client_id": "pod", "operations": ["get_secret"],
    "federated": {"issuer": "https://cluster.example", "subject": "pod-1",
                  "key_file": "issuer.pub"}},
   {"client_id": "machine", "operations": ["get_secret"],
    "object_id": "object-of-machine",
    "resource_id": "/subscriptions/s/machine"}]}
END
start_vault
s=akv://$vault/secrets/s
other=akv://other.localhost:${vault##*:}/secrets/o

# The tools of developers, none of which is logged in.
mkdir bin
export PATH=$work/bin:$PATH

# tool NAME TEXT: a program of that name; what it was called with is in
# NAME.log.
tool()
{
    # shellcheck disable=SC2016 # for the shell that runs it
    printf '#!/bin/sh\necho "$PWD $*" >>%q\n%s\n' "$work/$1.log" "$2" \
        >"bin/$1.new"
    chmod +x "bin/$1.new"
    mv "bin/$1.new" "bin/$1"
    : >"$1.log"
}
tool az 'echo "Please run az login to setup account." >&2; exit 1'
tool azd 'echo "not logged in, run azd auth login" >&2; exit 1'

# From here on each credential is named where it is used.
unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET
export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:9
id=(AZURE_TENANT_ID="$tenant_id" AZURE_CLIENT_ID="$client_id")

# works NAME=VALUE...: with this environment the secret is shown.
works()
{
    vars=("$@")
    good secret show "$s" --output raw
    equal "$(cat out)" 'the value' "the secret"
    vars=()
}

# fails STATUS PATTERN NAME=VALUE...
fails()
{
    vars=("${@:3}")
    bad "$1" "$2" secret show "$s"
    vars=()
}

# token_of NAME=VALUE...: what login check says of the token that is used.
token_of()
{
    vars=("$@")
    good login check
    sed -n '/a token, which is used/,/^[^ ]/p' out | sed -n 's/^ *appid: //p'
    vars=()
}

# --- Environment ------------------------------------------------------------------------

works "${id[@]}" AZURE_CLIENT_SECRET="$client_secret"
echo "$client_secret" >secret-file
works "${id[@]}" AZURE_CLIENT_SECRET_FILE=secret-file
works "${id[@]}" AZURE_CLIENT_SECRET="$client_secret" AKV_CREDENTIAL=environment
fails 5 'invalid_client: AADSTS7000215' "${id[@]}" \
    AZURE_CLIENT_SECRET=wrong-guess
lacks err wrong-guess
fails 5 'client-id \(AZURE_CLIENT_ID\) is not set' AZURE_CLIENT_SECRET=x \
    AZURE_TENANT_ID="$tenant_id"
fails 5 'tenant-id \(AZURE_TENANT_ID\) is not set' AZURE_CLIENT_SECRET=x \
    AZURE_CLIENT_ID="$client_id"
fails 5 AZURE_CLIENT_SECRET "${id[@]}" AKV_CREDENTIAL=environment
fails 2 "'a/b'" "${id[@]}" AZURE_TENANT_ID=a/b AZURE_CLIENT_SECRET=x
fails 2 "'http://127.0.0.1'" "${id[@]}" AZURE_CLIENT_SECRET=x \
    AZURE_AUTHORITY_HOST=http://127.0.0.1

# A certificate, in every form that it comes in.
robot=(AZURE_TENANT_ID="$tenant_id" AZURE_CLIENT_ID=robot)
cat robot.key robot.crt >robot.pem
cat stranger.key stranger.crt >stranger.pem
cat stranger.crt robot.crt robot.key >mixed.pem
plain pkcs12 -export -inkey robot.key -in robot.crt -passout pass: \
    -out open.pfx
plain pkcs12 -export -inkey robot.key -in robot.crt -passout pass:hunter2 \
    -out locked.pfx
echo hunter2 >password
for file in robot.pem mixed.pem open.pfx; do
    works "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH="$file"
done
works "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=robot.pem \
    AZURE_CLIENT_SEND_CERTIFICATE_CHAIN=1
works "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=locked.pfx \
    AZURE_CLIENT_CERTIFICATE_PASSWORD=hunter2
works "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=locked.pfx \
    AZURE_CLIENT_CERTIFICATE_PASSWORD_FILE=password
fails 2 "locked.pfx'.*" "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=locked.pfx
fails 2 "locked.pfx'.*" "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=locked.pfx \
    AZURE_CLIENT_CERTIFICATE_PASSWORD=Wrong-Password-9
lacks err Wrong-Password-9
fails 2 "robot.crt'" "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=robot.crt
fails 2 "absent'" "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=absent

fails 5 'invalid_client' "${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=stranger.pem
# The secret comes first.
equal "$(token_of "${id[@]}" AZURE_CLIENT_SECRET="$client_secret" \
    AZURE_CLIENT_CERTIFICATE_PATH=stranger.pem)" "$client_id" "who has the token"

# --- Workload identity --------------------------------------------------------------------

pod=(AZURE_TENANT_ID="$tenant_id" AZURE_CLIENT_ID=pod
    AZURE_FEDERATED_TOKEN_FILE=federated)
assertion federated pod-1 600
works "${pod[@]}"
equal "$(token_of "${pod[@]}")" pod "who has the token"
# Rotated on disk.
assertion rotated pod-1 300
mv rotated federated
works "${pod[@]}"
assertion federated pod-2 600
fails 5 'AADSTS' "${pod[@]}"
assertion federated pod-1 -3600
fails 5 'AADSTS' "${pod[@]}"
rm federated
fails 5 "federated-token-file: 'federated' cannot be read" "${pod[@]}"
echo >federated
fails 5 "federated-token-file: 'federated' is empty" "${pod[@]}"
# Through the proxy of a cluster, whose certificate has another name: its own
# certificates alone count there, and the authority is not asked.
assertion federated pod-1 600
proxy=("${pod[@]}" AZURE_AUTHORITY_HOST=https://absent.example
    AZURE_KUBERNETES_TOKEN_PROXY="https://127.0.0.1:${vault##*:}")
name=AZURE_KUBERNETES_SNI_NAME=localhost
works "${proxy[@]}" "$name" AZURE_KUBERNETES_CA_FILE="$ca_file"
works "${proxy[@]}" "$name" AZURE_KUBERNETES_CA_DATA="$(cat "$ca_file")"
fails 8 'given for this server alone' "${proxy[@]}" "$name" \
    AZURE_KUBERNETES_CA_FILE=robot.crt
fails 5 "kubernetes-ca-file: 'gone' cannot be read" "${proxy[@]}" "$name" \
    AZURE_KUBERNETES_CA_FILE=gone
fails 2 "AZURE_KUBERNETES_TOKEN_PROXY: 'http:" "${proxy[@]}" \
    AZURE_KUBERNETES_TOKEN_PROXY=http://127.0.0.1
echo >federated
fails 5 'AZURE_FEDERATED_TOKEN_FILE' AZURE_TENANT_ID="$tenant_id" \
    AZURE_CLIENT_ID=pod AZURE_TOKEN_CREDENTIALS=WorkloadIdentityCredential

# --- Managed identity ----------------------------------------------------------------------

imds=(AZURE_POD_IDENTITY_AUTHORITY_HOST="$identity_url")
only=(AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential)
works "${imds[@]}"
works "${imds[@]}" "${only[@]}"
for machine in machine object:object-of-machine /subscriptions/s/machine; do
    equal "$(token_of "${imds[@]}" AKV_MANAGED_IDENTITY_ID="$machine")" \
        machine "whose token it is"
done
for chain in prod ManagedIdentityCredential ''; do
    equal "$(token_of "${imds[@]}" AZURE_TOKEN_CREDENTIALS="$chain" \
        AZURE_CLIENT_ID=machine AKV_MANAGED_IDENTITY_ID=)" machine \
        "whose token it is"
done
fails 5 . "${imds[@]}" AKV_MANAGED_IDENTITY_ID=nobody
service=(IDENTITY_ENDPOINT="$identity_url/msi/token")
works "${service[@]}" IDENTITY_HEADER="$identity_header"
works "${service[@]}" IDENTITY_HEADER="$identity_header" "${only[@]}"
equal "$(token_of "${service[@]}" IDENTITY_HEADER="$identity_header" \
    AKV_MANAGED_IDENTITY_ID=machine)" machine "whose token it is"
fails 5 'HTTP 401' "${service[@]}" IDENTITY_HEADER=Wrong-Header-9
lacks err Wrong-Header-9
works MSI_ENDPOINT="$identity_url/msi/token" MSI_SECRET="$identity_header"
fails 5 'HTTP 401' MSI_ENDPOINT="$identity_url/msi/token" \
    MSI_SECRET=Wrong-Header-9
lacks err Wrong-Header-9
works MSI_ENDPOINT="$identity_url/cloudshell/token"
fails 5 'managed-identity-id' MSI_ENDPOINT="$identity_url/cloudshell/token" \
    AKV_MANAGED_IDENTITY_ID=machine
fails 5 'Service Fabric' "${service[@]}" IDENTITY_HEADER=x \
    IDENTITY_SERVER_THUMBPRINT=y AZURE_TOKEN_CREDENTIALS=prod
# The service may be there and say no: 400 means that there is no identity.
fault '[{"match": {"op": "identity"}, "action": {"status": 400}}]'
fails 5 'no credential: .*ManagedIdentityCredential.*AzureCLI' "${imds[@]}"
fault '[{"match": {"op": "identity", "count": 1}, "action": {"status": 410}}]'
works "${imds[@]}" "${only[@]}"
fault '[]'

# Azure Arc: the challenge names a file, and only those of the agent are read.
arc=(IDENTITY_ENDPOINT="$identity_url/arc/metadata/identity/oauth2/token"
    IMDS_ENDPOINT="$identity_url")
fails 5 'is no \.key file in /var/opt/azcmagent/tokens/; it is not read' \
    "${arc[@]}"

# arc_says HEADER: an endpoint with such a challenge. Sets arc_url.
arc_says()
{
    local pid

    rm -f arc-port
    mkfifo arc-port
    python3 - "$1" 3<>arc-port >&3 2>arc.log 9>&- <<'END' &
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.headers.get("Authorization"), file=sys.stderr, flush=True)
        self.send_response(401)
        self.send_header("WWW-Authenticate", sys.argv[1])
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
END
    pid=$!
    pids+=("$pid")
    read -r -t 20 port <arc-port || fail "the Arc endpoint does not start"
    arc_url=http://127.0.0.1:$port/metadata
}
if command -v python3 >python.path; then
    for file in /etc/shadow /var/opt/azcmagent/tokens/../../../../etc/x.key \
        /var/opt/azcmagent/tokens/x.txt /var/opt/azcmagent/tokens/.key \
        /var/opt/azcmagent/tokens/a/x.key /var/opt/azcmagent/tokens2/x.key; do
        arc_says "Basic realm=$file"
        fails 5 "challenge names '$file'.*it is not read" \
            IDENTITY_ENDPOINT="$arc_url" IMDS_ENDPOINT="$arc_url"
        # It was asked, and once, and no file was sent to it.
        equal "$(cat arc.log)" None "what the Arc endpoint was told"
    done
    arc_says 'Basic realm=/var/opt/azcmagent/tokens/x=y.key'
    fails 5 'not of the form Basic realm=FILE' \
        IDENTITY_ENDPOINT="$arc_url" IMDS_ENDPOINT="$arc_url"
fi

# --- Developers' tools ----------------------------------------------------------------------

ask -d grant_type=client_credentials -d "client_id=$client_id" \
    --data-urlencode "client_secret=$client_secret" \
    --data-urlencode scope=https://vault.azure.net/.default \
    "$vault_url/$tenant_id/oauth2/v2.0/token" >reply
token=$(member access_token "$(cat reply)")
az_reply="echo '{\"accessToken\":\"$token\",\"expires_on\":$(($(date +%s) \
    + 3000)),\"tokenType\":\"Bearer\"}'"
azd_reply="echo '{\"token\":\"$token\",\"expiresOn\":\"$(date -u -d +50min \
    +%Y-%m-%dT%H:%M:%SZ)\"}'"

tool az "$az_reply"
: >azd.log
works
contains az.log "^(/usr)?/bin account get-access-token -o json --resource https://vault.azure.net --tenant $tenant_id\$"
[ ! -s azd.log ] || fail "azd was asked although az has answered"
# The old form: a time of this machine's zone.
tool az "echo '{\"accessToken\":\"$token\",\"expiresOn\":\"$(date -d +50min \
    '+%Y-%m-%d %H:%M:%S').000000\"}'"
works
# What they say besides: colours, warnings, news.
for noise in '\033[33mWARNING: a new release is there\033[0m' '{not this}' \
    'unable to {parse: "x"}'; do
    tool az "printf '$noise\n' >&2; printf '$noise\n'; $az_reply; echo bye"
    works AZURE_TOKEN_CREDENTIALS=AzureCLICredential
done
tool az 'echo You have logged in.'
fails 5 'AzureCLICredential.*JSON' \
    AZURE_TOKEN_CREDENTIALS=AzureCLICredential
tool az 'echo "Please run az login to setup account." >&2; exit 1'
tool azd "$azd_reply"
works
contains azd.log "^(/usr)?/bin auth token -o json --no-prompt --scope https://vault.azure.net/.default --tenant-id $tenant_id\$"
# A tool that fails does not end the chain, however it fails.
for text in 'echo "boom" >&2; exit 1' 'echo "{}"' 'echo no JSON' 'exit 127' \
    'kill -9 $$' 'exit 0'; do
    tool az "$text"
    works
done
works AZURE_TOKEN_CREDENTIALS=dev
works AZURE_TOKEN_CREDENTIALS=AzureDeveloperCLICredential
works AZURE_TOKEN_CREDENTIALS=azuredeveloperclicredential
fails 5 'AzureCLICredential' AZURE_TOKEN_CREDENTIALS=AzureCLICredential
[ -s azd.log ] || fail "azd was never asked"
: >azd.log
fails 5 'no credential' AZURE_TOKEN_CREDENTIALS=prod
[ ! -s azd.log ] || fail "azd was asked for production"
# What a tool says is no place for a token.
tool az "echo 'error: $token' >&2; exit 1"
fails 5 AzureCLICredential AZURE_TOKEN_CREDENTIALS=AzureCLICredential
lacks err "$token"

# --- The chain -----------------------------------------------------------------------------

tool az "$az_reply"
# One that is set up and refused ends it; one that is not set up is passed.
: >az.log
fails 5 'invalid_client' "${id[@]}" AZURE_CLIENT_SECRET=wrong-guess
fails 5 'federated-token-file' "${pod[@]}"
fails 5 'HTTP 401' "${service[@]}" IDENTITY_HEADER=Wrong-Header-9
[ ! -s az.log ] || fail "az was asked after a credential was refused"
works
tool az 'exit 1'
tool azd 'exit 1'
vars=()
bad 5 'no credential' secret show "$s"
for name in Environment WorkloadIdentity ManagedIdentity AzureCLI \
    AzureDeveloperCLI; do
    contains err "${name}Credential: "
done
fails 2 "AZURE_TOKEN_CREDENTIALS: 'foo'" AZURE_TOKEN_CREDENTIALS=foo
fails 5 'PowerShell is not supported' \
    AZURE_TOKEN_CREDENTIALS=AzurePowerShellCredential
fails 2 "AKV_CREDENTIAL: 'foo'" AKV_CREDENTIAL=foo
# A chain of one's own, in its order.
works "${id[@]}" AZURE_CLIENT_SECRET="$client_secret" \
    AKV_CREDENTIAL=workload-identity,environment
fails 5 'WorkloadIdentityCredential: .*; EnvironmentCredential: ' \
    AKV_CREDENTIAL=workload-identity,environment
fails 2 "AKV_CREDENTIAL: 'azd,default'" AKV_CREDENTIAL=azd,default

# --- Tokens given -----------------------------------------------------------------------------

works AKV_ACCESS_TOKEN="$token"
works AKV_ACCESS_TOKEN="$token" AKV_CREDENTIAL=token
echo "$token" >token
works AKV_ACCESS_TOKEN_FILE=token
fails 5 'HTTP 401' AKV_ACCESS_TOKEN=no-token-at-all
lacks err no-token-at-all
fails 5 "access-token-file: 'absent' cannot be read" AKV_ACCESS_TOKEN_FILE=absent
: >empty
fails 5 "access-token-file: 'empty' is empty" AKV_ACCESS_TOKEN_FILE=empty

# --- Tenants ------------------------------------------------------------------------------------

secret=(AZURE_CLIENT_SECRET="$client_secret")
vars=("${id[@]}" "${secret[@]}" "AKV_TRUSTED_HOSTS=localhost,.localhost"
    AKV_RESOLVE="other.localhost:${vault##*:}:127.0.0.1")
bad 5 'is of tenant tenant-of-another' secret show "$other"
contains err 'AZURE_ADDITIONALLY_ALLOWED_TENANTS'
vars+=(AZURE_ADDITIONALLY_ALLOWED_TENANTS='a;tenant-of-another')
good secret show "$other" --output raw
equal "$(cat out)" 'of another' "a secret in another tenant"
vars+=(AZURE_ADDITIONALLY_ALLOWED_TENANTS='*')
good secret show "$other" --output raw
# A tenant of ours, whatever the vault wants: it refuses the token.
vars+=(AZURE_IDENTITY_DISABLE_MULTITENANTAUTH=true)
bad 5 'HTTP 401' secret show "$other"
vars=()

# --- login check -----------------------------------------------------------------------------

tool az "$az_reply"
vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=robot.pem)
good login check
equal "$(head -n 1 out)" 'EnvironmentCredential: a token, which is used' \
    "the first of the chain"
contains out '^    appid: robot$'
contains out "^    tid: $tenant_id\$"
contains out '^    aud: https://vault.azure.net$'
contains out '^WorkloadIdentityCredential: not available: federated-token-file'
contains out '^ManagedIdentityCredential: not available: .*127.0.0.1(:| port )9 '
contains out '^AzureCLICredential: a token$'
contains out '^AzureDeveloperCLICredential: failed: '
contains out '^AzurePowerShellCredential: not available: '
lacks out 'eyJ'
vars+=(AZURE_CLIENT_CERTIFICATE_PATH=stranger.pem)
good login check
contains out '^EnvironmentCredential: failed: .*invalid_client'
vars=(AZURE_TOKEN_CREDENTIALS=prod)
status=0
akv login check >out 2>err || status=$?
equal "$status" 5 "the exit status without any credential"
contains err '^akv: no credential gives a token'
lacks out AzureCLI
lacks err 'credential:'
akv login check --output json >out 2>err || status=$?
equal "$status" 5 "the exit status without any credential, in JSON"
equal "$(json 'map(.status) | unique[]')" unavailable "the statuses in JSON"
vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=robot.pem)
good login check --output json
equal "$(json '.[0] | .credential + " " + .status + " " + .claims.appid')" \
    'EnvironmentCredential used robot' "the first of the chain in JSON"
equal "$(json '.[1] | .status + " " + .reason' | cut -c1-32)" \
    'unavailable federated-token-file' "the second in JSON"
equal "$(json length)" 6 "the credentials in JSON"
lacks out 'eyJ'

# A file that is not there is told where it matters, and the others go on.
vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=absent
    AZURE_FEDERATED_TOKEN_FILE=federated)
good login check
contains out "^EnvironmentCredential: failed: client-certificate: 'absent' cannot be read: No such file"
contains out "^WorkloadIdentityCredential: failed: federated-token-file: 'federated' is empty"
contains out '^AzureCLICredential: a token, which is used$'
vars=("${id[@]}" AZURE_CLIENT_SECRET_FILE=absent AZURE_FEDERATED_TOKEN_FILE=gone
    AKV_ACCESS_TOKEN_FILE=absent-token)
good login check
contains out "^the token given: failed: access-token-file: 'absent-token' cannot be read"
contains out "^EnvironmentCredential: failed: client-secret-file: 'absent' cannot be read"
contains out "^WorkloadIdentityCredential: failed: federated-token-file: 'gone' cannot be read"
vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=locked.pfx
    AZURE_CLIENT_CERTIFICATE_PASSWORD_FILE=absent)
good login check
contains out "^EnvironmentCredential: failed: client-certificate-password-file: 'absent' cannot be read"
vars+=(AZURE_TOKEN_CREDENTIALS=EnvironmentCredential)
status=0
akv login check >out 2>err || status=$?
equal "$status" 5 "the exit status where no credential gives a token"
lines out 1
vars=()

# --- login token -----------------------------------------------------------------------------

vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=robot.pem)
bad 2 '^akv: --out is missing: the file for the token' login token
bad 2 "^akv: --scope 'x': https://RESOURCE/.default is expected" \
    login token --scope x --out held
[ ! -e held ] || fail "a file without a token"
(umask 0 && good login token --out held)
[ ! -s out ] || fail "a token is printed: $(wc -c <out) bytes"
equal "$(stat -c %a held)" 600 "the mode of the token's file"
works AKV_ACCESS_TOKEN_FILE=held
vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=stranger.pem)
bad 5 '^akv: .*invalid_client' login token --out none
[ ! -e none ] || fail "a file without a token"
vars=("${robot[@]}" AZURE_CLIENT_CERTIFICATE_PATH=absent)
bad 2 "^akv: client-certificate: 'absent' cannot be read" login token --out none
vars=()
