#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Options, seed file, start, names, TLS and the end of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

section=options
for bad in '--port x' '--port 70000' '--vault a' '--auth maybe' '--hsm h' '--hsm-port x' '--control-port x' \
    '--parent 0' '--seed' '--help=1' 'word'; do
    # shellcheck disable=SC2086 # two words
    text=$("$emulator" $bad 2>&1)
    is "$bad: exit" $? 2
    has "$bad: message" "$text" "${bad%%[ =]*}"
done
text=$("$emulator" --help)
is 'help: exit' $? 0
has 'help' "$text" --until-stdin-eof

section=seed
while IFS='|' read -r seed want; do
    printf '%s' "$seed" >"$work/bad.json"
    text=$("$emulator" --seed "$work/bad.json" 2>&1)
    is "$seed: exit" $? 2
    has "$seed" "$text" "$want"
done <<'END'
{|not valid JSON
{"keyz":[]}|keyz: unknown member
{"vaults":["x"]}|vaults[0]
{"keys":[{"name":"k","kty":"RSA","crv":"P-256"}]}|keys[0].crv
{"keys":[{"name":"k","kty":"oct"}]}|keys[0].kty
{"keys":[{"name":"k_","kty":"EC"}]}|keys[0].name
{"keys":[{"name":"k","kty":"EC","colour":1}]}|keys[0].colour
{"keys":[{"name":"k","kty":"EC","vault":"other"}]}|keys[0].vault
{"keys":[{"name":"k","kty":"EC","pem":"x"}]}|keys[0].pem
{"keys":[{"name":"k","kty":"EC","attributes":{"exp":"soon"}}]}|keys[0].attributes.exp
{"keys":[{"name":"k","kty":"EC","key_ops":["fly"]}]}|keys[0].key_ops
{"principals":[{"client_id":"a","client_secret":"b","operations":["fly"]}]}|principals[0].operations
{"authorities":[{"issuer":"https://a.example"}]}|authorities[0]: want issuer and a public key in PEM
{"authorities":[{"issuer":"https://a.example","key":"x"}]}|authorities[0]: want issuer and a public key in PEM
{"authorities":[{"key_file":"absent"}]}|authorities[0]
{"keys":[{"name":"a","kty":"oct-HSM"}]}|keys[0].kty: only a Managed HSM has such keys
{"vaults":[{"name":"hsm","hsm":true}],"keys":[{"name":"a","kty":"oct-HSM","vault":"hsm","k":"AAAA"}]}|keys[0].k
{"vaults":[{"name":"hsm","hsm":true}],"keys":[{"name":"a","kty":"oct-HSM","vault":"hsm","size":100}]}|keys[0].size
{"certificates":[{"name":"a"}]}|certificates[0].policy: want either policy or file
{"certificates":[{"name":"a","file":"absent.pfx"}]}|certificates[0].file
{"certificates":[{"name":"a","policy":{"key_props":{"kty":"x"}}}]}|certificates[0].policy.key_props
{"certificates":[{"name":"a","policy":{"x509_props":{"subject":"nonsense"}}}]}|certificates[0].policy.x509_props
{"keys":[{"name":"a","kty":"EC"}],"certificates":[{"name":"a","policy":{"x509_props":{"subject":"CN=a"}}}]}|certificates[0].name
END


section=start
seed_keys
start --seed "$work/seed.json" --ready-file "$work/ready.json"
is 'ready file' "$(cat "$work/ready.json")" "$ready"
is 'no temporary ready file' "$(find "$work" -name 'ready.json*')" "$work/ready.json"
is 'ready: pid' "$(get pid "$ready")" "$pid"
is 'ready: authority' "$(get authority_url "$ready")" "$vault"
[ -S "$socket" ] || not_ok 'no control socket'
[ -s "$ca" ] || not_ok 'no CA file'
is 'control over TCP, when asked only' "$(get control_url "$ready")" ''
openssl verify -x509_strict -CAfile "$ca" "$ca" >/dev/null || not_ok 'CA certificate'
login

section=names
is 'vault by name' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --connect-to "second.vault.azure.net:443:localhost:${vault##*:}" 'https://second.vault.azure.net/keys/elsewhere?api-version=7.5')" 200
has 'id of the vault dialled' "$(curl -sS --cacert "$ca" -H "Authorization: Bearer $token" --connect-to "second.vault.azure.net:443:localhost:${vault##*:}" 'https://second.vault.azure.net/keys/elsewhere?api-version=7.5')" '"kid":"https://second.vault.azure.net/keys/elsewhere/'
is 'no such vault' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --connect-to "third.vault.azure.net:443:localhost:${vault##*:}" 'https://third.vault.azure.net/keys?api-version=7.5')" 404
is 'X.localhost' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --resolve "second.localhost:${vault##*:}:127.0.0.1" "https://second.localhost:${vault##*:}/keys/elsewhere?api-version=7.5")" 200
if grep -q ' lo$' /proc/net/if_inet6 2>/dev/null; then
    is '::1' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' "https://[::1]:${vault##*:}/keys?api-version=7.5")" 401
