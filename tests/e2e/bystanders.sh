#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Loading the provider changes nothing for whatever has nothing to do with a
# vault: plain keys and strangers' certificates, in each order of providers.
# What openssl writes without us it writes with us, and what one of the two
# makes the other one takes. Usage: bystanders.sh BUILD-DIR ORDER

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
order=${2:-options}

# alike ARGUMENT...: the same exit status and the same output, ours or not.
alike()
{
    local want=0 got=0

    plain "$@" >want 2>want.err || want=$?
    ossl "$@" >got 2>got.err || got=$?
    [ "$want" -eq "$got" ] || {
        show want.err got.err
        fail "exit status $got; without our provider: $want"
    }
    same got want
}

# The same for each line of the standard input; and all of them work.
alike_all()
{
    local line
    local -a lines words

    mapfile -t lines
    for line in "${lines[@]}"; do
        read -ra words <<<"$line"
        alike "${words[@]}"
        if [ ! -s want ] || grep -q ':error:' want.err; then
            show want.err
            fail 'does not work without our provider either'
        fi
    done
}

# crossed MAKE... -- CHECK...: what one makes, in the file "made", is good for
# the other, either way round.
crossed()
{
    local -a make=()
    local pair maker checker

    while [ "$1" != -- ]; do
        make+=("$1")
        shift
    done
    shift
    for pair in 'plain ossl' 'ossl plain' 'ossl ossl'; do
        read -r maker checker <<<"$pair"
        rm -f made
        "$maker" "${make[@]}" >out 2>err || {
            show err
            fail "$maker cannot make it"
        }
        [ -s made ] || cp out made
        "$checker" "$@" >out 2>err || {
            show out err
            fail "$checker does not take what $maker has made"
        }
    done
}

# can ARGUMENT...: this version of openssl knows it.
can()
{
    plain "$@" >out 2>err && return
    say "left out: $(head -n 1 err)"
    return 1
}

# The order is the one that was meant.
whose()
{
    local ours=default

    case $order in
    *first | propquery) ours=keyvault ;;
    esac
    # Those of options are not in openssl.cnf.
    case $order in
    options) write_config whose.cnf default keyvault </dev/null ;;
    options-first) write_config whose.cnf keyvault default </dev/null ;;
    *) cp "$OPENSSL_CONF" whose.cnf ;;
    esac
    vars=("${sanitizer[@]}" "OPENSSL_CONF=$work/whose.cnf")
    run "$build/tests/e2e/served" rsa.pem ec.pem >out
    vars=()
    contains out "^RSA management: $ours$"
    contains out "^EC management: $ours$"
}

# --- Keys -------------------------------------------------------------------

keys_there()
{
    local curve

    for curve in secp384r1 secp521r1 secp256k1 brainpoolP256r1; do
        plain genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" \
            -out "$curve.pem"
        plain pkey -in "$curve.pem" -pubout -out "$curve.pub"
    done
    plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem
    plain pkey -in peer.pem -pubout -out peer.pub
    plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -pkeyopt ec_param_enc:explicit -out explicit.pem
    plain pkey -in explicit.pem -pubout -out explicit.pub
    plain genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
        -out pss.pem 2>dots
    plain pkey -in pss.pem -pubout -out pss.pub
    plain genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
        -pkeyopt rsa_pss_keygen_md:sha256 \
        -pkeyopt rsa_pss_keygen_saltlen:20 -out pss20.pem 2>dots
    plain pkey -in pss20.pem -pubout -out pss20.pub
    for curve in ED25519 X25519; do
        plain genpkey -algorithm "$curve" -out "$curve.pem"
        plain pkey -in "$curve.pem" -pubout -out "$curve.pub"
    done
    plain genpkey -algorithm X25519 -out X25519-peer.pem
    plain pkey -in X25519-peer.pem -pubout -out X25519-peer.pub
}

