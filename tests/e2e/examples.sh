#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# conf-examples/openssl.cnf as it is, beside the system's own file, with nothing
# but the settings behind it. Usage: examples.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
example=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../../conf-examples/openssl.cnf")
[ -e /etc/ssl/openssl.cnf ] || skip 'there is no /etc/ssl/openssl.cnf'

start_emulator
cd "$work"
order conf
{
    cat "$example"
    config_lines
} >example.cnf
export OPENSSL_CONF=$work/example.cnf

ossl list -providers >text
contains text '^  default$'
contains text '^  keyvault$'
ossl pkey -in "$(uri ec)" -pubout -out pub
same pub ec.pub

# What the commands have of the system's file: names to ask for, extensions.
ossl req -new -batch -key "$(uri ec)" -out csr
plain req -in csr -verify -noout >text 2>&1
contains text 'OK'
plain req -in csr -noout -subject >text
contains text 'C ?= ?AU'
ossl req -x509 -new -batch -key "$(uri rsa)" -out crt
plain x509 -in crt -noout -text >text
contains text 'CA:TRUE'

# And its policy of TLS, if it has one.
OPENSSL_CONF=/etc/ssl/openssl.cnf openssl ciphers -s -v 9>&- >want
ossl ciphers -s -v >text
same text want
