#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# akv key: every verb. What the vault signs, encrypts and wraps is checked by
# openssl, which knows nothing of vaults.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
    -out "$work/attest.pem" 2>&9
plain pkey -in "$work/attest.pem" -pubout -out "$work/attest.pub"
cat >"$work/seed.json" <<'EOF'
{"authorities": [{"issuer": "https://a.example", "key_file": "attest.pub"}]}
EOF
emulator_options=(--hsm hsm)
start_vault
# An RSA key of 4096 bits takes a busy machine long.
export AKV_TIMEOUT=60s
keys=akv://$vault/keys
hkeys=akv://$hsm/keys
head -c 100 /dev/urandom >"$work/msg"
cd "$work"

# base64url TEXT: its bytes.
base64url()
{
    local text=$1

    while [ $((${#text} % 4)) -ne 0 ]; do
        text+="="
    done
    printf %s "$text" | tr -- -_ +/ | base64 -d
}

# public_key FILE: that of the last result in JSON, as PEM.
public_key()
{
    local kty n e curve point

    kty=$(json .key.kty)
    case $kty in
    RSA*)
        n=$(base64url "$(json .key.n)" | od -An -v -tx1 | tr -d ' \n')
        e=$(base64url "$(json .key.e)" | od -An -v -tx1 | tr -d ' \n')
        printf '%s\n' asn1=SEQUENCE:k '[k]' "n=INTEGER:0x$n" "e=INTEGER:0x$e" \
            >"$1.cnf"
        plain asn1parse -genconf "$1.cnf" -noout -out "$1.der" >&9
        plain rsa -RSAPublicKey_in -inform DER -in "$1.der" -pubout -out "$1"
        ;;
    EC*)
        case $(json .key.crv) in
        P-256) curve=prime256v1 ;;
        P-384) curve=secp384r1 ;;
        P-521) curve=secp521r1 ;;
        P-256K) curve=secp256k1 ;;
        esac
        point=04$({ base64url "$(json .key.x)" && base64url "$(json .key.y)"; } \
            | od -An -v -tx1 | tr -d ' \n')
        printf '%s\n' asn1=SEQUENCE:k '[k]' a=SEQUENCE:a \
            "p=FORMAT:HEX,BITSTRING:$point" '[a]' t=OID:id-ecPublicKey \
            "c=OID:$curve" >"$1.cnf"
        plain asn1parse -genconf "$1.cnf" -noout -out "$1.der" >&9
        plain pkey -pubin -inform DER -in "$1.der" -pubout -out "$1"
        ;;
    esac
} 2>&9

# --- Creation -------------------------------------------------------------------

good key create "$keys/plain"
is key.kty RSA name plain attributes.enabled true
for size in 2048 3072 4096; do
    good key create "$keys/rsa$size" --kty RSA --size "$size" --output json
    public_key "rsa$size.pub"
    plain pkey -pubin -in "rsa$size.pub" -noout -text >text
    contains text "\($size bit\)"
done
good key create "$keys/rsahsm" --kty rsa-hsm
is key.kty RSA-HSM
good key create "$keys/ec" --kty EC
is key.kty EC key.crv P-256
for curve in P-256 P-384 P-521 P-256K; do
    good key create "$keys/ec-$curve" --kty EC --curve "$curve" --output json
    equal "$(json .key.crv)" "$curve" "the curve"
    public_key "ec-$curve.pub"
done
good key create "$keys/echsm" --kty EC-HSM --curve p-384
is key.kty EC-HSM key.crv P-384
for size in 128 192 256; do
    good key create "$hkeys/oct$size" --kty oct-HSM --size "$size"
    is key.kty oct-HSM
done
good key create "$keys/opts" --kty EC --ops sign --tag a=b --enabled no \
    --not-before 2020-01-01 --expires 2100-01-01 --output json
equal "$(json .key.key_ops[])" sign "key_ops"
equal "$(json .tags.a)" b "a tag"
equal "$(json .attributes.enabled)" false "enabled"
equal "$(json .attributes.expires)" 2100-01-01T00:00:00Z "expires"