shown_and_converted()
{
    alike_all <<'END'
pkey -in rsa.pem
pkey -in rsa.pem -text
pkey -in rsa.pem -pubout
pkey -in rsa.pem -text_pub -noout
pkey -pubin -in rsa.pub -text
pkey -in rsa.pem -outform DER
pkey -in rsa.pem -traditional
rsa -in rsa.pem -text
rsa -in rsa.pem -traditional
rsa -in rsa.pem -pubout
rsa -in rsa.pem -RSAPublicKey_out
rsa -in rsa.pem -noout -modulus
rsa -in rsa.pem -check
rsa -pubin -in rsa.pub -text
rsa -in rsa.pem -outform MSBLOB
pkcs8 -topk8 -nocrypt -in rsa.pem
pkcs8 -topk8 -nocrypt -in ec.pem
pkey -in ec.pem -text
pkey -in ec.pem -pubout
pkey -in ec.pem -traditional
pkey -in ec.pem -ec_conv_form compressed
pkey -in ec.pem -ec_conv_form hybrid -pubout
pkey -in ec.pem -ec_param_enc explicit
pkey -in ec.pem -ec_param_enc explicit -pubout -outform DER
ec -in ec.pem -text
ec -in ec.pem -conv_form compressed
ec -in ec.pem -conv_form compressed -pubout
ec -in ec.pem -param_enc explicit -text
ec -in ec.pem -param_out
ec -in explicit.pem -text
ec -in explicit.pem -param_enc named_curve
ec -pubin -in secp521r1.pub -text
pkey -in explicit.pem -text
pkey -in brainpoolP256r1.pem -text
pkey -in pss.pem -text
pkey -in pss20.pem -text
pkey -pubin -in pss20.pub -text
pkey -in ED25519.pem -text
ecparam -name secp384r1
ecparam -name secp384r1 -param_enc explicit -text
ecparam -name brainpoolP256r1 -text
storeutl rsa.pem
storeutl ec.pem
END
    alike pkey -in rsa.pem -check -pubcheck -noout
    alike pkey -in ec.pem -check -pubcheck -noout
    alike ec -in ec.pem -check -noout
    alike ecparam -name secp521r1 -check -noout
    protected
}

# Under a password there is salt, and so no two are the same.
protected()
{
    local key

    for key in rsa ec explicit pss; do
        crossed pkcs8 -topk8 -in $key.pem -v2 aes-256-cbc -passout pass:x \
            -out made -- pkey -in made -passin pass:x -out out.pem
        same out.pem $key.pem
        crossed pkcs12 -export -inkey $key.pem -in $key.crt -passout pass:x \
            -out made -- pkcs12 -in made -passin pass:x -nodes -out out.p12
        plain pkey -in out.p12 -out out.pem
        same out.pem $key.pem
    done
    crossed rsa -in rsa.pem -traditional -aes128 -passout pass:x -out made \
        -- rsa -in made -passin pass:x -check -noout
    crossed ec -in ec.pem -aes128 -passout pass:x -out made \
        -- ec -in made -passin pass:x -check -noout
}

generated()
{
    local curve

    crossed genrsa -out made 2048 -- rsa -in made -check -noout
    crossed genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -pkeyopt rsa_keygen_pubexp:3 -out made -- pkey -in made -check -noout
    crossed genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -pkeyopt rsa_keygen_primes:3 -out made -- pkey -in made -check -noout
    crossed genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
        -pkeyopt rsa_pss_keygen_md:sha256 \
        -pkeyopt rsa_pss_keygen_mgf1_md:sha256 \
        -pkeyopt rsa_pss_keygen_saltlen:32 -out made \
        -- pkey -in made -check -noout
    for curve in P-256 P-384 P-521 secp256k1 brainpoolP384r1 sect283k1; do
        crossed genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" \
            -out made -- pkey -in made -check -noout
    done
    crossed genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 \
        -pkeyopt ec_param_enc:explicit -out made -- pkey -in made -check -noout
    plain pkey -in made -noout -text >out
    contains out '^Field Type: prime-field'
    crossed genpkey -genparam -algorithm EC \
        -pkeyopt ec_paramgen_curve:P-384 -out made \
        -- genpkey -paramfile made -out made.pem
    plain pkey -in made.pem -text -noout >out
    contains out 'NIST CURVE: P-384'
    crossed ecparam -name secp384r1 -genkey -noout -out made \
        -- ec -in made -check -noout
    crossed ecparam -name secp521r1 -param_enc explicit -genkey -noout \
        -out made -- ec -in made -check -noout
    crossed genpkey -algorithm ED25519 -out made -- pkey -in made -noout
    crossed req -new -newkey rsa:2048 -nodes -keyout new.pem -subj /CN=new \
        -out made -- req -in made -verify -noout
    crossed req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes \
        -keyout new.pem -subj /CN=new -out made -- req -in made -verify -noout
}

