// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
)

func policyOf(issuer, subject string) *azcertificates.CertificatePolicy {
	return &azcertificates.CertificatePolicy{
		IssuerParameters:          &azcertificates.IssuerParameters{Name: &issuer},
		X509CertificateProperties: &azcertificates.X509CertificateProperties{Subject: &subject, ValidityInMonths: ptr(int32(6))},
		KeyProperties:             &azcertificates.KeyProperties{KeyType: ptr(azcertificates.KeyTypeRSA), KeySize: ptr(int32(2048)), Exportable: ptr(true)},
		SecretProperties:          &azcertificates.SecretProperties{ContentType: ptr("application/x-pkcs12")},
	}
}

func completed(ctx context.Context, client *azcertificates.Client, name string) error {
	for ctx.Err() == nil {
		reply, err := client.GetCertificateOperation(ctx, name, nil)
		if err != nil {
			return err
		}
		if *reply.Status != "inProgress" {
			return expect(*reply.Status == "completed", "%s", *reply.Status)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ctx.Err()
}

// issued signs a request by an authority of one's own.
func issued(csr []byte) ([]byte, []byte, error) {
	request, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of Go"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: request.Subject,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	made, err := x509.CreateCertificate(rand.Reader, leaf, ca, request.PublicKey, key)
	return made, root, err
}

func makes(client *azcertificates.Client) {
	area := "certificates"
	check(area, "self-signed, get, update, policy", func(ctx context.Context) error {
		if _, err := client.CreateCertificate(ctx, "go", azcertificates.CreateCertificateParameters{CertificatePolicy: policyOf("Self", "CN=go")}, nil); err != nil {
			return err
		}
		if err := completed(ctx, client, "go"); err != nil {
			return err
		}
		reply, err := client.GetCertificate(ctx, "go", "", nil)
		if err != nil {
			return err
		}
		if _, err = x509.ParseCertificate(reply.CER); err != nil {
			return err
		}
		if _, err = client.UpdateCertificate(ctx, "go", "", azcertificates.UpdateCertificateParameters{Tags: map[string]*string{"a": ptr("b")}}, nil); err != nil {
			return err
		}
		policy, err := client.GetCertificatePolicy(ctx, "go", nil)
		if err != nil {
			return err
		}
		policy.X509CertificateProperties.ValidityInMonths = ptr(int32(7))
		changed, err := client.UpdateCertificatePolicy(ctx, "go", policy.CertificatePolicy, nil)
		if err != nil {
			return err
		}
		return expect(*changed.X509CertificateProperties.ValidityInMonths == 7, "%v", changed)
	})
	check(area, "request and merge", func(ctx context.Context) error {
		begun, err := client.CreateCertificate(ctx, "go-merged", azcertificates.CreateCertificateParameters{CertificatePolicy: policyOf("Unknown", "CN=merged")}, nil)
		if err != nil {
			return err
		}
		leaf, root, err := issued(begun.CSR)
		if err != nil {
			return err
		}
		_, err = client.MergeCertificate(ctx, "go-merged", azcertificates.MergeCertificateParameters{X509Certificates: [][]byte{leaf, root}}, nil)
		return err
	})
	check(area, "cancel and drop", func(ctx context.Context) error {
		if _, err := client.CreateCertificate(ctx, "go-cancelled", azcertificates.CreateCertificateParameters{CertificatePolicy: policyOf("Unknown", "CN=x")}, nil); err != nil {
			return err
		}
		if _, err := client.UpdateCertificateOperation(ctx, "go-cancelled", azcertificates.UpdateCertificateOperationParameter{CancellationRequested: ptr(true)}, nil); err != nil {
			return err
		}
		_, err := client.DeleteCertificateOperation(ctx, "go-cancelled", nil)
		return err
	})
}

func importsCertificates(client *azcertificates.Client) {
	area := "certificates"
	for _, file := range []string{"robot.pfx", "robot.pem"} {
		check(area, "import "+file, func(ctx context.Context) error {
			data, err := os.ReadFile(os.Getenv("SDK_WORK") + "/" + file)
			if err != nil {
				return err
			}
			parameters := azcertificates.ImportCertificateParameters{}
			if file == "robot.pfx" {
				parameters.Base64EncodedCertificate = ptr(base64.StdEncoding.EncodeToString(data))
				parameters.Password = ptr("sesame")
			} else {
				parameters.Base64EncodedCertificate = ptr(string(data))
				parameters.CertificatePolicy = &azcertificates.CertificatePolicy{
					SecretProperties: &azcertificates.SecretProperties{ContentType: ptr("application/x-pem-file")}}
			}
			_, err = client.ImportCertificate(ctx, "go-imported", parameters, nil)
			return err
		})
	}
}

func ofTheVault(client *azcertificates.Client) {
	area := "certificates"
	check(area, "contacts", func(ctx context.Context) error {
		if _, err := client.SetContacts(ctx, azcertificates.Contacts{ContactList: []*azcertificates.Contact{{Email: ptr("a@b.example")}}}, nil); err != nil {
			return err
		}
		if _, err := client.GetContacts(ctx, nil); err != nil {
			return err
		}
		_, err := client.DeleteContacts(ctx, nil)
		return err
	})
	check(area, "issuers", func(ctx context.Context) error {
		if _, err := client.SetIssuer(ctx, "go", azcertificates.SetIssuerParameters{Provider: ptr("Test"),
			Credentials: &azcertificates.IssuerCredentials{AccountID: ptr("me"), Password: ptr("x")}}, nil); err != nil {
			return err
		}
		if _, err := client.GetIssuer(ctx, "go", nil); err != nil {
			return err
		}
		if _, err := client.UpdateIssuer(ctx, "go", azcertificates.UpdateIssuerParameters{Provider: ptr("Test"), Attributes: &azcertificates.IssuerAttributes{Enabled: ptr(false)}}, nil); err != nil {
			return err
		}
		for pager := client.NewListIssuerPropertiesPager(nil); pager.More(); {
			if _, err := pager.NextPage(ctx); err != nil {
				return err
			}
		}
		_, err := client.DeleteIssuer(ctx, "go", nil)
		return err
	})
}

func endsOf(client *azcertificates.Client) {
	check("certificates", "lists", func(ctx context.Context) error {
		count := 0
		for pager := client.NewListCertificatePropertiesPager(nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			count += len(page.Value)
		}
		for pager := client.NewListCertificatePropertiesVersionsPager("go", nil); pager.More(); {
			if _, err := pager.NextPage(ctx); err != nil {
				return err
			}
		}
		return expect(count >= 3, "%d certificates", count)
	})
	check("certificates", "backup, delete, recover, purge, restore", func(ctx context.Context) error {
		backup, err := client.BackupCertificate(ctx, "go", nil)
		if err != nil {
			return err
		}
		remove := func() error {
			if _, err := client.DeleteCertificate(ctx, "go", nil); err != nil {
				return err
			}
			return until(ctx, func() error { _, err := client.GetDeletedCertificate(ctx, "go", nil); return err })
		}
		if err = remove(); err != nil {
			return err
		}
		for pager := client.NewListDeletedCertificatePropertiesPager(nil); pager.More(); {
			if _, err := pager.NextPage(ctx); err != nil {
				return err
			}
		}
		if _, err = client.RecoverDeletedCertificate(ctx, "go", nil); err != nil {
			return err
		}
		if err = until(ctx, func() error { _, err := client.GetCertificate(ctx, "go", "", nil); return err }); err != nil {
			return err
		}
		if err = remove(); err != nil {
			return err
		}
		if _, err = client.PurgeDeletedCertificate(ctx, "go", nil); err != nil {
			return err
		}
		return until(ctx, func() error {
			_, err := client.RestoreCertificate(ctx, azcertificates.RestoreCertificateParameters{CertificateBackup: backup.Value}, nil)
			return err
		})
	})
}

func certificates() {
	credential, err := serviceCredential()
	if err != nil {
		panic(err)
	}
	client, err := azcertificates.NewClient(vaultURL, credential, &azcertificates.ClientOptions{
		ClientOptions: options(), DisableChallengeResourceVerification: !byName})
	if err != nil {
		panic(err)
	}
	makes(client)
	importsCertificates(client)
	ofTheVault(client)
	endsOf(client)
}
