#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Certificates of a vault by their subject, as verify and storeutl look for
# them. Usage: store_search.sh BUILD-DIR ORDER

# shellcheck source=objects.sh
. "$(dirname "${BASH_SOURCE[0]}")/objects.sh"

# make NAME SUBJECT: a self-signed authority in the vault.
make()
{
    echo "{\"issuer\": {\"name\": \"Self\"},
        \"key_props\": {\"kty\": \"EC\", \"crv\": \"P-256\", \"exportable\": false},
        \"x509_props\": {\"subject\": \"$2\", \"key_usage\": [\"keyCertSign\"],
            \"basic_constraints\": {\"ca\": true}}}" >policy.json
    akv certificate create "$all/certificates/$1" --policy policy.json >text
}

find_one()
{
    reset_counters
    ossl storeutl -certs -noout -subject /CN=Second "$1" >text
    contains text 'Total found: 1'
    expect_count list_certificates 1 get_certificate 3
}

start_emulator
cd "$work"
order "$order"
all=akv://$vault
make one CN=First
make two CN=Second
make three 'CN=Third,O=Example'
find_one "$all/certificates"
find_one "$all"
ossl storeutl -certs -noout -subject /CN=Nobody "$all/certificates" >text
lacks text 'Certificate'
ossl storeutl -certs -noout -subject /CN=Second "$all/certificates/two" >text
contains text 'Total found: 1'
ossl storeutl -certs -noout -subject /CN=First "$all/certificates/two" >text
lacks text 'Certificate'

# A certificate of an authority in the vault, without a file of it.
plain req -new -key ec.pem -subj /CN=leaf -out leaf.csr
ossl x509 -in "$all/certificates/two" -out two.crt
ossl x509 -req -in leaf.csr -CA two.crt -CAkey "$all/certificates/two" -days 2 \
    -out leaf.crt 2>text
ossl verify -CAstore "$all/certificates" leaf.crt >text
contains text '^leaf.crt: OK$'
plain req -x509 -key rsa.pem -subj /CN=Unknown -days 2 -out unknown.crt
! ossl verify -CAstore "$all/certificates" unknown.crt >text 2>&1 \
    || fail 'an unknown certificate is trusted'
contains text 'self.signed certificate'
