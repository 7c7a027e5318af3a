// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

// kind of key, with what it can do.
type kind struct {
	name       string
	parameters azkeys.CreateKeyParameters
	signs      map[azkeys.SignatureAlgorithm]int
	encrypts   []azkeys.EncryptionAlgorithm
	wraps      []azkeys.EncryptionAlgorithm
}

var (
	ofRSA = map[azkeys.SignatureAlgorithm]int{"RS256": 32, "RS384": 48, "RS512": 64, "PS256": 32, "PS384": 48, "PS512": 64}
	toRSA = []azkeys.EncryptionAlgorithm{"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"}
)

func rsaKind(kty azkeys.KeyType, bits int32) kind {
	return kind{fmt.Sprintf("%s-%d", kty, bits), azkeys.CreateKeyParameters{Kty: &kty, KeySize: &bits}, ofRSA, toRSA, toRSA}
}

func ecKind(kty azkeys.KeyType, curve azkeys.CurveName, alg azkeys.SignatureAlgorithm, size int) kind {
	return kind{fmt.Sprintf("%s-%s", kty, curve), azkeys.CreateKeyParameters{Kty: &kty, Curve: &curve},
		map[azkeys.SignatureAlgorithm]int{alg: size}, nil, nil}
}

func vaultKinds() []kind {
	return []kind{rsaKind("RSA", 2048), rsaKind("RSA", 3072), rsaKind("RSA", 4096), rsaKind("RSA-HSM", 2048),
		ecKind("EC", "P-256", "ES256", 32), ecKind("EC", "P-384", "ES384", 48), ecKind("EC", "P-521", "ES512", 64),
		ecKind("EC", "P-256K", "ES256K", 32), ecKind("EC-HSM", "P-256", "ES256", 32)}
}

func hsmKinds() []kind {
	kinds := []kind{rsaKind("RSA-HSM", 2048), ecKind("EC-HSM", "P-256", "ES256", 32), ecKind("EC-HSM", "P-256K", "ES256K", 32)}
	for _, bits := range []int32{128, 192, 256} {
		gcm := azkeys.EncryptionAlgorithm(fmt.Sprintf("A%dGCM", bits))
		pad := azkeys.EncryptionAlgorithm(fmt.Sprintf("A%dCBCPAD", bits))
		wrap := azkeys.EncryptionAlgorithm(fmt.Sprintf("A%dKW", bits))
		kinds = append(kinds, kind{fmt.Sprintf("oct-%d", bits), azkeys.CreateKeyParameters{Kty: ptr(azkeys.KeyTypeOctHSM), KeySize: ptr(bits)},
			nil, []azkeys.EncryptionAlgorithm{gcm, pad}, []azkeys.EncryptionAlgorithm{wrap}})
	}
	return append(kinds, kind{"oct-hmac", azkeys.CreateKeyParameters{Kty: ptr(azkeys.KeyTypeOctHSM), KeySize: ptr(int32(512))},
		map[azkeys.SignatureAlgorithm]int{"HS256": 32, "HS512": 64}, nil, nil})
}

func keyClient(url string) *azkeys.Client {
	credential, err := serviceCredential()
	if err != nil {
		panic(err)
	}
	client, err := azkeys.NewClient(url, credential, &azkeys.ClientOptions{
		ClientOptions: options(), DisableChallengeResourceVerification: !byName})
	if err != nil {
		panic(err)
	}
	return client
}

func signs(ctx context.Context, client *azkeys.Client, name string, alg azkeys.SignatureAlgorithm, size int) error {
	digest := bytes.Repeat([]byte{7}, size)
	made, err := client.Sign(ctx, name, "", azkeys.SignParameters{Algorithm: &alg, Value: digest}, nil)
	if err != nil {
		return fmt.Errorf("sign %s: %w", alg, err)
	}
	found, err := client.Verify(ctx, name, "", azkeys.VerifyParameters{Algorithm: &alg, Digest: digest, Signature: made.Result}, nil)
	if err != nil {
		return fmt.Errorf("verify %s: %w", alg, err)
	}
	digest[0]++
	other, err := client.Verify(ctx, name, "", azkeys.VerifyParameters{Algorithm: &alg, Digest: digest, Signature: made.Result}, nil)
	if err != nil {
		return err
	}
	return expect(*found.Value && !*other.Value, "%s: %v, %v", alg, *found.Value, *other.Value)
}

