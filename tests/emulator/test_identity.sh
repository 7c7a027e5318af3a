#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Client assertions, managed identities, tenants and claims of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

for name in app other issuer; do
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$name.key" -out "$work/$name.pem" -subj "/CN=$name" -days 30 2>/dev/null
done
openssl pkey -in "$work/issuer.key" -pubout -out "$work/issuer.pub"
cat >"$work/seed.json" <<'END'
{"tenants": ["11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"],
 "vaults": ["first", {"name": "foreign", "tenant": "22222222-2222-2222-2222-222222222222"}],
 "secrets": [{"name": "s", "value": "x"}],
 "principals": [
  {"client_id": "app", "certificate_file": "app.pem", "operations": ["get_secret"]},
  {"client_id": "pod", "operations": ["get_secret"],
   "federated": {"issuer": "https://cluster.test", "subject": "system:serviceaccount:ns:sa", "key_file": "issuer.pub"}},
  {"client_id": "user-id", "object_id": "33333333-3333-3333-3333-333333333333",
   "resource_id": "/subscriptions/s/id", "operations": ["get_secret"]}]}
END
start --seed "$work/seed.json"
secret_header=$(get identity_header "$ready")
is 'tenant' "$tenant" 11111111-1111-1111-1111-111111111111
now=$(date +%s)

# jwt HEADER CLAIMS KEY: signed as the header's alg says.
jwt()
{
    local text options=()

    case $1 in *PS256*) options=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32) ;; esac
    text=$(printf %s "$1" | b64u).$(printf %s "$2" | b64u)
    printf %s.%s "$text" "$(printf %s "$text" | openssl dgst -sha256 -sign "$3" "${options[@]}" | b64u)"
}
thumb()
{
    openssl x509 -in "$work/app.pem" -outform DER | openssl dgst "-$1" -binary | b64u
}
claims()
{
    printf '{"aud":"%s","iss":"%s","sub":"%s","jti":"1","nbf":%d,"exp":%d}' \
        "${1:-$vault/$tenant/oauth2/v2.0/token}" "${2:-app}" "${2:-app}" "$now" $((now + ${3:-600}))
}
with()
{
    token_request "client_id=${2:-app}" client_secret= "client_assertion=$1" \
        client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
}

with_v1()
{
    token_request client_id=app client_secret= scope= resource=https://vault.azure.net "client_assertion=$1" \
        client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
}

section=certificate
x5c=$(openssl x509 -in "$work/app.pem" -outform DER | openssl base64 -A)
for header in "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"$(thumb sha256)\"}" \
    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5t\":\"$(thumb sha1)\"}" \
    "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"$(thumb sha256)\",\"x5c\":[\"$x5c\"]}"; do
    reply=$(with "$(jwt "$header" "$(claims)" "$work/app.key")")
    has 'token' "$reply" '"access_token":"'
done
token=$(get access_token "$reply")
kv /secrets/s
is 'is good' "$status" 200
# Of other alphabets, padded or not; a time with a fraction, none of a beginning.
for encoded in "$(openssl x509 -in "$work/app.pem" -outform DER | openssl dgst -sha256 -binary | openssl base64 -A)" \
    "$(thumb sha256)="; do
    header="{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"$encoded\"}"
    has "thumbprint $encoded" "$(with "$(jwt "$header" "$(claims)" "$work/app.key")")" '"access_token":"'
