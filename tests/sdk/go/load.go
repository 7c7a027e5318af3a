// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

const (
	workers    = 64
	operations = 200
)

// worker does operations that depend on each other, beside all others.
type worker struct {
	secrets *azsecrets.Client
	keys    *azkeys.Client
	own     string // its own secret
	value   string // the last that it set
	tag     string
	digest  []byte
	result  []byte
}

func (w *worker) set(ctx context.Context, i int) error {
	w.value, w.tag = fmt.Sprintf("%s-%d", w.own, i), ""
	_, err := w.secrets.SetSecret(ctx, w.own, azsecrets.SetSecretParameters{Value: &w.value}, nil)
	return err
}

func (w *worker) mark(ctx context.Context, i int) error {
	w.tag = fmt.Sprint(i)
	_, err := w.secrets.UpdateSecretProperties(ctx, w.own, "",
		azsecrets.UpdateSecretPropertiesParameters{Tags: map[string]*string{"n": &w.tag}}, nil)
	return err
}

func (w *worker) get(ctx context.Context, _ int) error {
	reply, err := w.secrets.GetSecret(ctx, w.own, "", nil)
	if err != nil {
		return err
	}
	tag := ""
	if reply.Tags["n"] != nil {
		tag = *reply.Tags["n"]
	}
	return expect(*reply.Value == w.value && tag == w.tag, "%s has %s and %s, not %s and %s", w.own, *reply.Value, tag, w.value, w.tag)
}

// share adds a version to what all others write to.
func (w *worker) share(ctx context.Context, i int) error {
	_, err := w.secrets.SetSecret(ctx, "load-shared", azsecrets.SetSecretParameters{Value: ptr(fmt.Sprintf("%s-%d", w.own, i))}, nil)
	return err
}

func (w *worker) sign(ctx context.Context, i int) error {
	digest := sha256.Sum256([]byte(fmt.Sprint(w.own, i)))
	w.digest = digest[:]
	reply, err := w.keys.Sign(ctx, "load", "", azkeys.SignParameters{Algorithm: ptr(azkeys.SignatureAlgorithmES256), Value: w.digest}, nil)
	w.result = reply.Result
	return err
}

func (w *worker) verify(ctx context.Context, _ int) error {
	reply, err := w.keys.Verify(ctx, "load", "",
		azkeys.VerifyParameters{Algorithm: ptr(azkeys.SignatureAlgorithmES256), Digest: w.digest, Signature: w.result}, nil)
	if err != nil {
		return err
	}
	return expect(*reply.Value, "a signature of %s is not good", w.own)
}

func (w *worker) run(ctx context.Context) error {
	steps := []func(ctx context.Context, i int) error{w.set, w.get, w.mark, w.get, w.share, w.sign, w.verify, w.get}

	for i := range operations {
		if err := steps[i%len(steps)](ctx, i); err != nil {
			return fmt.Errorf("%s, operation %d: %w", w.own, i, err)
		}
	}
	return nil
}

// sharedVersions is how many versions of the shared secret there are.
func sharedVersions(ctx context.Context, client *azsecrets.Client) (int, error) {
	count := 0
	for pager := client.NewListSecretPropertiesVersionsPager("load-shared", nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		count += len(page.Value)
	}
	return count, nil
}

// load is many workers at once, none of which tries anything twice.
func load() {
	check("load", fmt.Sprintf("%d workers, %d operations each", workers, operations), func(ctx context.Context) error {
		credential, err := serviceCredential()
		if err != nil {
			return err
		}
		secrets, err := secretClient(credential)
		if err != nil {
			return err
		}
		keys := keyClient(vaultURL)
		if _, err = keys.CreateKey(ctx, "load", azkeys.CreateKeyParameters{Kty: ptr(azkeys.KeyTypeEC)}, nil); err != nil {
			return err
		}
		var wait sync.WaitGroup
		errs := make([]error, workers)
		for i := range workers {
			wait.Go(func() {
				w := worker{secrets: secrets, keys: keys, own: fmt.Sprintf("load-%d", i)}
				errs[i] = w.run(ctx)
			})
		}
		wait.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		count, err := sharedVersions(ctx, secrets)
		if err != nil {
			return err
		}
		wanted := workers * operations / 8
		return expect(count == wanted, "%d versions of the shared secret, not %d", count, wanted)
	})
}