fi

section=tls
openssl s_client -connect "localhost:${vault##*:}" -CAfile "$ca" -tls1_1 \
    -cipher 'DEFAULT@SECLEVEL=0' </dev/null >/dev/null 2>&1 && not_ok 'TLS 1.1 is spoken'

section=resumption
control /counters/reset -X POST >/dev/null
port=${vault##*:}
for tls in -tls1_2 -tls1_3; do
    # Quitting at once leaves no time for a ticket of TLS 1.3.
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' \
        | openssl s_client -connect "localhost:$port" -CAfile "$ca" "$tls" \
            -ign_eof -sess_out "$work/session" >/dev/null 2>&1
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' \
        | openssl s_client -connect "localhost:$port" -CAfile "$ca" "$tls" \
            -ign_eof -sess_in "$work/session" >/dev/null 2>&1
done
is 'full handshakes' "$(counter tls_full)" 2
is 'resumed handshakes' "$(counter tls_resumed)" 2

section=control
stop
start --seed "$work/seed.json" --ready-file "$work/ready.json" --control-port 0
login
is 'control over TCP' "$(curl -sS "$(get control_url "$ready")/faults" -d '[{"match":{"op":"get_key"},"action":{"status":418}}]')" '{}'
kv /keys/first
is 'a fault by it' "$status" 418
control /faults -d '[]' >/dev/null

section=end
dir=${ca%/*}
start_stalled()
{
    faults '[{"match":{"op":"sign"},"action":{"delay_ms":60000}}]'
    control /counters/reset -X POST >/dev/null
    sign >/dev/null 2>&1 &
    stalled=$!
    control '/wait?op=sign&count=1&ms=20000' >/dev/null
}
start_stalled
stop
wait "$stalled"
[ ! -e "$dir" ] || not_ok "$dir is left behind"
[ ! -e "$work/ready.json" ] || not_ok 'the ready file is left behind'

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=lenient -keyout "$work/l.key" -out "$work/l.crt" 2>/dev/null
openssl rsa -in "$work/l.key" -traditional -out "$work/l1.key" 2>/dev/null
lenient=$(sed 's/$/\\r\\n/' "$work/l1.key" "$work/l.crt" | tr -d '\n')
echo '{"lenient": true}' >"$work/lenient.json"
start --seed "$work/lenient.json"
login
kv /certificates/l/import -d "{\"value\":\"$lenient\"}"
expect 'PKCS#1 with CRLF, where the seed is lenient' 200 '"cer":"'
stop

section=names
# names of one's own, and a resource that fits them
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=own -addext subjectAltName=DNS:own.example -keyout "$work/own.key" -out "$work/own.crt" 2>/dev/null
while IFS='|' read -r options want; do
    # shellcheck disable=SC2086 # words
    text=$("$emulator" $options --ready-fd 3 3>/dev/null 2>&1)
    is "$options" $? 2
    has "$options" "$text" "$want"
done <<END
--listen localhost|--listen 'localhost': want an address such as 0.0.0.0
--listen 192.0.2.1|Cannot assign requested address
--host a_b|--host 'a_b': want NAME or NAME=VAULT
--host a=b|--host 'a=b': want NAME or NAME=VAULT
--host own.example=absent|--host 'own.example=absent': there is no such vault
--challenge-resource http://x|--challenge-resource 'http://x': want https://HOST
--challenge-resource https://x/|without a slash at its end
--tls-cert $work/own.crt|certificate and key go together
--tls-cert $work/none --tls-key $work/own.key|--tls-cert '$work/none': cannot be read
END
start --vault one --vault two --host vault.test --host second.test=two --challenge-resource https://test
# at NAME PATH: by that name.
at()
{
    curl -sS --cacert "$ca" -w ' %{http_code}' --connect-to "$1:443:localhost:${vault##*:}" "${@:3}" "https://$1$2"
}
has 'challenge' "$(at vault.test /keys?api-version=7.4 -D - -o /dev/null)" 'resource="https://test"'
token=$(get access_token "$(token_request scope=https://test/.default)")
has 'by its own name' "$(at vault.test /secrets/s?api-version=7.4 -X PUT -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"value":"of one"}')" '"id":"https://vault.test/secrets/s/'
is 'the other vault' "$(at second.test /secrets/s?api-version=7.4 -o /dev/null -H "Authorization: Bearer $token")" ' 404'
token=$(get access_token "$(token_request)")
has 'whom tokens are for' "$(at vault.test /keys?api-version=7.4 -H "Authorization: Bearer $token")" 'Invalid audience. Expected https://test'
is 'the CA by HTTP' "$(curl -sS "$identity/ca.pem")" "$(cat "$ca")"
lacks 'loopback' "$(cat "$work/stderr")" warning
stop
start --listen 127.0.0.2
has 'its address' "$vault" 'https://127.0.0.2:'
login
kv /keys
is 'by its address' "$status" 200
lacks 'loopback, too' "$(cat "$work/stderr")" warning
stop
start --listen 0.0.0.0
has 'all addresses' "$(cat "$work/stderr")" 'warning: whoever reaches 0.0.0.0 may use it'
login
kv /keys
is 'all addresses' "$status" 200
stop
start --tls-cert "$work/own.crt" --tls-key "$work/own.key" --host own.example
is 'a certificate of its own' "$(at own.example /healthstatus)" 'true 200'
is 'stands for the CA' "$(cat "$ca")" "$(cat "$work/own.crt")"
stop
section=start

start --auth off
kv /keys/k/create -d '{"kty":"EC"}'
expect 'no token asked for' 200 '"kty":"EC"'
# The first question of Microsoft's libraries, which wait for a 401.
kv /keys/k/create -X POST
is 'a question without token and body' "$status" 401
token=any
kv /keys/k/create -d '{"kty":"EC"}'
expect 'any token' 200 '"kty":"EC"'
kv /keys/k/create -X POST
is 'a token, and no body' "$status" 400
token=
kill -INT "$pid"
wait "$pid"
is 'exit status after SIGINT' $? 0

mkfifo "$work/input"
start --until-stdin-eof <"$work/input" &
starter=$!
exec 4>"$work/input"
exec 4>&-
wait "$starter"
"$emulator" --until-stdin-eof --ready-fd 3 3>/dev/null 2>/dev/null </dev/null
is 'exit status at the end of input' $? 0
sh -c 'exit 0' &
gone=$!
wait "$gone"
text=$("$emulator" --parent "$gone" --ready-fd 3 3>/dev/null 2>&1)
is 'no such parent' $? 2
has 'no such parent' "$text" "--parent '$gone'"
pid=
# shellcheck disable=SC2016 # for the inner shell
parented=$(bash -c '"$0" --parent $$ --ready-fd 3 3>"$1" 2>/dev/null & echo $!
    read -r line <"$1"' "$emulator" "$work/fifo")
for _ in $(seq 100); do
    kill -0 "$parented" 2>/dev/null || break
    read -r -t 0.1 _ <>"$work/fifo" || :
done
if kill -0 "$parented" 2>/dev/null; then
    not_ok 'it outlives its parent'
    kill "$parented"
fi
left=$(find "$work" -maxdepth 1 -name 'akv-emulator-*')
is 'nothing is left behind' "$left" ''


summary
