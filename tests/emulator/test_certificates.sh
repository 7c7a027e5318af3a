#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Operations on certificates of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/s.key" -subj /CN=filed -out "$work/s.crt" 2>/dev/null
openssl pkcs12 -export -in "$work/s.crt" -inkey "$work/s.key" -passout pass:sesame -out "$work/s.pfx"
cat "$work/s.key" "$work/s.crt" >"$work/s.pem"
cat >"$work/seed.json" <<'END'
{"vaults": ["first", "second"],
 "certificates": [
  {"name": "made", "tags": {"a": "b"}, "policy": {"x509_props": {"subject": "CN=made"}, "issuer": {"name": "Self"}, "key_props": {"kty": "EC"}}},
  {"name": "pfx", "file": "s.pfx", "password": "sesame", "attributes": {"enabled": false}},
  {"name": "pem", "file": "s.pem"}, {"name": "far", "vault": "second", "file": "s.pem"}]}
END
start --seed "$work/seed.json"
login
# The certificate of a bundle as PEM, its text, and the value of a secret.
cer()
{
    get cer "$1" | openssl base64 -d -A | openssl x509 -inform DER "${@:2}"
}

first_id()
{
    grep -o '"id":"[^"]*"' <<<"$1" | head -n 1 | cut -d'"' -f4
}

section='seed'
kv /certificates/made
expect 'made by its policy' 200 '"subject":"CN=made"'
has 'tags' "$body" '"tags":{"a":"b"}'
is 'subject' "$(cer "$body" -noout -subject -nameopt RFC2253)" subject=CN=made
for name in pfx pem; do
    kv "/certificates/$name"
    expect "$name" 200 '"x509_props":{"subject":"CN=filed"'
    is "$name" "$(cer "$body")" "$(cat "$work/s.crt")"
done
kv /certificates/pfx
has 'attributes' "$body" '"enabled":false'
kv /secrets/pem
expect 'its secret' 200 '"contentType":"application/x-pem-file"'
kv /keys/pem
expect 'its key' 200 '"kty":"EC"'
kv /certificates/far
is 'in another vault' "$status" 404
for name in made pfx pem; do
    kv "/certificates/$name" -X DELETE
    kv "/deletedcertificates/$name" -X DELETE
    is 'purge' "$status" 204
done

section='create'
control /slow-delete -d '{"create_polls":2}' >/dev/null
policy='{"x509_props":{"subject":"CN=example.test, O=Firm","sans":{"dns_names":["example.test","www.example.test"],"emails":["me@example.test"]}},"issuer":{"name":"Self"},"key_props":{"kty":"EC","crv":"P-384"},"secret_props":{"contentType":"application/x-pem-file"}}'
kv /certificates/c1/create -d "{\"policy\":$policy,\"tags\":{\"a\":\"b\"}}"
expect 'create' 202 "{\"id\":\"$vault/certificates/c1/pending\",\"issuer\":{\"name\":\"Self\"},\"csr\":\""
request_id=$(get request_id "$body")
has 'Location' "$(cat "$work/headers")" "Location: $vault/certificates/c1/pending?api-version=7.5&request_id=$request_id"
has 'Retry-After' "$(cat "$work/headers")" 'Retry-After: 10'
has 'status' "$body" '"cancellation_requested":false,"status":"inProgress","status_details":"Pending certificate created. Certificate request is in progress.'
get csr "$body" | openssl base64 -d -A | openssl req -inform DER -noout -verify -text >"$work/csr" 2>&1
has 'CSR' "$(cat "$work/csr")" 'verify OK'
has 'CSR: names' "$(cat "$work/csr")" 'DNS:example.test, DNS:www.example.test, email:me@example.test'
kv /certificates/c1/create -d "{\"policy\":$policy}"
expect 'another meanwhile' 409 "while a pending key vault certificate's status is inProgress"
kv /certificates/c1
expect 'not finished' 200 '"enabled":false'
lacks 'not finished' "$body" '"cer"'
kv /certificates
is 'not listed' "$body" '{"value":[],"nextLink":null}'
kv '/certificates?includePending=true'
expect 'listed if asked' 200 "\"id\":\"$vault/certificates/c1\""
kv /secrets/c1
is 'no secret yet' "$status" 404
for want in inProgress inProgress completed; do
    kv /certificates/c1/pending
    is 'poll' "$(get status "$body")" "$want"