done
fraction=$(claims | sed 's/"nbf":[0-9]*,//; s/}$/.5}/')
has 'fraction' "$(with "$(jwt "$header" "$fraction" "$work/app.key")")" '"access_token":"'
has 'no time' "$(with "$(jwt "$header" "${fraction/\"exp\":/\"exp\":null,\"x\":}" "$work/app.key")")" AADSTS50027
has 'v1' "$(endpoint=oauth2/token with_v1 "$(jwt "$header" "$(claims "$vault/$tenant/oauth2/token")" "$work/app.key")")" '"resource":"https'
header="{\"alg\":\"PS256\",\"x5t#S256\":\"$(thumb sha256)\"}"
has 'by the usual name of the host' "$(with "$(jwt "$header" "$(claims "https://login.microsoftonline.com/$tenant/oauth2/v2.0/token")" "$work/app.key")")" access_token
has 'another key' "$(with "$(jwt "$header" "$(claims)" "$work/other.key")")" 'AADSTS700027: Client assertion contains an invalid signature'
has 'another algorithm' "$(with "$(jwt "{\"alg\":\"none\",\"x5t#S256\":\"$(thumb sha256)\"}" "$(claims)" "$work/app.key")")" AADSTS700027
has 'another certificate' "$(with "$(jwt '{"alg":"PS256","x5t#S256":"AAAA"}' "$(claims)" "$work/app.key")")" 'not registered on application'
has 'none registered' "$(with "$(jwt "$header" "$(claims)" "$work/app.key")" pod)" AADSTS700027
has 'audience' "$(with "$(jwt "$header" "$(claims https://example.test)" "$work/app.key")")" AADSTS700023
has 'expired' "$(with "$(jwt "$header" "$(claims '' '' -600)" "$work/app.key")")" AADSTS700024
has 'issuer' "$(with "$(jwt "$header" "$(claims '' pod)" "$work/app.key")")" AADSTS700021
has 'no JWT' "$(with nonsense)" AADSTS50027
has 'no secret' "$(token_request client_id=app client_secret=x)" AADSTS7000215
has 'type' "$(token_request client_secret= client_assertion=x client_assertion_type=y)" AADSTS70002

section=federated
federated()
{
    jwt '{"alg":"RS256","kid":"k"}' "{\"iss\":\"${1:-https://cluster.test}\",\"sub\":\"${2:-system:serviceaccount:ns:sa}\",\"aud\":${3:-[\"api://AzureADTokenExchange\"]},\"exp\":$((now + ${4:-600}))}" "$work/${5:-issuer}.key"
}
reply=$(with "$(federated)" pod)
has 'token' "$reply" access_token
has 'audience as text' "$(with "$(federated '' '' '"api://AzureADTokenExchange"')" pod)" access_token
has 'issuer' "$(with "$(federated https://other)" pod)" "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://other'."
has 'subject' "$(with "$(federated '' me)" pod)" AADSTS700213
has 'audience' "$(with "$(federated '' '' '"x"')" pod)" AADSTS700212
has 'expired' "$(with "$(federated '' '' '' -600)" pod)" AADSTS700024
has 'another key' "$(with "$(federated '' '' '' 600 other)" pod)" AADSTS700027
has 'no federation' "$(with "$(federated)" app)" AADSTS700211

section=tenants
login
foreign=foreign.localhost:${vault##*:}
vault=https://$foreign kv /secrets --resolve "$foreign:127.0.0.1"
expect 'of another tenant' 401 'AKV10032: Invalid issuer. Expected one of https://sts.windows.net/22222222'
has 'challenge' "$(cat "$work/headers")" 'login.microsoftonline.com/22222222-2222-2222-2222-222222222222"'
token=$(tenant=22222222-2222-2222-2222-222222222222 token_request | sed 's/.*"access_token":"\([^"]*\).*/\1/')
vault=https://$foreign kv /secrets --resolve "$foreign:127.0.0.1"
is 'token of that tenant' "$status" 200
kv /secrets
is 'is for that tenant only' "$status" 401

section=claims
login
faults '[{"match":{"op":"get_secret"},"action":{"token":"claims_challenge"}}]'
kv /secrets/s
expect 'challenge' 401 Unauthorized
has 'header' "$(cat "$work/headers")" 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="'
wanted=$(sed -n 's/.*claims="\([^"]*\)".*/\1/p' "$work/headers" | openssl base64 -d -A)
has 'claims' "$wanted" '{"access_token":{"nbf":{"essential":true,"value":"'
kv /secrets
is 'others are not challenged' "$status" 200
login 'claims={"access_token":{"xms_cc":{"values":["cp1"]}}}'
kv /secrets/s
is 'the capability is not enough' "$status" 401
login "claims=$wanted"
kv /secrets/s
is 'the claims are' "$status" 200
has 'no JSON' "$(token_request claims=x)" claims
faults '[]'

# id PATH [CURL ARGUMENT]...: sets status and body.
id()
{
    body=$(curl -sS -D "$work/headers" -w '\n%{http_code}' "${@:2}" "$identity$1")
    status=${body##*$'\n'}
    body=${body%$'\n'*}
}
good_token()
{
    token=$(get access_token "$body")
    kv /secrets/s
    is "$1: the token is good" "$status" 200
}

section=IMDS
imds='/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net'
id "$imds"
expect 'probe' 400 'Required metadata header not specified'
for path in "$imds" "${imds/\?//?}"; do
    id "$path" -H 'Metadata: true'
    expect "$path" 200 '"expires_in":"3599"'
    has 'client' "$body" "\"client_id\":\"$client\""
    has 'resource' "$body" '"resource":"https://vault.azure.net","token_type":"Bearer"'
    good_token "$path"
done
for id in client_id=user-id object_id=33333333-3333-3333-3333-333333333333 \
    msi_res_id=/subscriptions/s/id; do
    id "$imds&$id" -H 'Metadata: true'
    expect "$id" 200 '"client_id":"user-id"'
done
id "$imds&client_id=nobody" -H 'Metadata: true'
expect 'no such identity' 400 'Identity not found'
id /metadata/identity/oauth2/token -H 'Metadata: true'
expect 'no resource' 400 'Required audience parameter'
id "${imds%vault*}example" -H 'Metadata: true'
is 'no such resource' "$status" 400
id "$imds" -X POST -H 'Metadata: true'
is 'method' "$status" 405
id /elsewhere
is 'path' "$status" 404
faults '[{"match":{"op":"identity","nth":1},"action":{"status":410}}]'
id "$imds" -H 'Metadata: true'
is 'fault' "$status" 410
faults '[]'

section='App Service'
app='/msi/token?api-version=2019-08-01&resource=https://vault.azure.net'
id "$app" -H "X-IDENTITY-HEADER: $secret_header"
expect 'token' 200 '"expires_on":"'
lacks 'as it is there' "$body" expires_in
good_token '2019'
id "$app" -H 'X-IDENTITY-HEADER: x'
is 'wrong header' "$status" 401
id "$app" -H "secret: $secret_header"
is 'header of the older version' "$status" 401
id "${app/2019-08-01/2017-09-01}" -H "secret: $secret_header"
is '2017' "$status" 200
id "${app/2019-08-01/2017-09-01}&clientid=user-id" -H "secret: $secret_header"
has 'user-assigned' "$body" '"client_id":"user-id"'
id "$app&principal_id=33333333-3333-3333-3333-333333333333" -H "X-IDENTITY-HEADER: $secret_header"
has 'user-assigned' "$body" '"client_id":"user-id"'
id "${app/2019-08-01/2020}" -H "X-IDENTITY-HEADER: $secret_header"
is 'version' "$status" 400

section=Arc
arc='/arc/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https://vault.azure.net'
id "$arc" -H 'Metadata: true'
is 'challenge' "$status" 401
file=$(sed -n 's/^WWW-Authenticate: Basic realm=\([^\r]*\).*/\1/p' "$work/headers")
has 'a key file' "$file" .key
is 'mode' "$(stat -c %a "$file")" 600
id "$arc" -H 'Metadata: true' -H "Authorization: Basic $(cat "$file")"
expect 'token' 200 '"expires_in":"'
good_token Arc
id "$arc" -H 'Metadata: true' -H 'Authorization: Basic x'
is 'wrong key' "$status" 401
id "$arc&client_id=user-id" -H 'Metadata: true' -H "Authorization: Basic $(cat "$file")"
is 'user-assigned' "$status" 400
id "$arc"
is 'no Metadata' "$status" 400

section='Cloud Shell'
id /cloudshell/token -H 'Metadata: true' -d resource=https://vault.azure.net/
expect 'token' 200 '"expires_on":"'
good_token 'Cloud Shell'
id /cloudshell/token -H 'Metadata: true' -d resource=https://vault.azure.net/ -d client_id=user-id
is 'user-assigned' "$status" 400
id '/cloudshell/token?resource=https://vault.azure.net/' -H 'Metadata: true'
good_token 'by GET'
id /cloudshell/token -d resource=https://vault.azure.net/
is 'no Metadata' "$status" 400
stop

mkdir "$work/arc"
start --arc-dir "$work/arc" --vault first
id "$arc" -H 'Metadata: true'
has '--arc-dir' "$(cat "$work/headers")" "Basic realm=$work/arc/arc.key"
stop

summary
