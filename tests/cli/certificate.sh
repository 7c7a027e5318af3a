#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# akv certificate: every verb. Certificates, PFX files and requests are read,
# made and signed by openssl.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

start_vault
examples=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../../conf-examples")
certs=akv://$vault/certificates
secrets=akv://$vault/secrets
keys=akv://$vault/keys
cd "$work"

# same_key CERT KEY: the private key in PEM belongs to the certificate.
same_key()
{
    plain x509 -in "$1" -noout -pubkey >of-cert
    plain pkey -in "$2" -pubout >of-key
    same of-cert of-key
}

# --- Self-signed ------------------------------------------------------------------

good certificate create "$certs/self" --tag a=b
is name self tags.a b policy.issuer.name Self \
    policy.key_props.kty RSA policy.key_props.key_size 2048 \
    policy.secret_props.contentType application/x-pkcs12 \
    attributes.enabled true
first=$(result_version)
contains out "^kid: https://$vault/keys/self/$first\$"
contains out "^sid: https://$vault/secrets/self/$first\$"
thumbprint=$(field thumbprint)
good certificate show "$certs/self"
is thumbprint "$thumbprint" version "$first"
good certificate show "$certs/self" --output json
equal "$(json .policy.x509_props.subject)" CN=self "the subject"

good certificate download "$certs/self" --file leaf.pem
plain x509 -in leaf.pem -noout -subject -nameopt RFC2253 >text
equal "$(cat text)" 'subject=CN=self' "the subject of what was downloaded"
good certificate download "$certs/self"
same out leaf.pem
good certificate download "$certs/self" --der
plain x509 -in leaf.pem -outform DER -out leaf.der
same out leaf.der
equal "$(plain dgst -sha1 -r leaf.der | cut -d' ' -f1)" "$thumbprint" \
    "the thumbprint"
# With the key: a PFX without a password.
good certificate download "$certs/self" --with-key --file self.pfx
equal "$(stat -c %a self.pfx)" 600 "the mode of a private key"
plain pkcs12 -in self.pfx -passin pass: -nodes -out self.pem
same_key leaf.pem self.pem
plain x509 -in self.pem -outform DER -out got.der
same got.der leaf.der
# The secret and the key that came with it.
good secret download "$secrets/self" --encoding base64 --file again.pfx
same again.pfx self.pfx
good secret show "$secrets/self" --pem --output raw
plain x509 -in out -outform DER -out got.der
same got.der leaf.der
good key show "$keys/self"
is version "$first" managed true
bad 4 'SecretManagedByKeyVault|certificate' secret set "$secrets/self" <leaf.pem

# With a subject, and with a policy; the second version of the name.
good certificate create "$certs/self" --subject 'CN=other.example,O=Us'
good certificate download "$certs/self" --file leaf.pem
plain x509 -in leaf.pem -noout -subject -nameopt RFC2253 >text
contains text 'CN=other.example'
contains text 'O=Us'
good certificate list-versions "$certs/self"
lines out 2
cat >pem-policy <<'END'
{"issuer": {"name": "Self"},
 "key_props": {"kty": "EC", "crv": "P-384", "exportable": true},
 "secret_props": {"contentType": "application/x-pem-file"},
 "x509_props": {"subject": "CN=pem", "validity_months": 3}}
END
good certificate create "$certs/pem" --policy pem-policy
is policy.key_props.crv P-384
good certificate download "$certs/pem" --with-key --file pem.pem
good certificate download "$certs/pem" --file pem.crt
same_key pem.crt pem.pem
# Not at once: the creation is waited for, or goes on by itself.
control /slow-delete -d '{"create_polls": 1}' >&9
good certificate create "$certs/slow" --policy pem-policy
is attributes.enabled true
good certificate create "$certs/later" --policy pem-policy --no-wait
is status inProgress
bad 3 'still being created' certificate download "$certs/later" --file absent
[ ! -e absent ] || fail "a certificate that is not there made a file"
for _ in {1..5}; do
    good certificate pending "$certs/later"
    [ "$(field status)" = inProgress ] || break
