#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The commands of openssl with a vault's key: matrix.sh BUILD-DIR ORDER KEY-TYPE
# FORM. ORDER is a way to load the provider (lib.sh), KEY-TYPE one of those
# below, FORM how the key is named: uri or (PEM) reference. Whatever comes out is
# checked by openssl without our provider. What was done, and what was not, is
# added to the table that matrix_table.sh prints.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

order=${2:-options}
type=${3:-rsa2048}
form=${4:-uri}

case $type in
rsa*) family=rsa generate=(RSA -pkeyopt "rsa_keygen_bits:${type#rsa}") ;;
p256k) family=ec generate=(EC -pkeyopt ec_paramgen_curve:secp256k1) ;;
p*) family=ec generate=(EC -pkeyopt "ec_paramgen_curve:P-${type#p}") ;;
*) fail "there is no key type '$type'" ;;
esac

# --- The table ----------------------------------------------------------------

rows=$build/tests/e2e/matrix/$type-$form-$order
openssl_version=$(openssl version | cut -d' ' -f2)
step=
reasons=

# row RESULT [REMARK]
row()
{
    printf '%s|' "$step" "$(sort -u commands | paste -sd' ')" "$type" \
        "$form" "$order" "$openssl_version" "$1"
    printf '%s\n' "${2:-}"
}

# do_step FUNCTION: what has been tried is in the table, with the commands that
# it took.
do_step()
{
    step=$1 reasons=
    : >commands
    row FAILED >"$rows.failed" # unless it ends well
    "$1"
    row passed "${reasons#; }" >>"$rows"
    rm "$rows.failed"
}

# left_out REASON: in the step that is being done.
left_out()
{
    say "left out: $1"
    reasons+="; left out: $1"
}

# skip_step STEP REASON
skip_step()
{
    step=$1
    : >commands
    say "left out: $1: $2"
    row 'left out' "$2" >>"$rows"
}

note_command()
{
    echo "$1" >>"$work/commands"
}

# --- Requests and certificates ----------------------------------------------

requests()
{
    ossl req -new -key "$key" -subj /CN=request -out leaf.csr
    plain req -in leaf.csr -verify -noout -pubkey -out csr.pub
    same csr.pub "$type.pub"
    # The key that has signed also checks: by us.
    ossl req -new -verify -noout -key "$key" -subj /CN=request >verify.txt 2>&1
    contains verify.txt 'verify OK'
    ossl req -in leaf.csr -verify -noout
}

self_signed()
{
    ossl req -x509 -key "$key" -subj /CN=self -days 2 -out self.crt \
        -addext keyUsage=digitalSignature,keyEncipherment,keyCertSign,cRLSign
    plain verify -check_ss_sig -CAfile self.crt self.crt
    ossl verify -check_ss_sig -CAfile self.crt self.crt
}

issued()
{
    plain req -new -key "other.pem" -subj /CN=issued -out other.csr
    ossl x509 -req -in other.csr -CA self.crt -CAkey "$key" -CAcreateserial \
        -days 2 -out issued.crt
    plain verify -CAfile self.crt issued.crt
}

# OpenSSL 4.0 refuses these with a plain key, too.
resigned()
{
    if ! plain x509 -in self.crt -signkey "$type.pem" -days 3 \
        -out /dev/null 2>plain.txt; then
        left_out 'x509 -signkey fails without our provider, too'
        return 0
    fi
    ossl x509 -in self.crt -signkey "$key" -days 3 -out resigned.crt
    plain verify -check_ss_sig -CAfile resigned.crt resigned.crt
    ossl x509 -x509toreq -in self.crt -signkey "$key" -out again.csr
    plain req -in again.csr -verify -noout
}

authority_config()
{
    touch index.txt
    echo 01 >serial
    echo 01 >crlnumber
    cat >ca.cnf <<END
[ca]
default_ca = this
[this]
dir = $work
database = $work/index.txt
new_certs_dir = $work
serial = $work/serial
crlnumber = $work/crlnumber
default_md = sha256
default_days = 2
default_crl_days = 2
policy = policy
unique_subject = no
[policy]
commonName = supplied
END
}

authority()
{
    authority_config
    ossl ca -config ca.cnf -batch -notext -cert self.crt -keyfile "$key" \
        -in other.csr -out byca.crt
    plain verify -CAfile self.crt byca.crt
    ossl ca -config ca.cnf -cert self.crt -keyfile "$key" \
        -revoke byca.crt
    ossl ca -config ca.cnf -cert self.crt -keyfile "$key" -gencrl -out ca.crl
    plain crl -in ca.crl -CAfile self.crt -noout >crl.txt 2>&1
    contains crl.txt 'verify OK'
    # The CRL does what it is for: the certificate is refused now.
    plain verify -crl_check -CRLfile ca.crl -CAfile self.crt byca.crt \
        >crl.txt 2>&1 && fail 'a revoked certificate is accepted'
    contains crl.txt 'certificate revoked'
}

