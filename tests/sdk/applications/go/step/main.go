// SPDX-License-Identifier: Apache-2.0

// step-ca's own way to keys in Azure Key Vault: a key of each kind is created
// in the vault that the URI of the argument names, and signs a certificate for
// itself. The credential comes in the environment.
package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log"
	"math/big"
	"os"
	"time"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/azurekms"
)

var kinds = []struct {
	name  string
	key   apiv1.SignatureAlgorithm
	level apiv1.ProtectionLevel
	cert  x509.SignatureAlgorithm
}{
	{"step-p256", apiv1.ECDSAWithSHA256, apiv1.Software, x509.ECDSAWithSHA256},
	{"step-p384", apiv1.ECDSAWithSHA384, apiv1.HSM, x509.ECDSAWithSHA384},
	{"step-p521", apiv1.ECDSAWithSHA512, apiv1.Software, x509.ECDSAWithSHA512},
	{"step-rsa", apiv1.SHA256WithRSA, apiv1.HSM, x509.SHA256WithRSA},
	{"step-pss", apiv1.SHA512WithRSAPSS, apiv1.Software, x509.SHA512WithRSAPSS},
}

func certify(vault *azurekms.KeyVault, request *apiv1.CreateKeyRequest, algorithm x509.SignatureAlgorithm) error {
	made, err := vault.CreateKey(request)
	if err != nil {
		return err
	}
	signer, err := vault.CreateSigner(&made.CreateSignerRequest)
	if err != nil {
		return err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: request.Name}, SignatureAlgorithm: algorithm,
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, made.PublicKey, signer)
	if err != nil {
		return err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	return parsed.CheckSignatureFrom(parsed)
}

func run(ctx context.Context, uri string) error {
	vault, err := azurekms.New(ctx, apiv1.Options{Type: apiv1.AzureKMS, URI: uri})
	if err != nil {
		return err
	}
	defer vault.Close()
	for _, kind := range kinds {
		request := &apiv1.CreateKeyRequest{
			Name: "azurekms:name=" + kind.name, SignatureAlgorithm: kind.key, ProtectionLevel: kind.level,
		}
		if err = certify(vault, request, kind.cert); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
	}
	return nil
}

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