done
is status completed
control /slow-delete -d '{}' >&9
good certificate download "$certs/later" --file later.crt
plain x509 -in later.crt -noout

# --- Policies ------------------------------------------------------------------------

good certificate policy "$certs/pem" --output json
equal "$(json .x509_props.validity_months)" 3 "the months in the policy"
jq '.x509_props.validity_months = 6' out >changed
good certificate policy "$certs/pem" --file changed
is x509_props.validity_months 6
good certificate policy "$certs/pem"
is x509_props.validity_months 6 key_props.crv P-384

reset_counters
for text in '{"issuer": ' 'issuer: Self' '[]' ''; do
    printf %s "$text" >bad-policy
    bad 2 'policy is no JSON' certificate create "$certs/no" \
        --policy bad-policy
    bad 2 'policy is no JSON' certificate policy "$certs/pem" \
        --file bad-policy
    [ -z "$text" ] || bad 2 'policy is no JSON' certificate import \
        "$certs/no" --file pem.pem --policy bad-policy
done
bad 2 "'absent' cannot be read" certificate create "$certs/no" --policy absent
expect_count total 0 challenges 0

# A slip of the hand is not passed over; the names that az and the SDKs print are
# taken; so is what akv shows.
refuses_member()
{
    echo "$1" >typo
    bad 2 "$2" certificate create "$certs/no" --policy typo
    bad 2 "$2" certificate policy "$certs/pem" --file typo
}
refuses_member '{"key_props":{"kty":"RSA","exportible":false}}' \
    "policy has a member 'key_props.exportible'.* is exportable meant[?]"
refuses_member '{"x509props":{}}' "'x509props'.* is x509_props meant[?]"
refuses_member '{"lifetime_actions":[{"action":{"actiontyp":"AutoRenew"}}]}' \
    "'lifetime_actions.action.actiontyp', which there is not"
refuses_member '{"weather":"fine"}' "'weather', which there is not\$"
refuses_member '{"key_props":"RSA"}' "'key_props' of the policy is no object"
cat >az-policy <<'END'
{"issuerParameters": {"certificateTransparency": null, "name": "Self"},
 "keyProperties": {"curve": "P-256", "exportable": true, "keySize": null,
  "keyType": "EC", "reuseKey": true},
 "lifetimeActions": [{"action": {"actionType": "AutoRenew"},
  "trigger": {"daysBeforeExpiry": 30, "lifetimePercentage": null}}],
 "secretProperties": {"contentType": "application/x-pem-file"},
 "x509CertificateProperties": {"subject": "CN=az", "validityInMonths": 12}}
END
good certificate create "$certs/az" --policy az-policy
is policy.key_props.crv P-256 policy.x509_props.subject CN=az \
    policy.x509_props.key_usage '["digitalSignature"]' \
    policy.secret_props.contentType application/x-pem-file
good certificate policy "$certs/az" --output json
cp out shown-policy
good certificate create "$certs/az" --policy shown-policy
for file in policy unknown; do
    good certificate create "$certs/$file" --no-wait \
        --policy "$examples/$file.json"
done
good certificate policy --default --subject CN=mine
cp out default-policy
good certificate create "$certs/mine" --policy default-policy
is policy.x509_props.subject CN=mine
bad 2 '^akv: URI is missing' certificate policy
bad 2 '^akv: --default is of no certificate' certificate policy "$certs/az" \
    --default
bad 2 '^akv: --subject needs --default' certificate policy "$certs/az" \
    --subject x
echo '{"provider":"Test","credentials":{"acount_id":"1"}}' >typo
bad 2 "'credentials.acount_id'.* is account_id meant[?]" certificate issuer \
    "akv://$vault" --name i --file typo
echo '{"contacts":[{"emial":"a@example.org"}]}' >typo
bad 2 "list of contacts has a member 'contacts.emial'.* is email meant" \
    certificate contact "akv://$vault" --file typo