reset_counters
bad 2 "--kty 'DSA'" key create "$keys/no" --kty DSA
bad 2 "--curve 'P-999'" key create "$keys/no" --kty EC --curve P-999
bad 2 "--size 'abc'" key create "$keys/no" --size abc
bad 2 "'foo' is no operation" key create "$keys/no" --ops sign,foo
bad 2 'no-policy' key create "$keys/no" --kty RSA-HSM --exportable \
    --policy no-policy
expect_count total 0 challenges 0
bad 1 'key_size' key create "$keys/no" --size 1024
bad 3 'KeyNotFound' key show "$keys/no"

# --- Signatures --------------------------------------------------------------------

# check KEY ALGORITHM HASH OPTION...: openssl's opinion of the file sig.
check()
{
    local key=$1 hash=$2 sig=sig

    shift 2
    if [[ $key == ec-* ]]; then
        to_der sig
        sig=sig.der
    fi
    plain dgst "-$hash" -verify "$key.pub" -signature "$sig" "$@" msg >&9
}

# sign KEY ALGORITHM HASH OPTION...
sign()
{
    local key=$1 alg=$2 hash=$3 digest

    shift 3
    good key sign "$keys/$key" --algorithm "$alg" --file sig <msg
    check "$key" "$hash" "$@"
    good key verify "$keys/$key" --algorithm "$alg" --signature sig <msg
    equal "$(cat out)" valid "akv verify $alg"
    # Of a digest, to a pipe.
    digest=$(plain dgst "-$hash" -r msg)
    good key sign "$keys/$key" --algorithm "$alg" --digest "${digest%% *}"
    cp out sig
    check "$key" "$hash" "$@"
    good key verify "$keys/$key" --algorithm "$alg" --signature sig \
        --digest "${digest%% *}"
}

for bits in 256 384 512; do
    sign rsa2048 "RS$bits" "sha$bits"
    sign rsa2048 "PS$bits" "sha$bits" -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:digest
done
sign rsa3072 RS256 sha256
sign rsa4096 RS512 sha512
sign ec-P-256 ES256 sha256
sign ec-P-384 ES384 sha384
sign ec-P-521 ES512 sha512
sign ec-P-256K ES256K sha256

# RSNULL pads what it is given: here the DigestInfo of SHA-1.
digest=$(plain dgst -sha1 -r msg)
good key sign "$keys/rsa2048" --algorithm RSNULL --file sig \
    --digest "3021300906052b0e03021a05000414${digest%% *}"
check rsa2048 sha1

# One that is not of this text: said, and a failure.
printf x >other
status=0
akv key verify "$keys/rsa2048" --algorithm RS256 --signature sig <other \
    >out 2>err || status=$?
equal "$status" 1 "the exit status for a signature that is not valid"
equal "$(cat out)" 'not valid' "what is said of it"

for bits in 256 384 512; do
    good key create "$hkeys/mac$bits" --kty oct-HSM --size $((bits > 256 ? 512 \
        : 256))
    good key sign "$hkeys/mac$bits" --algorithm "HS$bits" --file sig <msg
    equal "$(stat -c %s sig)" $((bits / 8)) "the bytes of HS$bits"
    good key verify "$hkeys/mac$bits" --algorithm "HS$bits" --signature sig \
        <msg
done

# In JSON, and with the same statuses.
good key create "$keys/json" --kty EC
good key sign "$keys/json" --algorithm ES256 --file sig <msg
good key verify "$keys/json" --algorithm ES256 --signature sig --output json \
    <msg
equal "$(json .value)" true "a valid signature in JSON"
status=0
akv key verify "$keys/json" --algorithm ES256 --signature sig --output json \
    <other >out 2>err || status=$?
equal "$status $(json .value)" '1 false' "another signature in JSON"

