// SPDX-License-Identifier: Apache-2.0

// sigstore's own way to a key in Azure Key Vault, the one that cosign takes:
// the key that the URI of the argument names is created, signs a message, and
// the signature is verified here and in the vault. The credential comes in the
// environment.
package main

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"log"
	"os"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/kms"
	_ "github.com/sigstore/sigstore/pkg/signature/kms/azure"
)

var errWrong = errors.New("a signature of another message is good")

// verify is for a message that was signed, and refuses another.
func verify(verifier signature.Verifier, sig, message []byte) error {
	if err := verifier.VerifySignature(bytes.NewReader(sig), bytes.NewReader(message)); err != nil {
		return err
	}
	if verifier.VerifySignature(bytes.NewReader(sig), bytes.NewReader(message[1:])) == nil {
		return errWrong
	}
	return nil
}

func run(ctx context.Context, uri string) error {
	message := []byte("a message")
	signer, err := kms.Get(ctx, uri, crypto.SHA256)
	if err != nil {
		return err
	}
	public, err := signer.CreateKey(ctx, signer.DefaultAlgorithm())
	if err != nil {
		return err
	}
	sig, err := signer.SignMessage(bytes.NewReader(message))
	if err != nil {
		return err
	}
	if err = verify(signer, sig, message); err != nil {
		return err
	}
	local, err := signature.LoadVerifier(public, crypto.SHA256)
	if err != nil {
		return err
	}
	return verify(local, sig, message)
}

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