bad 3 'not found' certificate show "$certs/no"

# --- Import --------------------------------------------------------------------------

plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout ca.key -config plain.cnf -subj /CN=authority -days 30 -out ca.crt \
    2>&9
plain pkcs12 -export -inkey ca.key -in ca.crt -passout pass:hunter2 \
    -out locked.pfx
plain pkcs12 -export -inkey ca.key -in ca.crt -passout pass: -out open.pfx
echo hunter2 >password
echo Wrong-Password-9 >wrong
good certificate import "$certs/locked" --file locked.pfx \
    --password-file password --tag from=file
is tags.from file
good certificate import "$certs/open" <open.pfx
plain pkey -in ca.key >ca.pk8
cat ca.pk8 ca.crt >both.pem
good certificate import "$certs/both" --file both.pem
is policy.secret_props.contentType application/x-pem-file
plain x509 -in ca.crt -outform DER -out ca.der
for name in locked open both; do
    good certificate download "$certs/$name" --der
    same out ca.der
    good certificate download "$certs/$name" --with-key --file whole
    [ "$name" = both ] || plain pkcs12 -in whole -passin pass: -nodes \
        -out whole.pem
    [ "$name" != both ] || cp whole whole.pem
    same_key ca.crt whole.pem
done
bad 1 'password' certificate import "$certs/no" --file locked.pfx \
    --password-file wrong
lacks err 'Wrong-Password'
bad 1 'password' certificate import "$certs/no" --file locked.pfx
bad 2 absent certificate import "$certs/no" --file locked.pfx \
    --password-file absent
bad 2 'no private key' certificate import "$certs/no" --file ca.crt
bad 1 'neither PEM nor PKCS' certificate import "$certs/no" --file ca.der
bad 2 'has 0' certificate import "$certs/no"
bad 3 'not found' certificate show "$certs/no"

# --- An authority that the vault does not know -------------------------------------------

cat >unknown <<'END'
{"issuer": {"name": "Unknown"},
 "key_props": {"kty": "EC", "crv": "P-256", "exportable": true},
 "secret_props": {"contentType": "application/x-pem-file"},
 "x509_props": {"subject": "CN=signed.example"}}
END
good certificate create "$certs/signed" --policy unknown
is status inProgress issuer.name Unknown
good certificate list "$certs"
lacks out '/signed'
good certificate list "$certs" --include-pending
contains out '/signed	disabled$'
good certificate pending "$certs/signed" --csr --file csr.pem
plain req -in csr.pem -noout -verify -subject -nameopt RFC2253 >text 2>&1
contains text 'subject=CN=signed.example'
contains text '(verify OK|signature ok|signature verify OK)'
plain x509 -req -in csr.pem -CA ca.crt -CAkey ca.key -set_serial 1 -days 9 \
    -out signed.crt 2>&9
bad 1 'public key does not match' certificate merge "$certs/signed" \
    --file ca.crt
good certificate pending "$certs/signed"
is status inProgress
cat signed.crt ca.crt >chain.pem
good certificate merge "$certs/signed" --file chain.pem
is attributes.enabled true
good certificate download "$certs/signed"
plain x509 -in out -out got.pem
plain verify -CAfile ca.crt got.pem >&9
good certificate download "$certs/signed" --with-key --file signed.pem
same_key signed.crt signed.pem
equal "$(grep -c 'BEGIN CERTIFICATE' signed.pem)" 2 "certificates in the chain"
good certificate pending "$certs/signed"
is status completed

# As authorities send it: the root first, or all of it in PKCS#7.
cat ca.crt signed.crt >rootfirst.pem
plain crl2pkcs7 -nocrl -certfile rootfirst.pem -outform DER -out signed.p7b
for form in rootfirst.pem signed.p7b; do
    good certificate create "$certs/formed" --policy unknown
    good certificate pending "$certs/formed" --csr --file csr2.pem
    plain x509 -req -in csr2.pem -CA ca.crt -CAkey ca.key -set_serial 7 \
        -days 9 -out signed2.crt 2>&9
    cat ca.crt signed2.crt >rootfirst.pem
    plain crl2pkcs7 -nocrl -certfile rootfirst.pem -outform DER \
        -out signed.p7b
    good certificate merge "$certs/formed" --file "$form"
    is attributes.enabled true