# A file that is there stays as it was, whatever fails.
echo before >kept
bad 3 KeyNotFound key sign "$keys/no" --algorithm ES256 --file kept <msg
bad 4 'disabled' key sign "$keys/opts" --algorithm ES256 --file kept <msg
bad 2 'no such algorithm' key sign "$keys/ec" --algorithm X --file kept <msg
bad 3 KeyNotFound key backup "$keys/no" --file kept
fault '[{"match": {"op": "sign"}, "action": {"body": "not_json"}}]'
bad 1 . key sign "$keys/json" --algorithm ES256 --file kept <msg
fault '[]'
equal "$(cat kept)" before "a file after failures"
no_leftovers kept

reset_counters
bad 2 "--algorithm NAME is missing" key sign "$keys/ec" <msg
bad 2 "'RS999'" key sign "$keys/rsa2048" --algorithm RS999 <msg
bad 2 "--digest 'a b!'" key sign "$keys/ec" --algorithm ES256 --digest 'a b!'
bad 2 "--digest has 2 bytes, ES256 signs 32" key sign "$keys/ec" --algorithm ES256 --digest abc
bad 2 "--digest 'zz'" key sign "$keys/ec" --algorithm ES256 --digest zz
bad 2 '1 bytes, ES256 signs 32' key sign "$keys/ec" --algorithm ES256 \
    --digest ab
bad 2 '--signature FILE is missing' key verify "$keys/ec" --algorithm ES256 \
    <msg
bad 2 'absent' key verify "$keys/ec" --algorithm ES256 --signature absent <msg
expect_count total 0 challenges 0
bad 1 'incompatible' key sign "$keys/rsa2048" --algorithm ES256 <msg
bad 4 'disabled' key sign "$keys/opts" --algorithm ES256 --file absent <msg
good key create "$keys/verifier" --kty EC --ops verify
bad 4 'not permitted' key sign "$keys/verifier" --algorithm ES256 <msg

# --- Encryption and wrapping ---------------------------------------------------------

for alg in RSA1_5 RSA-OAEP RSA-OAEP-256; do
    case $alg in
    RSA1_5) how=(-pkeyopt rsa_padding_mode:pkcs1) ;;
    RSA-OAEP) how=(-pkeyopt rsa_padding_mode:oaep) ;;
    *) how=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256
        -pkeyopt rsa_mgf1_md:sha256) ;;
    esac
    plain pkeyutl -encrypt -pubin -inkey rsa2048.pub "${how[@]}" -in msg \
        -out ct
    good key decrypt "$keys/rsa2048" --algorithm "$alg" --file pt <ct
    same pt msg
    equal "$(stat -c %a pt)" 600 "the mode of a plaintext"
    good key unwrap "$keys/rsa2048" --algorithm "$alg" <ct
    same out msg
    for pair in 'encrypt decrypt' 'wrap unwrap'; do
        read -r there back <<<"$pair"
        good key "$there" "$keys/rsa2048" --algorithm "$alg" --file ct <msg
        good key "$back" "$keys/rsa2048" --algorithm "$alg" <ct
        same out msg
    done
done
bad 1 'RSA-OAEP requires 256' key decrypt "$keys/rsa2048" --algorithm RSA-OAEP \
    --file absent <msg
[ ! -e absent ] || fail "a failed decryption has left a file"
head -c 300 /dev/zero >long
bad 1 'at most 214' key encrypt "$keys/rsa2048" --algorithm RSA-OAEP <long

