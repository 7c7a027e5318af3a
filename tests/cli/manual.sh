#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The examples of akv(1), and those of README.md, work as they stand there.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

start_vault
top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
cd "$work"
export PATH=$build:$PATH AKV_DEFAULT_VAULT=$vault OPENSSL_MODULES=$build
export OPENSSL_CONF=$top/conf-examples/openssl.cnf

# What the examples take.
printf %s "$secret_value" >password
head -c 100 /dev/urandom >app.keytab
cp app.keytab before.keytab
echo text >t.tar
cp -r "$top/conf-examples" .
cp conf-examples/unknown.json .
plain req -x509 -newkey rsa:2048 -nodes -keyout ca.key -config plain.cnf \
    -subj /CN=authority -days 9 -out ca.crt 2>&9

# Their lines; one that ends with \ or | goes on.
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$top/man/akv.1" \
    | sed -n '/^\.Bd/,/^\.Ed/{/^\.[BE]d/!p}' \
    | sed -e 's/\\e$/\\/' -e ':a;/[\\|]$/{N;s/\\\n *//;s/|\n */| /;ba}' >commands
lines commands 14
sed -n '/^## The command/,/^## The library/{s,akv://myvault/,akv:///,;s/^    akv /akv /p}' \
    "$top/README.md" >readme
lines readme 6
cat readme >>commands
while IFS= read -r command; do
    case $command in
    'export AKV_DEFAULT_VAULT='*) continue ;; # ours is another
    *merge*) # what the authority does in between
        plain x509 -req -in web.csr -CA ca.crt -CAkey ca.key -set_serial 1 \
            -days 9 -out web.crt 2>&9
        cat web.crt ca.crt >chain.pem
        ;;
    esac
    say "+ $command"
    status=0
    # akv itself, and not what the tests call by its name.
    bash -c "openssl() { env ${sanitizer[*]@Q} openssl \"\$@\"; }
        $command" >out 2>err 9>&- || status=$?
    if [ "$status" -ne 0 ] || [ -s err ]; then
        show out err
        fail "an example ends with $status"
    fi
    cat out >>all
done <commands
contains all '^EnvironmentCredential: a token, which is used'
contains all "^$secret_value"
contains all '^Verified OK'
contains all "^akv://$vault/secrets/keytab\$"
same app.keytab before.keytab