done

# As people have it: the certificate first, the key in PKCS#1, CR LF.
plain req -x509 -newkey rsa:2048 -nodes -keyout people.key -subj /CN=people \
    -days 9 -out people.crt 2>&9
plain rsa -in people.key -traditional -out old.key 2>&9
{ echo 'Bag Attributes'; cat people.crt old.key; } | sed 's/$/\r/' >people.pem
good certificate import "$certs/people" --file people.pem
good certificate download "$certs/people" --with-key --file got.pem
equal "$(head -n 1 got.pem)" '-----BEGIN PRIVATE KEY-----' "the key first"
plain genrsa -out other.key 2048 2>&9
cat other.key people.crt >stranger.pem
bad 2 'no certificate in the file is that of its private key' \
    certificate import "$certs/no" --file stranger.pem
bad 2 "is neither PEM nor PKCS#12" certificate merge "$certs/self" --file /dev/null

# Cancelled, and dropped.
good certificate create "$certs/cancelled" --policy unknown
good certificate cancel "$certs/cancelled"
is cancellation_requested true
# Not at once.
good certificate pending "$certs/cancelled"
is status inProgress
good certificate pending "$certs/cancelled"
is status cancelled
good certificate pending "$certs/cancelled" --drop
bad 3 PendingCertificateNotFound certificate pending "$certs/cancelled"
bad 3 . certificate pending "$certs/cancelled" --csr --file absent
[ ! -e absent ] || fail "a request that is not there made a file"

# --- Issuers, contacts ----------------------------------------------------------------------

good certificate issuer "$certs"
lines out 0
good certificate issuer "$certs" --output json
equal "$(json length)" 0 "the issuers in JSON"
echo '{"provider": "DigiCert", "credentials": {"account_id": "account-1",
    "pwd": "'"$secret_value"'"}, "attributes": {"enabled": true}}' >issuer
good certificate issuer "$certs" --name digi --file issuer
is provider DigiCert credentials.account_id account-1 attributes.enabled true
lacks out "$secret_value"
good certificate issuer "$certs" --name digi
is provider DigiCert
lacks out "$secret_value"
echo '{"attributes": {"enabled": false}}' >update
good certificate issuer "$certs" --name digi --update --file update
is attributes.enabled false provider DigiCert
good certificate issuer "$certs"
equal "$(cut -f2 out)" DigiCert "the issuers"
good certificate issuer "$certs" --output json
equal "$(json 'map(.provider)[]')" DigiCert "the issuers in JSON"
sed 's/Unknown/digi/' unknown >named
good certificate create "$certs/named" --policy named --no-wait
is issuer.name digi status inProgress
bad 2 "--name 'a_b'" certificate issuer "$certs" --name a_b
bad 2 'issuer is no JSON' certificate issuer "$certs" --name digi --file ca.crt
good certificate issuer "$certs" --name digi --delete
is provider DigiCert
bad 3 CertificateIssuerNotFound certificate issuer "$certs" --name digi
bad 3 "get issuer digi at $vault" certificate issuer "$certs" --name digi

# By options.
printf '%s\n' "$secret_value" >account
good certificate issuer "$certs" --name opt --issuer-provider DigiCert \
    --account-id 7 --password-file account --organization-id us \
    --admin a@example.org --admin b@example.org --enabled no
lacks out "$secret_value"
is provider DigiCert credentials.account_id 7 org_details.id us \
    attributes.enabled false \
    org_details.admin_details '[{"email":"a@example.org"},{"email":"b@example.org"}]'
good certificate issuer "$certs" --name opt --update --enabled yes
is provider DigiCert attributes.enabled true
good certificate issuer "$certs" --name opt --delete
bad 2 '--name NAME is missing' certificate issuer "$certs" --issuer-provider x
bad 2 'exclude each other' certificate issuer "$certs" --name i --file issuer \
    --enabled yes