# AES. What decryption needs is said on standard error, in hex.
for size in 128 192 256; do
    h=$hkeys/oct$size
    akv key encrypt "$h" --algorithm "A${size}GCM" --aad 0011223344556677 \
        --file ct <msg 2>err
    iv=$(sed -n 's/^iv: //p' err)
    tag=$(sed -n 's/^tag: //p' err)
    equal "${#tag}" 32 "hex digits of a tag"
    good key decrypt "$h" --algorithm "A${size}GCM" --aad 0011223344556677 \
        --iv "$iv" --tag "$tag" <ct
    same out msg
    bad 1 . key decrypt "$h" --algorithm "A${size}GCM" --iv "$iv" \
        --tag "$tag" --aad 00 <ct
    iv=000102030405060708090a0b0c0d0e0f
    akv key encrypt "$h" --algorithm "A${size}CBCPAD" --iv "$iv" --file ct \
        <msg 2>err
    equal "$(stat -c %s ct)" 112 "the bytes of CBCPAD"
    good key decrypt "$h" --algorithm "A${size}CBCPAD" --iv "$iv" <ct
    same out msg
    head -c 96 msg >blocks
    akv key encrypt "$h" --algorithm "A${size}CBC" --iv "$iv" --file ct \
        <blocks 2>err
    good key decrypt "$h" --algorithm "A${size}CBC" --iv "$iv" <ct
    same out blocks
    good key wrap "$h" --algorithm "A${size}KW" --file ct <blocks
    equal "$(stat -c %s ct)" 104 "the bytes of KW"
    good key unwrap "$h" --algorithm "A${size}KW" <ct
    same out blocks
done
bad 2 "--iv 'xy'" key encrypt "$hkeys/oct256" --algorithm A256CBC --iv xy <msg
bad 1 'A128GCM' key encrypt "$hkeys/oct256" --algorithm A128GCM <msg

# --- Import ----------------------------------------------------------------------------

# imported NAME HASH ALGORITHM FILE: it signs as the key in FILE does.
imported()
{
    good key import "$keys/$1" --file "$4"
    plain pkey -in "$4" -pubout -out "$1.pub"
    good key sign "$keys/$1" --algorithm "$3" --file sig <msg
    check "$1" "$2"
}
plain genpkey -algorithm RSA -out r.pem 2>&9
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out e.pem
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out k.pem
imported rsa-in sha256 RS256 r.pem
imported ec-in sha384 ES384 e.pem
imported ec-in-k sha256 ES256K k.pem
plain rsa -in r.pem -traditional -out r1.pem 2>&9 \
    || plain rsa -in r.pem -out r1.pem 2>&9
imported rsa-in1 sha256 RS256 r1.pem
plain ec -in e.pem -out e1.pem 2>&9
imported ec-in1 sha384 ES384 e1.pem
good key import "$keys/pipe" --ops sign --tag a=b --hsm <e.pem
is key.kty EC-HSM key.crv P-384 tags.a b key.key_ops '["sign"]'

# A JWK: made of the PEM, the private number last.
hex=$(plain ec -in e.pem -noout -text 2>&9 | sed -n '/^priv:/,/^pub:/p' \
    | grep -v '^p' | tr -d ' :\n')
hex=$(printf '%96s' "${hex: -96}" | tr ' ' 0)
d=$(for ((i = 0; i < 96; i += 2)); do printf '%b' "\\x${hex:i:2}"; done \
    | base64 -w0 | tr +/ -_ | tr -d =)
good key show "$keys/ec-in" --output json
jq -c --arg d "$d" '.key | del(.key_ops) | .d = $d' out >e.jwk
good key import "$keys/ec-jwk" --file e.jwk
plain pkey -in e.pem -pubout -out ec-jwk.pub
good key sign "$keys/ec-jwk" --algorithm ES384 --file sig <msg
check ec-jwk sha384

reset_counters
plain pkey -in e.pem -aes256 -passout pass:x -out enc.pem
plain rsa -in r.pem -aes256 -passout pass:x -out enc1.pem 2>&9
plain pkey -in e.pem -pubout -out pub.pem
plain genpkey -algorithm ED25519 -out ed.pem
bad 2 'enc.pem is encrypted: its password is missing \(--password-file\)' \
    key import "$keys/no" --file enc.pem
bad 2 'its password is missing' key import "$keys/no" --file enc1.pem
bad 2 'no private key' key import "$keys/no" --file pub.pem
bad 2 'ED25519' key import "$keys/no" --file ed.pem
bad 2 'absent' key import "$keys/no" --file absent
expect_count total 0 challenges 0
bad 2 'is neither PEM nor PKCS#12' key import "$keys/no" <msg
bad 2 'give one of them' key import "$keys/no" --file e.pem --byok msg
bad 2 'of --byok' key import "$keys/no" --file e.pem --curve P-256