ocsp()
{
    plain ocsp -issuer self.crt -cert byca.crt -cert issued.crt -no_nonce \
        -reqout ocsp.req >ocsp.txt
    ossl ocsp -index index.txt -CA self.crt -rsigner self.crt -rkey "$key" \
        -reqin ocsp.req -respout ocsp.resp -ndays 2 >ocsp.txt
    plain ocsp -issuer self.crt -cert byca.crt -CAfile self.crt -no_nonce \
        -respin ocsp.resp >ocsp.txt 2>&1
    contains ocsp.txt 'Response verify OK'
    contains ocsp.txt 'byca.crt: revoked'
}

# --- Messages ---------------------------------------------------------------

cms_sign()
{
    local name=$1

    shift
    ossl cms -sign -binary -in data -signer self.crt -inkey "$key" \
        -outform PEM -out "$name.cms" "$@"
    plain cms -verify -binary -inform PEM -in "$name.cms" -content data \
        -CAfile self.crt -out out
    same out data
    ossl cms -verify -binary -inform PEM -in "$name.cms" -content data \
        -CAfile self.crt -out out
    same out data
}

messages_signed()
{
    cms_sign detached
    cms_sign attached -nodetach
    cms_sign bare -noattr
    cms_sign sha512 -md sha512
    [ "$family" = ec ] || cms_sign pss -keyopt rsa_padding_mode:pss
    ossl smime -sign -in data -signer self.crt -inkey "$key" -text \
        -out smime.txt
    plain smime -verify -in smime.txt -CAfile self.crt -text -out out
    tr -d '\r' <out >out.unix
    same out.unix data
}

# encrypted cms|smime OPTION...
encrypted()
{
    local command=$1

    shift
    plain "$command" -encrypt -binary -aes256 -in data -outform PEM \
        -out enveloped "$@"
    ossl "$command" -decrypt -binary -inform PEM -in enveloped \
        -recip self.crt -inkey "$key" -out out
    same out data
}

messages_encrypted()
{
    encrypted cms self.crt
    encrypted cms -recip self.crt -keyopt rsa_padding_mode:oaep
    encrypted cms -recip self.crt -keyopt rsa_padding_mode:oaep \
        -keyopt rsa_oaep_md:sha256
    encrypted smime self.crt
}

# --- Signatures -------------------------------------------------------------

# dgst OPTION...: the digest and what else the signature needs.
dgst()
{
    ossl dgst "$@" -sign "$key" -out sig data
    plain dgst "$@" -verify "$type.pub" -signature sig data
    ossl dgst "$@" -prverify "$key" -signature sig data
    ossl dgst "$@" -verify "$public" -signature sig data
    echo >>other
    if plain dgst "$@" -verify "$type.pub" -signature sig other; then
        fail 'a signature of something else is accepted'
    fi
}

digests()
{
    local bits digest pss='rsa_padding_mode:pss'

    dgst -sha256
    dgst -sha384
    dgst -sha512
    if [ "$family" = ec ]; then
        # Longer and shorter digests than the curve's, by rule of FIPS 186.
        for digest in sha1 sha224 sha3-256 sha3-512 blake2s256; do
            dgst "-$digest"
        done
        return 0
    fi
    for bits in 256 384 512; do
        dgst "-sha$bits" -sigopt "$pss" -sigopt rsa_pss_saltlen:digest
        dgst "-sha$bits" -sigopt "$pss" -sigopt "rsa_pss_saltlen:$((bits / 8))"
    done
    dgst -sha256 -sigopt "$pss" -sigopt rsa_pss_saltlen:auto
    dgst -sha256 -sigopt "$pss"
    dgst -sha256 -sigopt "$pss" -sigopt rsa_mgf1_md:sha256
}

pss_request()
{
    ossl req -new -key "$key" -subj /CN=pss -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:digest -out pss.csr
    plain req -in pss.csr -verify -noout -text -out pss.txt
    contains pss.txt 'Signature Algorithm: rsassaPss'
    contains pss.txt 'Salt Length: 0x20'
}

