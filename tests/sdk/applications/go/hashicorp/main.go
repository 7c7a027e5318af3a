// SPDX-License-Identifier: Apache-2.0

// What HashiCorp's Vault and Boundary seal themselves with in Azure Key Vault:
// the vault, the key and the credential come in the environment. What is
// encrypted is decrypted again by whoever comes later, also when the key has a
// newer version by then.
package main

import (
	"bytes"
	"context"
	"errors"
	"log"

	wrapping "github.com/hashicorp/go-kms-wrapping/v2"
	"github.com/hashicorp/go-kms-wrapping/wrappers/azurekeyvault/v2"
)

var errWrong = errors.New("not what was expected")

func decrypt(ctx context.Context, blob *wrapping.BlobInfo, wanted, aad []byte) error {
	wrapper := azurekeyvault.NewWrapper()
	if _, err := wrapper.SetConfig(ctx); err != nil {
		return err
	}
	got, err := wrapper.Decrypt(ctx, blob, wrapping.WithAad(aad))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, wanted) {
		return errWrong
	}
	return nil
}

func run(ctx context.Context) error {
	text, aad := []byte("the root key"), []byte("the context")
	wrapper := azurekeyvault.NewWrapper()
	config, err := wrapper.SetConfig(ctx)
	if err != nil {
		return err
	}
	first, err := wrapper.Encrypt(ctx, text, wrapping.WithAad(aad))
	if err != nil {
		return err
	}
	if err = decrypt(ctx, first, text, aad); err != nil {
		return err
	}
	if _, err = wrapper.Client().RotateKey(ctx, config.Metadata["key_name"], nil); err != nil {
		return err
	}
	second, err := wrapper.Encrypt(ctx, text, wrapping.WithAad(aad))
	if err != nil {
		return err
	}
	if first.KeyInfo.KeyId == second.KeyInfo.KeyId {
		return errWrong
	}
	return errors.Join(decrypt(ctx, first, text, aad), decrypt(ctx, second, text, aad))
}

func main() {
	log.SetFlags(0)
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
