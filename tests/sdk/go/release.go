// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

const (
	attester      = "https://a.example"
	releasePolicy = `{"version": "1.0.0", "anyOf": [{"authority": "` + attester + `", "allOf": [{"claim": "c", "equals": "true"}]}]}`
)

// attesterKey is that of the seed's authority.
func attesterKey() (*rsa.PrivateKey, error) {
	data, err := os.ReadFile(os.Getenv("SDK_WORK") + "/attest.pem")
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errWrong
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errWrong
	}
	return private, nil
}

// statement says where the released key may go: to who has the private part of this one.
func statement(target *rsa.PublicKey) (string, error) {
	key, err := attesterKey()
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	claims, err := json.Marshal(map[string]any{"iss": attester, "exp": 4000000000, "c": true,
		"x-ms-runtime": map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k", "use": "enc", "key_ops": []string{"encrypt"},
			"n": encode(target.N.Bytes()), "e": encode(big.NewInt(int64(target.E)).Bytes())}}}})
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	return text + "." + encode(signature), err
}

// nonceOf is what the released token says of the request.
func nonceOf(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errWrong
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var payload struct {
		Request struct {
			Nonce string `json:"nonce"`
		} `json:"request"`
	}
	err = json.Unmarshal(data, &payload)
	return payload.Request.Nonce, err
}

func releases(area string, client *azkeys.Client) {
	check(area, "release", func(ctx context.Context) error {
		if _, err := client.CreateKey(ctx, "go-released", azkeys.CreateKeyParameters{Kty: ptr(azkeys.KeyTypeECHSM),
			KeyAttributes: &azkeys.KeyAttributes{Exportable: ptr(true)},
			ReleasePolicy: &azkeys.KeyReleasePolicy{EncodedPolicy: []byte(releasePolicy)}}, nil); err != nil {
			return err
		}
		target, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		token, err := statement(&target.PublicKey)
		if err != nil {
			return err
		}
		reply, err := client.Release(ctx, "go-released", "", azkeys.ReleaseParameters{TargetAttestationToken: &token,
			Nonce: ptr("abc"), Algorithm: ptr(azkeys.KeyEncryptionAlgorithmRSAAESKEYWRAP256)}, nil)
		if err != nil {
			return err
		}
		nonce, err := nonceOf(*reply.Value)
		if err != nil {
			return err
		}
		return expect(nonce == "abc", "%s", nonce)
	})
}