# --- Signatures and encryption ----------------------------------------------

# RSA's PKCS#1 v1.5 and X9.31 have no salt, Ed25519 neither.
signed_alike()
{
    alike_all <<'END'
dgst -sha1 -sign rsa.pem data
dgst -sha224 -sign rsa.pem data
dgst -sha256 -sign rsa.pem data
dgst -sha512-256 -sign rsa.pem data
dgst -sha3-256 -sign rsa.pem data
dgst -md5 -sign rsa.pem data
dgst -sha256 -sigopt rsa_padding_mode:x931 -sign rsa.pem data
pkeyutl -sign -inkey rsa.pem -in digest
pkeyutl -sign -inkey rsa.pem -in digest -pkeyopt digest:sha256
pkeyutl -sign -inkey rsa.pem -in digest -pkeyopt digest:sha3-256
pkeyutl -sign -inkey rsa.pem -in digest -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:x931
pkeyutl -sign -inkey rsa.pem -in data -rawin
pkeyutl -encrypt -pubin -inkey rsa.pub -in block -pkeyopt rsa_padding_mode:none
pkeyutl -decrypt -inkey rsa.pem -in block -pkeyopt rsa_padding_mode:none
pkeyutl -sign -inkey ED25519.pem -in digest -rawin
dgst -sha256 -mac HMAC -macopt key:secret data
END
    plain pkeyutl -sign -inkey rsa.pem -in digest -out sig \
        -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:x931
    alike_all <<'END'
pkeyutl -verifyrecover -pubin -inkey rsa.pub -in sig -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:x931
pkeyutl -verifyrecover -pubin -inkey rsa.pub -in sig -pkeyopt rsa_padding_mode:none
END
    # pkeyutl takes no more than a digest's length to sign.
    if can rsautl -sign -raw -inkey rsa.pem -in block; then
        alike_all <<<'rsautl -sign -raw -inkey rsa.pem -in block'
    fi
}

# signed KEY OPTION...: by dgst, with its refusal of something else.
signed()
{
    local key=$1

    shift
    crossed dgst "$@" -sign "$key.pem" -out made data \
        -- dgst "$@" -verify "$key.pub" -signature made data
    if ossl dgst "$@" -verify "$key.pub" -signature made digest >out 2>&1; then
        fail 'a signature of something else is accepted'
    fi
    contains out 'Verification [Ff]ailure'
}

signed_either_way()
{
    local key digest pss='rsa_padding_mode:pss'

    for key in ec secp384r1 secp521r1 secp256k1 brainpoolP256r1 explicit; do
        for digest in sha1 sha256 sha512 sha3-256; do
            signed $key -$digest
        done
        crossed pkeyutl -sign -inkey $key.pem -in digest -out made \
            -- pkeyutl -verify -pubin -inkey $key.pub -in digest -sigfile made
    done
    signed rsa -sha1
    signed rsa -sha3-512
    signed rsa -sha256 -sigopt $pss
    signed rsa -sha1 -sigopt $pss
    signed rsa -sha256 -sigopt $pss -sigopt rsa_pss_saltlen:20
    signed rsa -sha256 -sigopt $pss -sigopt rsa_pss_saltlen:max
    signed rsa -sha256 -sigopt $pss -sigopt rsa_pss_saltlen:0
    signed rsa -sha256 -sigopt $pss -sigopt rsa_mgf1_md:sha1
    signed rsa -sha3-256 -sigopt $pss -sigopt rsa_pss_saltlen:digest
    signed pss -sha256 -sigopt $pss
    signed pss -sha1 -sigopt $pss
    signed pss20 -sha256 -sigopt $pss
    crossed pkeyutl -sign -inkey rsa.pem -in digest -out made \
        -pkeyopt $pss -pkeyopt digest:sha3-256 -pkeyopt rsa_pss_saltlen:7 \
        -- pkeyutl -verify -pubin -inkey rsa.pub -in digest -sigfile made \
        -pkeyopt $pss -pkeyopt digest:sha3-256 -pkeyopt rsa_pss_saltlen:7
    newer_signatures
}