bad 2 '--update needs --file FILE, or' certificate issuer "$certs" --name i \
    --update
bad 2 '--issuer-provider NAME is missing' certificate issuer "$certs" --name i \
    --admin a@b
bad 2 "--enabled 'perhaps'" certificate issuer "$certs" --name i \
    --issuer-provider x --enabled perhaps

bad 3 ContactsNotFound certificate contact "$certs"
echo '{"contacts": [{"email": "a@b.example", "name": "A"}]}' >contacts
good certificate contact "$certs" --file contacts
good certificate contact "akv://$vault" --output json
equal "$(json '.contacts[0].email')" a@b.example "the contact"
bad 2 'no JSON' certificate contact "$certs" --file ca.crt
good certificate contact "$certs" --delete
bad 3 ContactsNotFound certificate contact "$certs" --delete

# One at a time: the others stay.
good certificate contact "$certs" --add a@b.example --name A --phone 1
contains out '^contacts: .*a@b.example'
good certificate contact "$certs" --add c@d.example --output json
equal "$(json '.contacts | map(.email) | join(" ")')" \
    'a@b.example c@d.example' "the contacts"
good certificate contact "$certs" --add A@b.example --name B --output json
equal "$(json '.contacts | map(.email + "=" + (.name // "")) | join(" ")')" \
    'c@d.example= A@b.example=B' "the contacts"
bad 3 "'x@y.example': there is no such contact" certificate contact "$certs" \
    --remove x@y.example
good certificate contact "$certs" --remove c@d.example
lacks out 'c@d.example'
bad 2 'exclude each other' certificate contact "$certs" --add x --delete
bad 2 'need --add' certificate contact "$certs" --name A
good certificate contact "$certs" --remove a@b.example
bad 3 ContactsNotFound certificate contact "$certs"

# --- Update, deletion --------------------------------------------------------------------------

good certificate update "$certs/pem" --enabled no --tag x=y
is attributes.enabled false tags.x y
bad 4 . secret show "$secrets/pem"
good certificate update "$certs/pem" --enabled yes
is attributes.enabled true tags.x y

for slow in '{}' '{"polls": 1}'; do
    control /slow-delete -d "$slow" >&9
    good certificate delete "$certs/pem"
    contains out '^recoveryId: https://.*/deletedcertificates/pem$'
    bad 3 'not found' certificate show "$certs/pem"
    bad 3 'not found' key show "$keys/pem"
    bad 3 'not found' secret show "$secrets/pem"
    bad 6 Conflict certificate create "$certs/pem" --policy pem-policy
    good certificate show-deleted "$certs/pem"
    is name pem
    good certificate list-deleted "$certs"
    contains out '/certificates/pem$'
    good certificate recover "$certs/pem"
    is name pem
    good certificate download "$certs/pem"
    same out pem.crt
    # Each of the three comes back in its own time.
    for what in "key show $keys/pem" "secret show $secrets/pem"; do
        for _ in {1..5}; do
            # shellcheck disable=SC2086 # words
            ! akv $what >out 2>err || break
        done
        [ ! -s err ] || fail "akv $what: it does not come back"
    done
    good certificate backup "$certs/pem" --file blob
    equal "$(stat -c %a blob)" 600 "the mode of a backup"
    bad 6 Conflict certificate restore "$certs" --file blob
    good certificate delete "$certs/pem"
    control /slow-delete -d '{}' >&9
    good certificate purge "$certs/pem"
    bad 3 'not found' certificate show-deleted "$certs/pem"
    good certificate restore "$certs" --file blob
    good certificate download "$certs/pem" --with-key --file got.pem
    same got.pem pem.pem
done
bad 2 'single version' certificate delete "$certs/self/$first"
bad 1 'backup' secret restore "$secrets" --file blob
bad 3 'not found' certificate recover "$certs/missing"