# pkeyutl_sign INPUT OPTION...
pkeyutl_sign()
{
    local input=$1

    shift
    ossl pkeyutl -sign -inkey "$key" -in "$input" -out sig "$@"
    plain pkeyutl -verify -pubin -inkey "$type.pub" -in "$input" \
        -sigfile sig "$@"
    ossl pkeyutl -verify -inkey "$key" -in "$input" -sigfile sig "$@"
    ossl pkeyutl -verify -pubin -inkey "$public" -in "$input" -sigfile sig "$@"
}

pkeyutl()
{
    plain dgst -sha256 -binary -out digest data
    pkeyutl_sign digest -pkeyopt digest:sha256
    pkeyutl_sign data -rawin
    pkeyutl_sign data -rawin -digest sha384
    if [ "$family" = ec ]; then
        pkeyutl_sign digest
        return 0
    fi
    pkeyutl_sign digest -pkeyopt digest:sha256 \
        -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:-1
    pkeyutl_sign data -rawin -pkeyopt rsa_padding_mode:pss \
        -pkeyopt rsa_pss_saltlen:-1
    # Without a name, the digest that the DigestInfo tells.
    plain pkeyutl -sign -inkey "$type.pem" -in digest -out sig \
        -pkeyopt digest:sha256
    plain pkeyutl -verifyrecover -pubin -inkey "$type.pub" -in sig -out info
    ossl pkeyutl -verifyrecover -inkey "$key" -in sig -out info.ours
    same info info.ours
    pkeyutl_sign info
}

# crypt OPTION...: both ways, each against the plain key.
crypt()
{
    ossl pkeyutl -encrypt -pubin -inkey "$public" -in secret -out cipher "$@"
    plain pkeyutl -decrypt -inkey "$type.pem" -in cipher -out out "$@"
    same out secret
    ossl pkeyutl -encrypt -inkey "$key" -in secret -out cipher "$@"
    plain pkeyutl -decrypt -inkey "$type.pem" -in cipher -out out "$@"
    same out secret
    plain pkeyutl -encrypt -pubin -inkey "$type.pub" -in secret -out cipher \
        "$@"
    ossl pkeyutl -decrypt -inkey "$key" -in cipher -out out "$@"
    same out secret
}

encryption()
{
    echo 'attack at dawn' >secret
    crypt
    crypt -pkeyopt rsa_padding_mode:pkcs1
    crypt -pkeyopt rsa_padding_mode:oaep
    crypt -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256
    crypt -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 \
        -pkeyopt rsa_mgf1_md:sha1
    : >secret
    crypt -pkeyopt rsa_padding_mode:oaep
}

# --- The key itself ---------------------------------------------------------

public_key()
{
    ossl pkey -in "$key" -pubout -out pub
    same pub "$type.pub"
    ossl pkey -pubin -in "$public" -pubout -out pub
    same pub "$type.pub"
    ossl pkey -in "$key" -pubout -outform DER -out pub.der
    plain pkey -pubin -in "$type.pub" -outform DER -out want.der
    same pub.der want.der
    ossl pkey -in "$key" -noout -text_pub -out text
    plain pkey -in "$type.pem" -noout -text_pub -out want
    same text want
    ossl pkey -in "$key" -noout -pubcheck >text 2>&1
    contains text 'Key is valid'
    ossl pkey -in "$key" -noout -check >text 2>&1
    contains text 'Key is valid'
}

# There is nothing to show of the private half, and nothing half is shown: see
# references.sh for what is written.
no_private_key()
{
    ossl pkey -in "$key" -out private.pem
    lacks private.pem PRIVATE
    ossl pkey -in "$key" -noout -text >text
    lacks text 'priv:|prime1|prime:'
}

store()
{
    ossl storeutl -noout "$key" >text
    contains text '^0: Pkey'
    if [ "$form" = uri ]; then
        contains text '^1: P'
        contains text 'Total found: 2'
    else
        contains text 'Total found: 1'
    fi
    ossl storeutl -noout -keys "$key" >text
    contains text 'Total found: 1'
    # From OpenSSL 3.5 on it is an error when there is none.
    ossl storeutl -noout -certs "$key" >text 2>&1 || [ $? -eq 1 ]
    lacks text '^[0-9]+:|:keyvault:'
}

spkac()
{
    if ! plain spkac -key "$type.pem" -digest sha256 -challenge hello \
        -out want 2>plain.txt; then
        left_out 'it fails without our provider, too'
        return 0
    fi
    ossl spkac -key "$key" -digest sha256 -challenge hello -out spkac.txt
    plain spkac -in spkac.txt -verify -noout >text 2>&1
    contains text 'Signature OK'
}

# --- TLS --------------------------------------------------------------------