# From OpenSSL 3.2 on an ECDSA signature can be made without randomness.
newer_signatures()
{
    if can dgst -sha256 -sigopt nonce-type:1 -sign ec.pem data; then
        alike_all <<'END'
dgst -sha256 -sigopt nonce-type:1 -sign ec.pem data
dgst -sha512 -sigopt nonce-type:1 -sign secp521r1.pem data
END
    fi
}

encrypted_either_way()
{
    local oaep=rsa_padding_mode:oaep key
    local -a row rows=("" "-pkeyopt $oaep"
        "-pkeyopt $oaep -pkeyopt rsa_oaep_md:sha256"
        "-pkeyopt $oaep -pkeyopt rsa_oaep_md:sha384 -pkeyopt rsa_mgf1_md:sha1"
        "-pkeyopt $oaep -pkeyopt rsa_oaep_label:6162")

    for key in "${rows[@]}"; do
        read -ra row <<<"$key"
        crossed pkeyutl -encrypt -pubin -inkey rsa.pub -in digest -out made \
            "${row[@]}" -- pkeyutl -decrypt -inkey rsa.pem -in made -out out \
            "${row[@]}"
        same out digest
    done
    alike_all <<'END'
pkeyutl -derive -inkey ec.pem -peerkey peer.pub
pkeyutl -derive -inkey peer.pem -peerkey ec.pub
pkeyutl -derive -inkey ec.pem -peerkey peer.pub -pkeyopt ecdh_cofactor_mode:1
pkeyutl -derive -inkey X25519.pem -peerkey X25519-peer.pub
END
}

# --- Certificates and messages ----------------------------------------------

certificates()
{
    local name

    for name in rsa ec explicit secp384r1 brainpoolP256r1 ED25519 pss pss20; do
        plain req -x509 -key "$name.pem" -subj "/CN=$name" -days 2 \
            -out "$name.crt"
        alike verify -check_ss_sig -CAfile "$name.crt" "$name.crt"
        alike_all <<<"x509 -in $name.crt -text"
        crossed req -new -key "$name.pem" -subj "/CN=$name" -out made \
            -- req -in made -verify -noout
    done
    # Strangers' certificates are signed as strangers like.
    stranger sha1 -sha1
    stranger sha3 -sha3-256
    stranger pss20 -sha256 -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:20
    stranger pssmax -sha384 -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:max
    # Somebody else's signature is noticed.
    alike verify -check_ss_sig -CAfile rsa.crt pss.crt
    [ -s want.err ] || fail 'a foreign certificate was accepted'
}

# stranger NAME OPTION...: a certificate by the authority of rsa.pem.
stranger()
{
    local name=$1

    shift
    plain req -new -key peer.pem -subj "/CN=$name" -out peer.csr
    crossed x509 -req -in peer.csr -CA rsa.crt -CAkey rsa.pem \
        -CAcreateserial -days 2 -out made "$@" \
        -- verify -auth_level 0 -CAfile rsa.crt made
    alike verify -auth_level 2 -CAfile rsa.crt made
    alike_all <<<"x509 -in made -text"
}