# Encrypted in both ways, in a PFX, in DER: the key is the same.
echo x >password
plain req -x509 -key r.pem -subj /CN=r -days 2 -out r.crt
plain pkcs12 -export -inkey r.pem -in r.crt -passout pass:x -out r.pfx
plain pkey -in r.pem -outform DER -out r.der
plain pkey -in r.pem -pubout -out r.pub
for form in enc1.pem r.pfx r.der; do
    good key import "$keys/formed" --file "$form" --password-file password
    good key sign "$keys/formed" --algorithm RS256 --file sig <msg
    plain dgst -sha256 -verify r.pub -signature sig msg >&9
done

# Options of one type with another; a curve is of EC.
good key create "$keys/implied" --curve P-384
is key.kty EC key.crv P-384
bad 2 '--size is of RSA or oct keys' key create "$keys/no" --kty EC --size 4096
bad 2 '--curve is of EC keys' key create "$keys/no" --kty RSA --curve P-256
bad 2 '--exponent is of RSA keys' key create "$keys/no" --curve P-256 \
    --exponent 3
bad 2 '--size is of RSA or oct keys' key create "$keys/no" --curve P-256 \
    --size 2048
bad 2 '--iv is of AES, which RSA-OAEP is not' key encrypt "$keys/formed" \
    --algorithm RSA-OAEP --iv 00 <msg

# The public half, in each form; digests in base64, with either alphabet.
for form in '' --der; do
    good key download "$keys/formed" $form --file formed.pub
    plain pkey -pubin -in formed.pub -pubout -out got.pub
    same got.pub r.pub
done
good key download "$keys/formed" --jwk
equal "$(jq -r .kty out)" RSA "the kind of the JSON Web Key"
equal "$(jq 'has("d")' out)" false "a private number"
bad 2 'give one of them' key download "$keys/formed" --jwk --der
plain dgst -sha256 -binary -out digest.bin msg
for digest in "$(base64 -w0 digest.bin)" \
    "$(base64 -w0 digest.bin | tr +/ -_ | tr -d =)"; do
    good key sign "$keys/formed" --algorithm RS256 --file sig --digest "$digest"
    plain dgst -sha256 -verify r.pub -signature sig msg >&9
done

# What is no signature is not handed on.
while read -r change pattern; do
    fault '[{"match":{"op":"sign"},"action":{"field":{"value":"'"$change"'"}}}]'
    bad 1 "$pattern" key sign "$keys/ec" --algorithm ES256 --file none <msg
    [ ! -e none ] || fail "a signature that is $change is handed on"
done <<'END'
short has [0-9]+ bytes, as no signature by ES256 has
long has [0-9]+ bytes, as no signature by ES256 has
bit_flipped does not verify with keys/ec: it is not written
END
fault '[{"match":{"op":"sign"},"action":{"field":{"value":"bit_flipped"}}}]'
bad 1 'does not verify' key sign "$keys/formed" --algorithm PS256 --file none <msg
good key sign "$keys/formed" --algorithm PS256 --file none \
    --set verify-signatures=no <msg
fault '[]'
# Whoever may sign and not read signs unverified.
fault '[{"match":{"op":"get_key"},"action":{"status":403}}]'
good key sign "$keys/formed" --algorithm PS256 --file sig <msg
fault '[]'
plain dgst -sha256 -verify r.pub -sigopt rsa_padding_mode:pss -signature sig \
    msg >&9

# How fast it is: all that was asked is counted.
reset_counters
good key bench "$keys/formed" --seconds 1 --threads 2 --output json
equal "$(jq -r .algorithm out)" RS256 "the algorithm by the key"
equal "$(jq '.vaultLimitPerSecond == 400' out)" true "the limit of RSA 2048"
equal "$(jq '.medianMs <= .p95Ms and .p95Ms <= .p99Ms and .p99Ms <= .worstMs' out)" \
    true "percentiles"
