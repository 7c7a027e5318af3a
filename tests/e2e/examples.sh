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

# system COMMAND...: as it is without us.
system()
{
    OPENSSL_CONF=/etc/ssl/openssl.cnf openssl "$@" 9>&-
}

# What the commands have of the system's file: names to ask for, extensions.
system req -new -batch -key ec.pem -out want.csr \
    || skip "openssl req needs more than the system's file has"
ossl req -new -batch -key "$(uri ec)" -out csr
plain req -in csr -verify -noout >text 2>&1
contains text 'OK'
plain req -in want.csr -noout -subject >want
plain req -in csr -noout -subject >text
same text want
system req -x509 -new -batch -key rsa.pem -out want.crt
ossl req -x509 -new -batch -key "$(uri rsa)" -out crt
for file in want.crt crt; do
    plain x509 -in $file -noout -subject \
        -ext basicConstraints,keyUsage >"$file.text"
done
same crt.text want.crt.text

# And its policy of TLS, if it has one.
system ciphers -s -v >want
ossl ciphers -s -v >text
same text want