messages()
{
    local name

    for name in rsa ec secp384r1; do
        crossed cms -encrypt -binary -aes256 -in data -outform DER -out made \
            "$name.crt" -- cms -decrypt -binary -inform DER -in made \
            -inkey "$name.pem" -recip "$name.crt" -out out.data
        same out.data data
    done
    crossed cms -encrypt -binary -aes256 -in data -outform DER -out made \
        -recip rsa.crt -keyopt rsa_padding_mode:oaep \
        -keyopt rsa_oaep_md:sha384 \
        -- cms -decrypt -binary -inform DER -in made -inkey rsa.pem \
        -recip rsa.crt -out out.data
    same out.data data
    for name in rsa ec; do
        crossed cms -sign -nodetach -binary -in data -signer "$name.crt" \
            -inkey "$name.pem" -outform DER -out made \
            -- cms -verify -inform DER -in made -CAfile "$name.crt" -out out.data
        same out.data data
    done
    crossed cms -sign -nodetach -binary -in data -signer rsa.crt \
        -inkey rsa.pem -md sha1 -keyopt rsa_padding_mode:pss \
        -keyopt rsa_pss_saltlen:max -outform DER -out made \
        -- cms -verify -inform DER -in made -CAfile rsa.crt -out out.data
    same out.data data
    crossed smime -encrypt -binary -aes256 -in data -outform DER -out made \
        rsa.crt -- smime -decrypt -binary -inform DER -in made \
        -inkey rsa.pem -recip rsa.crt -out out.data
    same out.data data
}

# --- TLS --------------------------------------------------------------------

# tls CERTIFICATE PATTERN ARGUMENT...: a server with the key, and a client
# with the arguments, each of them with and without our provider.
tls()
{
    local name=$1 pattern=$2 pair server_kind client_kind

    shift 2
    cp "$name.crt" ca.crt
    for pair in 'plain ossl' 'ossl plain' 'ossl ossl'; do
        read -r server_kind client_kind <<<"$pair"
        serve "$server_kind" tls -cert "$name.crt" -key "$name.pem" \
            "${server_options[@]}"
        connect "$client_kind" page "$@"
        contains page "$pattern"
        stop "$server"
    done
}

handshakes()
{
    local row since group name proto
    local -a server_options=()

    for row in 'P-256 (prime256v1|P-256)' 'P-384 secp384r1' \
        'P-521 secp521r1' 'X25519 X25519'; do
        read -r group name <<<"$row"
        tls ec "Temp Key: (ECDH, )?$name" -tls1_3 -groups "$group"
    done
    tls rsa 'Temp Key: (ECDH, )?secp384r1' -tls1_2 -groups P-384 \
        -cipher ECDHE-RSA-AES128-GCM-SHA256
    server_options=(-cipher AES128-SHA:@SECLEVEL=1)
    tls rsa 'Cipher *: AES128-SHA' -tls1_2 -cipher AES128-SHA:@SECLEVEL=1
    server_options=()
    for name in secp384r1 ED25519 pss; do
        tls $name 'TLSv1.3' -tls1_3
    done
    # Some are only in newer versions.
    for row in '300 ffdhe2048 -tls1_3' '300 brainpoolP256r1 -tls1_2' \
        '302 brainpoolP256r1tls13 -tls1_3' \
        '305 SecP256r1MLKEM768 -tls1_3' '305 X25519MLKEM768 -tls1_3'; do
        read -r since group proto <<<"$row"
        [ "$version" -ge "$since" ] || continue
        server_options=(-groups "$group")
        tls rsa 'Cipher *: ' "$proto" -groups "$group"
    done
}

client_certificates()
{
    local -a server_options=(-Verify 1 -CAfile rsa.crt -verify_return_error)

    cp rsa.crt ca.crt
    tls rsa '^Client certificate' -tls1_3 -cert rsa.crt -key rsa.pem
    tls rsa '^Client certificate' -tls1_2 -cert rsa.crt -key rsa.pem
}

start_emulator
cd "$work"
order "$order"
head -c 300 /dev/urandom | base64 >data
plain dgst -sha256 -binary -out digest data
# A number below any modulus of 2048 bits.
{
    printf '\0' && head -c 255 /dev/urandom
} >block

whose
keys_there
certificates
shown_and_converted
generated
signed_alike
signed_either_way
encrypted_either_way
messages
handshakes
client_certificates
# None of it is a vault's business.
expect_count total 0 tokens 0 tcp_accepts 0