expect_count sign "$(($(jq .signatures out) + 1))"
bad 2 "--threads '0': a number from 1 to 256" key bench "$keys/ec" --threads 0
bad 2 "--algorithm 'RSA-OAEP'" key bench "$keys/ec" --algorithm RSA-OAEP

# What an HSM's maker has encrypted goes as it is.
echo '{"schema_version":"1.0.0"}' >key.byok
akv key import "$keys/brought" --byok key.byok --kty EC-HSM --curve P-256 \
    >out 2>err || true
control /log | jq -c '[.. | objects | select(.target? // ""
    | contains("/keys/brought"))] | last | .body | fromjson | .key' >sent
contains sent '"kty":"EC-HSM","crv":"P-256","key_hsm":"eyJzY2hlbWFfdmVyc2lvbiI6IjEuMC4wIn0K"'

# --- Versions, rotation ------------------------------------------------------------------

good key show "$keys/ec"
first=$(result_version)
good key rotation-policy "$keys/ec"
contains out '^lifetimeActions: '
echo '{"lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"},
    "action": {"type": "Rotate"}}], "attributes": {"expiryTime": "P2Y"}}' \
    >policy
good key rotation-policy "$keys/ec" --file policy
is attributes.expiryTime P2Y
good key rotation-policy "$keys/ec" --file - --output json <policy
equal "$(json '.lifetimeActions[0].action.type')" Rotate "the action"
good key rotate "$keys/ec"
second=$(result_version)
[ "$first" != "$second" ] || fail "rotation makes no new version"
contains out '^attributes.expires: '
good key list-versions "$keys/ec"
equal "$(sort out)" "$(printf '%s\n' "$keys/ec/$first" "$keys/ec/$second" \
    | sort)" "the versions"
# The version in the URI is the one that works.
good key sign "$keys/ec/$first" --algorithm ES256 --file sig <msg
good key verify "$keys/ec/$first" --algorithm ES256 --signature sig <msg
status=0
akv key verify "$keys/ec/$second" --algorithm ES256 --signature sig <msg \
    >out || status=$?
equal "$status" 1 "a signature of another version"

good key update "$keys/ec/$first" --enabled no --tag old=yes
is attributes.enabled false tags.old yes version "$first"
bad 4 'disabled' key sign "$keys/ec/$first" --algorithm ES256 <msg
good key update "$keys/ec" --ops verify
is key.key_ops '["verify"]'
good key show "$keys/ec"
is key.key_ops '["verify"]'
bad 4 'not permitted' key sign "$keys/ec" --algorithm ES256 <msg
good key list "$keys"
contains out "^$keys/ec\$"
contains out "^$keys/opts	disabled\$"

# --- Random bytes, release, attestation --------------------------------------------------

good key random "akv://$hsm" --file random
equal "$(stat -c %s random)" 32 "random bytes"
for count in 1 128; do
    good key random "akv://$hsm/keys" --count "$count"
    equal "$(stat -c %s out)" "$count" "random bytes"
done
cp out random
good key random "akv://$hsm/keys" --count 128
! cmp -s out random || fail "random bytes come again"
reset_counters
for count in 0 129 -1 12x ''; do
    bad 2 "--count '?${count}'?:" key random "akv://$hsm" --count "$count"
done
expect_count total 0 challenges 0

echo '{"version": "1.0.0", "anyOf": [{"authority": "https://a.example",
    "allOf": [{"claim": "c", "equals": "true"}]}]}' >release
good key create "$keys/out" --kty EC-HSM --exportable --policy release
is attributes.exportable true releasePolicy.version 1.0.0
good key show "$keys/out" --output json
equal "$(json .releasePolicy)" "$(jq . release)" "the release policy"
sed 's/"true"/"other"/' release >release2
good key update "$keys/out" --policy release2 --output json
equal "$(json .releasePolicy)" "$(jq . release2)" "the new release policy"
good key update "$keys/out" --policy release
bad 2 '--policy FILE' key update "$keys/out" --immutable
bad 2 '--policy FILE' key create "$keys/other" --kty EC --immutable
bad 2 '--immutable is for a key only' secret update "akv://$vault/secrets/s" \
    --immutable