tls_certificates()
{
    plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout ca.key -subj /CN=authority -days 2 -out ca.crt
    # Signed by the vault's key, named as the peer wants it.
    ossl req -new -key "$key" -subj /CN=localhost -out tls.csr
    plain x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
        -days 2 -out tls.crt
    plain req -new -key other.pem -subj /CN=other -out other.csr
    plain x509 -req -in other.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
        -days 2 -out other.crt
}

tls_server()
{
    local proto

    serve ossl server -cert tls.crt -key "$key"
    for proto in tls1_2 tls1_3; do
        connect plain page "-$proto"
        contains page 'Verify return code: 0|Verification: OK'
        contains page "^ *Protocol *: TLSv1\.${proto#tls1_}"
    done
    stop "$server"
    lacks server.log ':error:'
}

tls_client()
{
    local proto

    serve plain peer -cert other.crt -key other.pem -CAfile ca.crt -Verify 2 \
        -verify_return_error
    for proto in tls1_2 tls1_3; do
        connect ossl page "-$proto" -cert tls.crt -key "$key"
        # The page is sent once the client's certificate was verified.
        contains page "^ *Protocol *: TLSv1\.${proto#tls1_}"
        contains page '^Client certificate'
        contains page 'CN *= *localhost'
    done
    stop "$server"
    lacks peer.log ':error:'
}

# Both ends at once, in one process each with the provider.
tls_both()
{
    serve ossl both -cert tls.crt -key "$key" -CAfile ca.crt -Verify 2 \
        -verify_return_error
    connect ossl page -cert tls.crt -key "$key"
    contains page '^Client certificate'
    stop "$server"
}

# The vault takes the one scheme that its key has; a signature of another is
# negotiated away, not promised and then refused.
tls_schemes()
{
    local scheme schemes

    case $type in
    p256) schemes=(ECDSA+SHA256) ;;
    p384) schemes=(ECDSA+SHA384) ;;
    p521) schemes=(ECDSA+SHA512) ;;
    *) schemes=(RSA-PSS+SHA256 RSA-PSS+SHA384 RSA-PSS+SHA512) ;;
    esac
    serve ossl schemes -cert tls.crt -key "$key"
    for scheme in "${schemes[@]}"; do
        connect plain page -tls1_3 -sigalgs "$scheme"
    done
    [ "$family" = ec ] || connect plain page -tls1_2 -sigalgs RSA+SHA512
    stop "$server"
}

# --- Timestamps ---------------------------------------------------------------

authority_of_time()
{
    cat >ts.cnf <<END
[tsa]
default_tsa = this
[this]
serial = $work/tsserial
default_policy = 1.2.3.4
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
END
}

timestamps()
{
    authority_of_time
    ossl req -x509 -key "$key" -subj /CN=time -days 2 -out time.crt \
        -addext extendedKeyUsage=critical,timeStamping
    plain ts -query -data data -sha256 -cert -out time.tsq
    ossl ts -reply -config ts.cnf -queryfile time.tsq -signer time.crt \
        -inkey "$key" -out time.tsr
    plain ts -verify -data data -in time.tsr -CAfile time.crt
}

# --- All of it ----------------------------------------------------------------

begin()
{
    plain genpkey -algorithm "${generate[@]}" -out "$work/$type.pem" \
        2>"$work/dots"
    plain pkey -in "$work/$type.pem" -pubout -out "$work/$type.pub"
    cat >"$work/seed.json" <<END
{"keys": [{"name": "$type", "kty": "${family^^}", "pem_file": "$type.pem"}]}
END
    start_emulator
    cd "$work"
    order "$order"
    key=$(uri "$type")
    public=$key
    printf 'line %d\n' {1..50} >data
    cp data other
    plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem
    mkdir -p "$(dirname "$rows")"
    : >"$rows"
}

make_reference()
{
    ossl pkey -in "$key" -out ref.pem
    key=ref.pem public=$type.pub
}

begin
[ "$form" = uri ] || do_step make_reference
for name in requests self_signed issued resigned authority ocsp \
    messages_signed digests pkeyutl public_key no_private_key store spkac; do
    do_step $name
done
if [ "$type" = p256k ]; then
    skip_step tls 'TLS 1.3 has no signature scheme for secp256k1'
else
    for name in certificates server client both schemes; do
        do_step "tls_$name"
    done
fi
if [ "$family" = rsa ]; then
    for name in pss_request encryption messages_encrypted; do
        do_step $name
    done
else
    skip_step encryption 'a vault decrypts with RSA keys only'
fi
if [ "$form" = uri ]; then
    skip_step timestamps 'ts -inkey opens a file'
else
    do_step timestamps
fi
