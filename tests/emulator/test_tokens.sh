#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Challenge, token endpoint and permissions of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start_seeded
token=

section=challenge
kv /keys/rsa
expect 'no token' 401 '{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer or PoP token."}}'
has 'header' "$(cat "$work/headers")" "WWW-Authenticate: Bearer authorization=\"https://login.microsoftonline.com/$tenant\", resource=\"https://vault.azure.net\""
kv /keys/new/create -X POST
is 'no token, no body' "$status" 401
token=nonsense
kv /keys/rsa
expect 'not a token' 401 AKV10001

section=token
reply=$(token_request)
is 'type' "$(get token_type "$reply")" Bearer
is 'life' "$(get expires_in "$reply")" 3599
good=$(get access_token "$reply")
while IFS='|' read -r change want; do
    reply=$(token_request "$change")
    has "$change" "$reply" "$want"
done <<'END'
client_secret=wrong|"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret
client_secret=|AADSTS7000216
client_id=nobody|"error":"unauthorized_client","error_description":"AADSTS700016
client_id=|AADSTS900144: The request body must contain the following parameter: 'client_id'
grant_type=password|AADSTS70003
grant_type=|'grant_type'
scope=|'scope'
scope=https://vault.azure.net|AADSTS1002012
scope=https://example.com/.default|AADSTS500011
END
# What libraries send: Go, Java, others; az for the management plane.
for scopes in 'https://vault.azure.net/.default openid offline_access profile' \
    'openid profile offline_access https://vault.azure.net/.default' \
    'profile https://vault.azure.net/.default' \
    'https://management.core.windows.net//.default'; do
    has "$scopes" "$(token_request "scope=$scopes")" '"access_token":"'
done
while IFS='|' read -r scopes want; do
    has "$scopes" "$(token_request "scope=$scopes")" "$want"
done <<'END'
https://vault.azure.net/.default https://managedhsm.azure.net/.default|"error":"invalid_scope","error_description":"AADSTS28000: Provided value for the input parameter scope is not valid because it contains more than one resource. Scope https://vault.azure.net/.default https
https://vault.azure.net/.default email|AADSTS28000
openid profile|AADSTS1002012: The provided value for scope openid profile is not valid
/.default|AADSTS1002012
END
reply=$(endpoint=oauth2/token token_request scope= resource=https://vault.azure.net)
has 'v1: numbers are texts' "$reply" '"expires_in":"3599"'
has 'v1: resource' "$reply" '"resource":"https://vault.azure.net"'
token=$(get access_token "$reply")
kv /keys/rsa
is 'v1: the token is good' "$status" 200
token=
has 'v1: no resource' "$(endpoint=oauth2/token token_request)" "AADSTS900144: The request body must contain the following parameter: 'resource'"
has 'v1: another resource' "$(endpoint=oauth2/token token_request resource=https://example.com)" AADSTS500011
for path in "/$tenant/oauth2/v3.0/token" "/$tenant"; do
    is "an unknown path: $path" "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -d a=b "$vault$path")" 404
done
case $secret in
    *[!A-Za-z0-9_.~-]*) not_ok "the secret has to be escaped: $secret" ;;
    ???[0-9]Q~*) is 'length of the secret' ${#secret} 40 ;;
    *) not_ok "the form of the secret: $secret" ;;
esac

section=public
is 'health' "$(curl -sS --cacert "$ca" -w ' %{http_code}' "$vault/healthstatus")" 'true 200'
is 'subscriptions without a token' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' "$vault/subscriptions?api-version=2022-12-01")" 401
# arm PATH: with a token for the management plane.
arm()
{
    curl -sS --cacert "$ca" -H "Authorization: Bearer $(get access_token "$(token_request scope=https://management.azure.com/.default)")" "$vault$1"
}
is 'subscriptions' "$(arm /subscriptions?api-version=2022-12-01)" '{"value":[]}'
has 'tenants' "$(arm /tenants?api-version=2022-12-01)" "\"tenantId\":\"$tenant\""

section=token
for member in error_codes timestamp trace_id correlation_id; do
    has "error has $member" "$(token_request scope=)" "\"$member\":"
done
has 'content type' "$(curl -sS --cacert "$ca" -H 'Content-Type: text/plain' -d grant_type=client_credentials "$vault/$tenant/oauth2/v2.0/token")" AADSTS900144
has 'tenant' "$(curl -sS --cacert "$ca" -d a=b "$vault/other/oauth2/v2.0/token")" AADSTS90002
has 'openid configuration' "$(curl -sS --cacert "$ca" "$vault/$tenant/v2.0/.well-known/openid-configuration")" "\"token_endpoint\":\"$vault/$tenant/oauth2/v2.0/token\""
has 'discovery' "$(curl -sS --cacert "$ca" "$vault/common/discovery/instance?api-version=1.1")" tenant_discovery_endpoint
has 'jwks' "$(curl -sS --cacert "$ca" "$vault/common/discovery/v2.0/keys")" '"e":"AQAB"'
for scope in https://management.azure.com/.default https://vault.azure.net//.default; do
    token=$(get access_token "$(token_request "scope=$scope")")
    kv /keys/rsa
    expect "$scope" 401 'AKV10022: Invalid audience. Expected https://vault.azure.net, found: '
done
token=${good}x
kv /keys/rsa
expect 'changed token' 401 AKV10046
token=$good

section=principals
admin=$token
token=$(get access_token "$(token_request client_id=reader 'client_secret=a+b c&d')")
kv /keys/rsa
is 'may get' "$status" 200
kv /keys/rsa/sign -d '{}'
expect 'may not sign, before the body' 403 '"innererror":{"code":"ForbiddenByPolicy"}'
has 'names the operation' "$body" 'does not have keys sign permission on key vault '"'first;"
token=$admin

section='token faults'
faults '[{"match":{"op":"token"},"action":{"token":"expired"}}]'
token=$(get access_token "$(token_request)")
kv /keys/rsa
expect 'expired' 401 expired
faults '[{"match":{"op":"token"},"action":{"token":"wrong_audience"}}]'
token=$(get access_token "$(token_request)")
kv /keys/rsa
expect 'audience' 401 AKV10022
faults '[{"match":{"op":"token"},"action":{"status":503}}]'
has 'status' "$(token_request)" '"error":"temporarily_unavailable"'
faults '[]'
token=$admin

summary