good key create "$keys/fixed" --kty EC-HSM --exportable --policy release
good key update "$keys/fixed" --policy release2 --immutable
bad 1 'Immutable Key Release Policy' key update "$keys/fixed" --policy release
bad 2 'no JSON' key update "$keys/out" --policy msg
plain rsa -in r.pem -noout -modulus >modulus 2>&9
hex=$(sed 's/.*=//' modulus)
n=$(for ((i = 0; i < ${#hex}; i += 2)); do printf '%b' "\\x${hex:i:2}"; done \
    | base64 -w0 | tr +/ -_ | tr -d =)
part()
{
    printf %s "$1" | base64 -w0 | tr +/ -_ | tr -d =
}
# attest VALUE: an attestation, with that as the claim of the policy.
attest()
{
    local text

    text=$(part '{"alg":"RS256","typ":"JWT"}').$(part \
        '{"iss":"https://a.example","exp":4000000000,"c":'"$1"',"x-ms-runtime":{"keys":[{"kty":"RSA","kid":"k","use":"enc","key_ops":["encrypt"],"n":"'"$n"'","e":"AQAB"}]}}')
    printf '%s.' "$text"
    printf %s "$text" | plain dgst -sha256 -sign attest.pem | base64 -w0 \
        | tr +/ -_ | tr -d =
}
attest false >target
bad 4 'does not meet key release policy requirements' \
    key release "$keys/out" --target target
attest true >target
good key release "$keys/out" --target target
equal "$(tr -cd . <out | wc -c)" 2 "dots of a JWS"
good key release "$keys/out" --nonce abc --enc RSA_AES_KEY_WRAP_256 \
    --file jws <target
payload=$(base64url "$(cut -d. -f2 jws)")
equal "$(jq -r .request.nonce <<<"$payload")" abc "the nonce of the release"
bad 4 . key release "$keys/ec-P-256" --target target
bad 2 absent key release "$keys/out" --target absent

good key attestation "$keys/echsm"
contains out '^attributes.attestation.certificatePemFile: .'
contains out '^attributes.attestation.privateKeyAttestation: .'
good key attestation "$keys/echsm" --output json
equal "$(json .key.kty)" EC-HSM "the type in the attestation"

# --- Deletion -----------------------------------------------------------------------------

# The same of the Managed HSM, which has other replies.
for all in "$keys" "$hkeys"; do
    [ "$all" = "$hkeys" ] || control /slow-delete -d '{"polls": 1}' >&9
    good key create "$all/gone" --kty EC --output json
    public_key gone.pub
    good key delete "$all/gone"
    contains out '^recoveryId: '
    bad 3 . key show "$all/gone"
    good key show-deleted "$all/gone"
    is name gone
    good key list-deleted "$all"
    contains out '/keys/gone$'
    bad 6 Conflict key create "$all/gone" --kty EC
    good key recover "$all/gone"
    is name gone
    good key backup "$all/gone" --file blob
    equal "$(stat -c %a blob)" 600 "the mode of a backup"
    good key delete "$all/gone"
    control /slow-delete -d '{}' >&9
    good key purge "$all/gone"
    bad 3 . key show-deleted "$all/gone"
    good key restore "$all" --file blob
    good key show "$all/gone" --output json
    cp gone.pub before.pub
    public_key gone.pub
    same gone.pub before.pub
done
bad 2 'single version' key delete "$keys/ec/$first"
bad 1 'backup' key restore "$keys" --file msg
# A backup of another vault, and of an HSM.
good key backup "$keys/rsa2048" --file blob
good key delete "$keys/rsa2048"
bad 1 '[Bb]ackup' key restore "$hkeys" --file blob
good key backup "$hkeys/oct256" --file blob
bad 1 '[Bb]ackup' key restore "$keys" --file blob