func encrypts(ctx context.Context, client *azkeys.Client, name string, alg azkeys.EncryptionAlgorithm) error {
	text := []byte("sixteen bytes xx")
	parameters := azkeys.KeyOperationParameters{Algorithm: &alg, Value: text}
	if bytes.Contains([]byte(alg), []byte("CBC")) {
		parameters.IV = bytes.Repeat([]byte{1}, 16)
	}
	made, err := client.Encrypt(ctx, name, "", parameters, nil)
	if err != nil {
		return fmt.Errorf("encrypt %s: %w", alg, err)
	}
	parameters.Value = made.Result
	if made.IV != nil {
		parameters.IV = made.IV
	}
	parameters.AuthenticationTag = made.AuthenticationTag
	back, err := client.Decrypt(ctx, name, "", parameters, nil)
	if err != nil {
		return fmt.Errorf("decrypt %s: %w", alg, err)
	}
	return expect(bytes.Equal(back.Result, text), "%s", alg)
}

func wraps(ctx context.Context, client *azkeys.Client, name string, alg azkeys.EncryptionAlgorithm) error {
	key := bytes.Repeat([]byte{3}, 32)
	made, err := client.WrapKey(ctx, name, "", azkeys.KeyOperationParameters{Algorithm: &alg, Value: key}, nil)
	if err != nil {
		return fmt.Errorf("wrap %s: %w", alg, err)
	}
	back, err := client.UnwrapKey(ctx, name, "", azkeys.KeyOperationParameters{Algorithm: &alg, Value: made.Result}, nil)
	if err != nil {
		return fmt.Errorf("unwrap %s: %w", alg, err)
	}
	return expect(bytes.Equal(back.Result, key), "%s", alg)
}

func use(area string, client *azkeys.Client, k kind) {
	name := "go-" + k.name
	check(area, "create "+k.name, func(ctx context.Context) error {
		reply, err := client.CreateKey(ctx, name, k.parameters, nil)
		if err != nil {
			return err
		}
		_, err = client.GetKey(ctx, name, reply.Key.KID.Version(), nil)
		return err
	})
	check(area, "use "+k.name, func(ctx context.Context) error {
		for alg, size := range k.signs {
			if err := signs(ctx, client, name, alg, size); err != nil {
				return err
			}
		}
		for _, alg := range k.encrypts {
			if err := encrypts(ctx, client, name, alg); err != nil {
				return err
			}
		}
		for _, alg := range k.wraps {
			if err := wraps(ctx, client, name, alg); err != nil {
				return err
			}
		}
		return nil
	})
}

func imports(area string, client *azkeys.Client, hsm bool) {
	suffix := azkeys.KeyType("")
	if hsm {
		suffix = "-HSM"
	}
	check(area, "import RSA", func(ctx context.Context) error {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		_, err = client.ImportKey(ctx, "go-imported-rsa", azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{
			Kty: ptr("RSA" + suffix), N: key.N.Bytes(), E: big.NewInt(int64(key.E)).Bytes(), D: key.D.Bytes(),
			P: key.Primes[0].Bytes(), Q: key.Primes[1].Bytes(), DP: key.Precomputed.Dp.Bytes(),
			DQ: key.Precomputed.Dq.Bytes(), QI: key.Precomputed.Qinv.Bytes()}}, nil)
		if err != nil {
			return err
		}
		return signs(ctx, client, "go-imported-rsa", "RS256", 32)
	})
	check(area, "import EC", func(ctx context.Context) error {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		x, y, d := make([]byte, 32), make([]byte, 32), make([]byte, 32)
		_, err = client.ImportKey(ctx, "go-imported-ec", azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{
			Kty: ptr("EC" + suffix), Crv: ptr(azkeys.CurveNameP256), X: key.X.FillBytes(x), Y: key.Y.FillBytes(y), D: key.D.FillBytes(d)}}, nil)
		if err != nil {
			return err
		}
		return signs(ctx, client, "go-imported-ec", "ES256", 32)
	})
}

