// SPDX-License-Identifier: Apache-2.0

// Azure's own libraries for Go, unmodified, against a vault: each kind of
// credential, and each operation once. What is to be known of the vault comes
// in the environment, see ../lib.sh. It prints a line for each check, and how
// many have failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const patience = 120 * time.Second

var (
	vaultURL = "https://" + os.Getenv("SDK_VAULT")
	hsmURL   = "https://" + os.Getenv("SDK_HSM")
	// By names of their own the libraries verify whom a token is for.
	byName = os.Getenv("SDK_BY_NAME") != ""
	total  int
	failed int
)

func options() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: os.Getenv("SDK_AUTHORITY")},
		Retry: policy.RetryOptions{MaxRetries: -1},
	}
}

func ptr[T any](value T) *T {
	return &value
}

// check runs one of them; what it panics with is its failure, too.
func check(area, name string, fn func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	total++
	if err := fn(ctx); err != nil {
		failed++
		fmt.Printf("FAILED %s: %s: %v\n", area, name, err)
		return
	}
	fmt.Printf("ok %s: %s\n", area, name)
}

var errWrong = errors.New("not what was expected")

// expect is nil if what is given holds.
func expect(ok bool, format string, values ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: "+format, append([]any{errWrong}, values...)...)
}

// status is the HTTP status of a refusal.
func status(err error) int {
	var refusal *azcore.ResponseError

	if errors.As(err, &refusal) {
		return refusal.StatusCode
	}
	return 0
}

// until asks again while the answer is 404 or 409: what is deleted, recovered,
// purged or created is so some time later only.
func until(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if (status(err) != 404 && status(err) != 409) || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "load" {
		load()
		end()
		return
	}
	credentials()
	secrets()
	keys()
	certificates()
	end()
}

func end() {
	fmt.Printf("go: %d ok, %d failed\n", total-failed, failed)
	if failed > 0 || total == 0 {
		os.Exit(1)
	}
}