done
has 'target' "$body" "\"target\":\"$vault/certificates/c1\",\"request_id\":\"$request_id\""
lacks 'no Retry-After' "$(cat "$work/headers")" Retry-After
control /slow-delete -d '{}' >/dev/null

section='get'
kv /certificates/c1
expect 'get' 200 '"cer":"'
bundle=$body
id=$(first_id "$body")
version=${id##*/}
has 'kid' "$body" "\"kid\":\"$vault/keys/c1/$version\",\"sid\":\"$vault/secrets/c1/$version\",\"x5t\":\""
has 'policy' "$body" "\"policy\":{\"id\":\"$vault/certificates/c1/policy\",\"key_props\":{\"exportable\":true,\"kty\":\"EC\",\"key_size\":384,\"reuse_key\":false,\"crv\":\"P-384\"},\"secret_props\":{\"contentType\":\"application/x-pem-file\"}"
has 'policy' "$body" '"ekus":["1.3.6.1.5.5.7.3.1","1.3.6.1.5.5.7.3.2"],"key_usage":["digitalSignature","keyEncipherment"],"validity_months":12,"basic_constraints":{"ca":false}},"lifetime_actions":[{"trigger":{"lifetime_percentage":80},"action":{"action_type":"AutoRenew"}}],"issuer":{"name":"Self"},"attributes":{"enabled":true'
has 'pending' "$body" "\"pending\":{\"id\":\"$vault/certificates/c1/pending\"}"
has 'tags' "$body" '"tags":{"a":"b"}'
text=$(cer "$bundle" -noout -text)
is 'subject' "$(cer "$bundle" -noout -subject -nameopt RFC2253)" 'subject=O=Firm,CN=example.test'
for part in 'X509v3 Key Usage: critical' 'Digital Signature, Key Encipherment' \
    'CA:FALSE' 'TLS Web Server Authentication, TLS Web Client Authentication' \
    'X509v3 Subject Key Identifier' 'X509v3 Authority Key Identifier' \
    'DNS:example.test, DNS:www.example.test, email:me@example.test'; do
    has 'X.509' "$text" "$part"
done
is 'x5t' "$(unb64u "$(get x5t "$bundle")" | to_hex)" \
    "$(get cer "$bundle" | openssl base64 -d -A | openssl dgst -sha1 -r | cut -d' ' -f1)"
is 'nbf' "$(date -u -d "$(cer "$bundle" -noout -startdate | cut -d= -f2)" +%s)" "$(get nbf "$bundle")"
is 'exp' "$(date -u -d "$(cer "$bundle" -noout -enddate | cut -d= -f2)" +%s)" "$(get exp "$bundle")"
cer "$bundle" >"$work/c1.pem"
openssl verify -x509_strict -CAfile "$work/c1.pem" "$work/c1.pem" >/dev/null || not_ok 'not self-signed'
kv "/certificates/c1/$version"
is 'version' "$(first_id "$body")" "$id"
lacks 'without its policy' "$body" '"policy"'
kv /certificates/none
expect 'none' 404 '"code":"CertificateNotFound","message":"A certificate with (name/id) none was not found'
kv /certificates/c1/0123456789abcdef0123456789abcdef
expect 'no version' 404 '(name/id) c1/versions/0123456789abcdef0123456789abcdef was not found'

section='key and secret'
kv /keys/c1
expect 'key' 200 '"managed":true'
has 'key_ops' "$body" '"key_ops":["sign","verify","wrapKey","unwrapKey"]'
openssl dgst -sha384 -binary "$work/c1.pem" >"$work/digest"
kv /keys/c1/sign -d "{\"alg\":\"ES384\",\"value\":\"$(b64u <"$work/digest")\"}"
is 'signs' "$status" 200
kv /secrets/c1
expect 'secret' 200 '"contentType":"application/x-pem-file"'
has 'managed' "$body" "\"managed\":true,\"kid\":\"$vault/keys/c1/$version\""
sed 's/.*"value":"\([^"]*\)".*/\1/; s/\\n/\n/g' <<<"$body" >"$work/secret.pem"
is 'key first' "$(head -n 1 "$work/secret.pem")" '-----BEGIN PRIVATE KEY-----'
is 'the same key' "$(openssl pkey -in "$work/secret.pem" -pubout)" "$(openssl x509 -in "$work/c1.pem" -noout -pubkey)"
kv /secrets
has 'list' "$body" '"managed":true'
kv /keys
has 'list' "$body" '"managed":true'
for path in /secrets/c1 /keys/c1; do
    kv "$path" -X DELETE
    is "DELETE $path" "$status" 403
done
kv /secrets/c1 -X DELETE
has 'inner code' "$body" '"innererror":{"code":"SecretManagedByKeyVault"}'
kv /secrets/c1 -X PUT -d '{"value":"x"}'
expect 'set' 403 SecretManagedByKeyVault
kv /secrets/c1 -X PATCH -d '{}'
expect 'update' 403 SecretManagedByKeyVault
kv /keys/c1/create -d '{"kty":"EC"}'
is 'new version of the key' "$status" 403
kv /keys/c1/rotate -X POST
is 'rotate' "$status" 403
kv /secrets/mine -X PUT -d '{"value":"x"}'
kv /certificates/mine/create -d "{\"policy\":$policy}"
expect 'name of another secret' 409 Conflict

section='defaults'
kv /certificates/c2/create -d '{"policy":{"x509_props":{"subject":"CN=two"},"issuer":{"name":"self"}}}'
is 'create' "$status" 202
kv /certificates/c2
has 'RSA' "$body" '"key_props":{"exportable":true,"kty":"RSA","key_size":2048,"reuse_key":false},"secret_props":{"contentType":"application/x-pkcs12"}'
has 'issuer as written' "$body" '"issuer":{"name":"self"}'
first=$(first_id "$body")
kv /secrets/c2
expect 'PFX' 200 '"contentType":"application/x-pkcs12"'
get value "$body" | openssl base64 -d -A >"$work/c2.pfx"
openssl pkcs12 -in "$work/c2.pfx" -passin pass: -nodes -out "$work/c2.pem" 2>/dev/null || not_ok 'PFX cannot be read'
made=$(openssl pkcs12 -in "$work/c2.pfx" -passin pass: -info -noout 2>&1)
has 'PFX: MAC' "$made" 'MAC: sha1, Iteration 2000'
has 'PFX: key' "$made" 'Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000'
has 'PFX: certificates' "$made" 'PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000'
has 'PFX' "$(cat "$work/c2.pem")" 'BEGIN PRIVATE KEY'
kv '/secrets/c2?api-version=2025-07-01&outContentType=application/x-pem-file'
expect 'as PEM' 200 '"contentType":"application/x-pem-file"'
has 'as PEM' "$body" '"value":"-----BEGIN PRIVATE KEY-----\n'
kv /certificates/c2/create -d '{}'
is 'again, by the policy that is there' "$status" 202
kv /certificates/c2
[ "$(first_id "$body")" != "$first" ] || not_ok 'no new version'
kv /certificates/c2/versions
expect 'versions' 200 "\"id\":\"$first\",\"x5t\":\""
has 'versions' "$body" '"subject":""'
kv /certificates/none/versions
is 'of none' "$body" '{"value":[],"nextLink":null}'
kv /certificates/c2 -X PATCH -d '{"policy":{"key_props":{"kty":"RSA","reuse_key":true,"exportable":false}}}'
expect 'policy in PATCH' 200 '"reuse_key":true'
kv /keys/c2
n=$(get n "$body")
kv /certificates/c2/create -d '{}'
kv /keys/c2
is 'key is used again' "$(get n "$body")" "$n"
kv /secrets/c2
get value "$body" | openssl base64 -d -A | openssl pkcs12 -passin pass: -nodes -out "$work/c2.pem" 2>/dev/null
lacks 'not exportable' "$(cat "$work/c2.pem")" PRIVATE
has 'not exportable' "$(cat "$work/c2.pem")" 'BEGIN CERTIFICATE'
while IFS='|' read -r text want; do
    kv /certificates/bad/create -d "$text"
    expect "$text" 400 "$want"
done <<'END'
{}|Property policy has invalid value
{"policy":"x"}|Property policy has invalid value
{"policy":{"issuer":{"name":"Self"}}}|policy.x509_props
{"policy":{"x509_props":{"subject":"CN=a"},"key_props":{"kty":"DSA"}}}|policy.key_props
{"policy":{"x509_props":{"subject":"CN=a"},"key_props":{"key_size":1024}}}|policy.key_props
{"policy":{"x509_props":{"subject":"CN=a"},"secret_props":{"contentType":"text/plain"}}}|policy.secret_props
{"policy":{"x509_props":{"subject":"CN=a","key_usage":["fly"]}}}|policy.x509_props
{"policy":{"x509_props":{"subject":"CN=a","validity_months":0}}}|policy.x509_props
{"policy":{"x509_props":{"subject":"CN=a","ekus":["x"]}}}|policy.x509_props
{"policy":{"x509_props":{"subject":"nonsense"},"issuer":{"name":"Self"}}}|policy.x509_props
{"policy":{"x509_props":{"subject":"CN=a"},"lifetime_actions":[{"trigger":{"lifetime_percentage":100},"action":{"action_type":"AutoRenew"}}]}}|policy.lifetime_actions
{"policy":{"x509_props":{"subject":"CN=a"},"issuer":{"name":"Nobody"}}}|The issuer 'Nobody' is not configured
END
kv /certificates/bad
is 'nothing is left behind' "$status" 404

kv /certificates/lower/create -d '{"policy":{"x509_props":{"subject":"cn=low, o=Firm, e=a@b","sans":{}},"issuer":{"name":"Self"}},"attributes":{}}'
is 'names of any case' "$status" 202
kv /certificates/lower
is 'subject' "$(cer "$body" -noout -subject -nameopt RFC2253)" 'subject=emailAddress=a@b,O=Firm,CN=low'

section='policy'
kv /certificates/c1/policy
expect 'get' 200 "{\"id\":\"$vault/certificates/c1/policy\",\"key_props\":{"
kv /certificates/c1/policy -X PATCH -d '{"x509_props":{"subject":"CN=other","validity_months":6}}'
expect 'patch' 200 '"subject":"CN=other"'
has 'months' "$body" '"validity_months":6'
has 'the rest stays' "$body" '"crv":"P-384"'
kv /certificates/c1/policy -X PATCH -d '{"key_props":{"kty":"x"}}'
expect 'bad' 400 policy.key_props
kv /certificates/none/policy
expect 'none' 404 CertificateNotFound

section='update'
kv /certificates/c1 -X PATCH -d '{"attributes":{"exp":1893459661,"enabled":false},"tags":{"x":"y"}}'
expect 'update' 200 '"tags":{"x":"y"}'
is 'exp is that of the X.509' "$(get exp "$body")" "$(get exp "$bundle")"
kv /secrets/c1
expect 'secret is disabled' 403 SecretDisabled
kv /keys/c1/sign -d "{\"alg\":\"ES384\",\"value\":\"$(b64u <"$work/digest")\"}"
expect 'key is disabled' 403 KeyDisabled
kv /certificates/c1 -X PATCH -d '{"attributes":{"enabled":true}}'
kv /secrets/c1
is 'enabled again' "$status" 200
kv /certificates/none -X PATCH -d '{}'
expect 'none' 404 CertificateNotFound

section='merge'
kv /certificates/m/create -d '{"policy":{"x509_props":{"subject":"CN=merged"},"issuer":{"name":"Unknown","cert_transparency":false}},"tags":{"made":"early"}}'
expect 'Unknown' 202 'Please Perform Merge to complete the request.'
get csr "$body" | openssl base64 -d -A | openssl req -inform DER -out "$work/m.csr"
kv /certificates/m/pending
is 'waits' "$(get status "$body")" inProgress
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca.key" -subj /CN=ca -out "$work/ca.pem" 2>/dev/null
openssl x509 -req -in "$work/m.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -set_serial 1 -days 30 -out "$work/m.pem" 2>/dev/null
der()
{
    openssl x509 -in "$1" -outform DER | openssl base64 -A
}
x5c="\"x5c\":[\"$(der "$work/m.pem")\",\"$(der "$work/ca.pem")\"]"
for bad in '"tags":1' '"tags":{"a":1}' '"attributes":{"enabled":"yes"}' '"attributes":[]'; do
    kv /certificates/m/pending/merge -d "{$x5c,$bad}"
    is "$bad" "$status" 400
done
for bad in '{}' '{"x5c":[]}' '{"x5c":["AAAA"]}' '{"x5c":[1]}'; do
    kv /certificates/m/pending/merge -d "$bad"
    expect "$bad" 400 'Unable to parse X5c certificate chain and locate leaf certificate'
done
kv /certificates/m/pending/merge -d "{\"x5c\":[\"$(der "$work/ca.pem")\"]}"
expect 'another key' 400 'does not match'
kv /certificates/m/pending/merge -d "{$x5c,\"attributes\":{\"exp\":1893459661},\"tags\":{\"q\":\"r\"}}"
expect 'merge' 201 '"cer":"'
is 'the certificate' "$(get cer "$body")" "$(der "$work/m.pem")"
has 'renewal by mail' "$body" '"action_type":"EmailContacts"'
has 'tags' "$body" '"tags":{"q":"r"}'
has 'enabled' "$body" '"enabled":true'
is 'exp is that of the X.509' "$(date -u -d "$(openssl x509 -in "$work/m.pem" -noout -enddate | cut -d= -f2)" +%s)" "$(get exp "$body")"
kv /certificates/m
has 'tags' "$body" '"tags":{"q":"r"}'
kv /certificates/m/pending
is 'completed' "$(get status "$body")" completed
kv /certificates/m/pending/merge -d "{\"x5c\":[\"$(der "$work/m.pem")\"]}"
is 'merge again' "$status" 404
kv /secrets/m
get value "$body" | openssl base64 -d -A | openssl pkcs12 -passin pass: -nodes -out "$work/m.out" 2>/dev/null
is 'with its chain' "$(grep -c 'BEGIN CERTIFICATE' "$work/m.out")" 2
# merge2 TAGS MERGE: a certificate made with those tags, and merged with that.
merge2()
{
    kv /certificates/m2/create -d "{\"policy\":{\"x509_props\":{\"subject\":\"CN=m2\"},\"issuer\":{\"name\":\"Unknown\"}},$1}"
    get csr "$body" | openssl base64 -d -A | openssl req -inform DER -out "$work/m.csr"
    openssl x509 -req -in "$work/m.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -set_serial 2 -days 30 -out "$work/m2.pem" 2>/dev/null
    kv /certificates/m2/pending/merge -d "{\"x5c\":[\"$(der "$work/m2.pem")\"]$2}"
    is "merge $2" "$status" 201
}
merge2 '"tags":{"made":"early"}' ''
has 'tags of the creation' "$body" '"tags":{"made":"early"}'
merge2 '"tags":{"made":"early"}' ',"tags":{},"attributes":{"enabled":false}'
has 'no tags' "$body" '"tags":{}'
has 'disabled' "$body" '"enabled":false'
kv /secrets/m2
expect 'its secret is disabled' 403 SecretDisabled
merge2 '"attributes":{"enabled":false}' ',"attributes":{"enabled":true}'
has 'enabled' "$body" '"enabled":true'
kv /certificates/none/pending/merge -d '{}'
expect 'none' 404 PendingCertificateNotFound

section='cancel'
kv /certificates/p/create -d '{"policy":{"x509_props":{"subject":"CN=p"},"issuer":{"name":"Unknown"}}}'
kv /certificates/p/pending -X PATCH -d '{"cancellation_requested":true}'
expect 'cancel' 200 '"cancellation_requested":true,"status":"inProgress"'
kv /certificates/p/pending
expect 'not at once' 200 '"status":"inProgress"'
kv /certificates/p/pending
expect 'cancelled' 200 '"status":"cancelled"'
kv /certificates/p/pending -X PATCH -d '{}'
is 'bad body' "$status" 400
kv /certificates/p/pending -X DELETE
expect 'drop' 200 '"status":"cancelled"'
kv /certificates/p/pending
expect 'gone' 404 '"code":"PendingCertificateNotFound","message":"Pending certificate not found: p"'
kv /certificates/p/pending -X DELETE
is 'again' "$status" 404
kv /certificates/p -X DELETE
expect 'the unfinished certificate' 200 "\"recoveryId\":\"$vault/deletedcertificates/p\""

section='import'
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/i.key" -out "$work/i.pem" -subj /C=AU/ST=Some-State/O=Widgits -days 365 2>/dev/null
openssl pkcs12 -export -in "$work/i.pem" -inkey "$work/i.key" -passout pass:sesame -out "$work/i.pfx"
openssl pkcs12 -export -in "$work/i.pem" -inkey "$work/i.key" -passout pass: -out "$work/i0.pfx"
pfx=$(openssl base64 -A -in "$work/i.pfx")
kv /certificates/i/import -d "{\"value\":\"$pfx\",\"pwd\":\"sesame\",\"tags\":{\"a\":\"b\"}}"
expect 'PFX' 200 '"subject":"O=Widgits, S=Some-State, C=AU"'
is 'PFX' "$(get cer "$body")" "$(der "$work/i.pem")"
has 'policy' "$body" '"contentType":"application/x-pkcs12"'
has 'policy' "$body" '"validity_months":12,"basic_constraints":{"ca":true}},"lifetime_actions":[{"trigger":{"lifetime_percentage":80},"action":{"action_type":"EmailContacts"}}],"issuer":{"name":"Unknown"}'
lacks 'no operation' "$body" '"pending"'
kv /certificates/i/pending
is 'no operation' "$status" 404
kv /certificates/i0/import -d "{\"value\":\"$(openssl base64 -A -in "$work/i0.pfx")\",\"attributes\":{\"enabled\":false}}"
expect 'no password' 200 '"enabled":false'
if openssl pkcs12 -export -legacy -in "$work/i.pem" -inkey "$work/i.key" -passout pass:x -out "$work/old.pfx" 2>/dev/null; then
    kv /certificates/old/import -d "{\"value\":\"$(openssl base64 -A -in "$work/old.pfx")\",\"pwd\":\"x\"}"
    is 'RC2' "$status" 200
fi
pem=$(awk '{ printf "%s\\n", $0 }' "$work/i.key" "$work/i.pem")
kv /certificates/ipem/import -d "{\"value\":\"$pem\",\"policy\":{\"secret_props\":{\"contentType\":\"application/x-pem-file\"}}}"
expect 'PEM' 200 '"contentType":"application/x-pem-file"'
kv /secrets/ipem
has 'PEM' "$body" '"value":"-----BEGIN PRIVATE KEY-----\n'
kv /certificates/ipem64/import -d "{\"value\":\"$(cat "$work/i.key" "$work/i.pem" | openssl base64 -A)\",\"policy\":{\"secret_props\":{\"contentType\":\"application/x-pem-file\"}}}"
expect 'PEM in base64' 200 '"contentType":"application/x-pem-file"'
is 'PEM in base64' "$(get cer "$body")" "$(der "$work/i.pem")"
while IFS='|' read -r text want; do
    kv /certificates/ibad/import -d "$text"
    expect "import" 400 "$want"
done <<END
{}|value is missing
{"value":"x"}|neither PEM nor PKCS#12
{"value":"AAAA"}|neither PEM nor PKCS#12
{"value":"$pfx"}|the password is not correct
{"value":"$pfx","pwd":"wrong"}|the password is not correct
{"value":"$(awk '{ printf "%s\\n", $0 }' "$work/i.pem")"}|no private key
{"value":"$(awk '{ printf "%s\\n", $0 }' "$work/ca.key" "$work/i.pem")"}|no private key
END

# import_pem NAME FILE [MEMBERS]: as it is, line ends included.
import_pem()
{
    kv "/certificates/$1/import" -d "{\"value\":\"$(sed 's/\r$/\\r/; s/$/\\n/' "$2" | tr -d '\n')\"${3:-}}"
}
openssl rsa -in "$work/i.key" -traditional -out "$work/pkcs1.key" 2>/dev/null
openssl pkcs8 -topk8 -in "$work/i.key" -passout pass:sesame -out "$work/locked.key"
openssl x509 -in "$work/i.pem" -out "$work/i.crt"
cat "$work/pkcs1.key" "$work/i.crt" >"$work/pkcs1.pem"
sed 's/$/\r/' "$work/i.pem" >"$work/crlf.pem"
(echo && cat "$work/i.pem") >"$work/blank.pem"
cat "$work/locked.key" "$work/i.crt" >"$work/locked.pem"
# Said to be refused, and taken where the seed file says so (test_start.sh).
for form in pkcs1 crlf blank locked; do
    import_pem "form-$form" "$work/$form.pem"
    expect "$form" 400 'not in PKCS#8 PEM form'
done
import_pem form-open "$work/locked.pem" ',"pwd":"sesame"'
expect 'encrypted, with its password' 200 '"cer":"'
import_pem form-wrong "$work/locked.pem" ',"pwd":"wrong"'
is 'encrypted, with another' "$status" 400
openssl req -x509 -key "$work/i.key" -config /dev/null -subj /CN=plain -days 100 -out "$work/plain.crt" 2>/dev/null
cat "$work/i.key" "$work/plain.crt" >"$work/plain.pem"
import_pem plain "$work/plain.pem"
expect 'no keyUsage: months of the calendar, a begun one whole' 200 '"validity_months":4,'
kv /keys/plain
expect 'no keyUsage: the key can be used' 200 '"key_ops":["encrypt","decrypt","sign","verify","wrapKey","unwrapKey"]'
kv /certificates/plain
has 'no version: pending' "$body" '"policy":{'
kv "/certificates/made/$(get id "$(kv /certificates/made; echo "$body")" | sed 's,.*/,,')"
lacks 'a version: no pending' "$body" '"pending"'

section='issuers'
kv /certificates/issuers/none
expect 'none' 404 '"code":"CertificateIssuerNotFound","message":"Issuer not found"'
kv /certificates/issuers/iss -X PUT -d '{"provider":"Test","credentials":{"account_id":"me","pwd":"hidden"},"org_details":{"admin_details":[{"first_name":"John","email":"a@b"}]},"attributes":{"enabled":true}}'
expect 'set' 200 "{\"id\":\"$vault/certificates/issuers/iss\",\"provider\":\"Test\",\"credentials\":{\"account_id\":\"me\"},\"org_details\":{\"zip\":0,\"admin_details\":[{\"first_name\":\"John\",\"email\":\"a@b\"}]},\"attributes\":{\"enabled\":true,\"created\":"
lacks 'no password' "$body" hidden
kv /certificates/issuers/iss -X PATCH -d '{"org_details":{"admin_details":[{"first_name":"Jane"}]}}'
expect 'update' 200 '"credentials":{"account_id":"me"},"org_details":{"zip":0,"admin_details":[{"first_name":"Jane"}]}'
kv /certificates/issuers/ISS
expect 'get' 200 '"provider":"Test"'
kv /certificates/issuers
is 'list' "$body" "{\"value\":[{\"id\":\"$vault/certificates/issuers/iss\",\"provider\":\"Test\"}],\"nextLink\":null}"
kv /certificates/issuers/iss2 -X PUT -d '{}'
is 'no provider' "$status" 400
kv /certificates/issuers/none -X PATCH -d '{}'
is 'update of none' "$status" 404
kv /certificates/n/create -d '{"policy":{"x509_props":{"subject":"CN=n"},"issuer":{"name":"iss"}}}'
expect 'named issuer' 202 '"issuer":{"name":"iss"}'
kv /certificates/n/pending
is 'stays in progress' "$(get status "$body")" inProgress
kv /certificates/issuers/iss -X DELETE
expect 'delete' 200 '"provider":"Test"'
kv /certificates/issuers/iss -X DELETE
is 'again' "$status" 404

section='contacts'
kv /certificates/contacts
expect 'none' 404 '{"error":{"code":"ContactsNotFound","message":"Contacts not found"}}'
contacts="{\"id\":\"$vault/certificates/contacts\",\"contacts\":[{\"email\":\"a@b\",\"name\":\"A\"},{\"email\":\"c@d\"}]}"
kv /certificates/contacts -X PUT -d '{"contacts":[{"email":"a@b","name":"A"},{"email":"c@d"}]}'
is 'set' "$status:$body" "200:$contacts"
kv /certificates/contacts
is 'get' "$body" "$contacts"
kv /certificates/contacts -X PUT -d '{"contacts":[{"name":"A"}]}'
is 'no address' "$status" 400
kv /certificates/contacts -X DELETE
is 'delete' "$status:$body" "200:$contacts"
kv /certificates/contacts -X DELETE
is 'again' "$status" 404

section='delete'
kv /certificates/i/backup -X POST
blob=$(get value "$body")
is 'backup' "$(unb64u "$blob" | head -c 47 | tail -c 46)" AzureKeyVaultCertificateBackupV1.microsoft.com
kv /certificates/i -X DELETE
expect 'delete' 200 "\"recoveryId\":\"$vault/deletedcertificates/i\""
has 'with its policy' "$body" '"policy"'
for path in /keys/i /secrets/i; do
    kv "$path"
    is "$path" "$status" 404
    kv "/deleted${path#/}"
    expect "/deleted${path#/}" 200 recoveryId
    kv "/deleted${path#/}/recover" -X POST
    is "/deleted${path#/}/recover" "$status" 403
    kv "/deleted${path#/}" -X DELETE
    is "purge of /deleted${path#/}" "$status" 403
done
kv /deletedcertificates/i
expect 'get' 200 '"policy"'
kv /deletedcertificates
expect 'list' 200 "\"recoveryId\":\"$vault/deletedcertificates/i\""
kv /certificates/i/create -d "{\"policy\":$policy}"
expect 'taken' 409 ObjectIsDeletedButRecoverable
kv /deletedcertificates/i/recover -X POST
expect 'recover' 200 '"cer":"'
kv /secrets/i
is 'secret is back' "$status" 200
kv /keys/i
is 'key is back' "$status" 200
kv /certificates/restore -d "{\"value\":\"$blob\"}"
expect 'restore of a live one' 409 'There was a conflict restoring the certificate'
kv /certificates/i -X DELETE
kv /deletedcertificates/i -X DELETE
is 'purge' "$status:$body" 204:
kv /deletedsecrets/i
is 'secret is purged' "$status" 404
kv /deletedcertificates/i
expect 'gone' 404 'Deleted Certificate not found: i'
kv /certificates/restore -d "{\"value\":\"$blob\"}"
expect 'restore' 200 '"cer":"'
kv /secrets/i
has 'secret is back' "$body" '"managed":true'
kv /certificates/restore -d '{"value":"AAAA"}'
expect 'bad blob' 400 'Malformed backup blob'
kv /certificates/none -X DELETE
expect 'none' 404 CertificateNotFound
kv /deletedcertificates/none/recover -X POST
expect 'none' 404 CertificateNotFound
section=renewal
# renewed NAME WANTED SECONDS: how many versions there are when so much time has passed.
renewed()
{
    control /clock -d "{\"advance_s\":$3}" >/dev/null
    login
    kv "/secrets/$1"
    kv "/certificates/$1/versions"
    is "$1 after $3 s more" "$(grep -o '"id"' <<<"$body" | wc -l)" "$2"
}
# new NAME ISSUER TRIGGER ACTION
new()
{
    kv "/certificates/$1/create" -d '{"tags":{"a":"b"},"policy":{"issuer":{"name":"'"$2"'"},"x509_props":{"subject":"CN=r","validity_months":12},"lifetime_actions":[{"trigger":{'"$3"'},"action":{"action_type":"'"$4"'"}}]}}'
    expect "$1" 202 inProgress
}
new half Self '"lifetime_percentage":50' AutoRenew
new late Self '"days_before_expiry":30' AutoRenew
new told Self '"lifetime_percentage":50' EmailContacts
renewed half 1 $((180 * 86400))
renewed half 2 $((10 * 86400))
kv /keys/half
expect 'a new key' 200 '"managed":true'
kv /certificates/half
has 'tags stay' "$body" '"tags":{"a":"b"}'
renewed half 2 86400
renewed late 1 $((140 * 86400))
renewed late 2 $((10 * 86400))
renewed told 1 0
stop

summary