func lives(area string, client *azkeys.Client) {
	name := "go-life"
	check(area, "update, rotate, policy", func(ctx context.Context) error {
		if _, err := client.CreateKey(ctx, name, azkeys.CreateKeyParameters{Kty: ptr(azkeys.KeyTypeRSA),
			KeyAttributes: &azkeys.KeyAttributes{Expires: ptr(time.Now().Add(24 * time.Hour))}}, nil); err != nil {
			return err
		}
		reply, err := client.UpdateKey(ctx, name, "", azkeys.UpdateKeyParameters{Tags: map[string]*string{"a": ptr("b")}}, nil)
		if err != nil {
			return err
		}
		if err = expect(*reply.Tags["a"] == "b", "%v", reply.Tags); err != nil {
			return err
		}
		if _, err = client.GetKeyRotationPolicy(ctx, name, nil); err != nil {
			return err
		}
		policy, err := client.UpdateKeyRotationPolicy(ctx, name, azkeys.KeyRotationPolicy{
			Attributes: &azkeys.KeyRotationPolicyAttributes{ExpiryTime: ptr("P90D")},
			LifetimeActions: []*azkeys.LifetimeAction{{Action: &azkeys.LifetimeActionType{Type: ptr(azkeys.KeyRotationPolicyActionRotate)},
				Trigger: &azkeys.LifetimeActionTrigger{TimeAfterCreate: ptr("P60D")}}}}, nil)
		if err != nil {
			return err
		}
		if err = expect(*policy.Attributes.ExpiryTime == "P90D", "%v", policy); err != nil {
			return err
		}
		_, err = client.RotateKey(ctx, name, nil)
		return err
	})
	check(area, "lists", func(ctx context.Context) error {
		count, versions := 0, 0
		for pager := client.NewListKeyPropertiesPager(nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			count += len(page.Value)
		}
		for pager := client.NewListKeyPropertiesVersionsPager(name, nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			versions += len(page.Value)
		}
		return expect(count > 3 && versions == 2, "%d keys, %d versions", count, versions)
	})
	check(area, "backup, delete, recover, purge, restore", func(ctx context.Context) error {
		backup, err := client.BackupKey(ctx, name, nil)
		if err != nil {
			return err
		}
		remove := func() error {
			if _, err := client.DeleteKey(ctx, name, nil); err != nil {
				return err
			}
			return until(ctx, func() error { _, err := client.GetDeletedKey(ctx, name, nil); return err })
		}
		if err = remove(); err != nil {
			return err
		}
		for pager := client.NewListDeletedKeyPropertiesPager(nil); pager.More(); {
			if _, err := pager.NextPage(ctx); err != nil {
				return err
			}
		}
		if _, err = client.RecoverDeletedKey(ctx, name, nil); err != nil {
			return err
		}
		if err = until(ctx, func() error { _, err := client.GetKey(ctx, name, "", nil); return err }); err != nil {
			return err
		}
		if err = remove(); err != nil {
			return err
		}
		if _, err = client.PurgeDeletedKey(ctx, name, nil); err != nil {
			return err
		}
		return until(ctx, func() error {
			_, err := client.RestoreKey(ctx, azkeys.RestoreKeyParameters{KeyBackup: backup.Value}, nil)
			return err
		})
	})
}

func keys() {
	vault, hsm := keyClient(vaultURL), keyClient(hsmURL)
	for _, k := range vaultKinds() {
		use("keys", vault, k)
	}
	imports("keys", vault, false)
	lives("keys", vault)
	releases("keys", vault)
	for _, k := range hsmKinds() {
		use("HSM keys", hsm, k)
	}
	imports("HSM keys", hsm, true)
	lives("HSM keys", hsm)
	releases("HSM keys", hsm)
	check("HSM keys", "random bytes", func(ctx context.Context) error {
		reply, err := hsm.GetRandomBytes(ctx, azkeys.GetRandomBytesParameters{Count: ptr(int32(32))}, nil)
		if err != nil {
			return err
		}
		return expect(len(reply.Value) == 32, "%d bytes", len(reply.Value))
	})
	check("HSM keys", "attestation", func(ctx context.Context) error {
		reply, err := hsm.GetKeyAttestation(ctx, "go-RSA-HSM-2048", "", nil)
		if err != nil {
			return err
		}
		attestation := reply.Attributes.Attestation
		return expect(attestation != nil && len(attestation.CertificatePEMFile) > 0 && len(attestation.PrivateKeyAttestation) > 0, "%v", attestation)
	})
}
