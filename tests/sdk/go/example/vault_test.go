// SPDX-License-Identifier: Apache-2.0

// What the tests of a program that has secrets in a vault may look like.
package example

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// What akv-emulator says when it serves.
var ready struct {
	Vault     string `json:"vault_url"`
	Authority string `json:"authority_url"`
	Control   string `json:"control_url"`
	CA        string `json:"ca_file"`
	Tenant    string `json:"tenant_id"`
	Client    string `json:"client_id"`
	Secret    string `json:"client_secret"`
}

// startEmulator gives what ends it; it ends with this process anyhow, which
// holds the other side of its standard input. AKV_EMULATOR names the binary.
func startEmulator() (stop func(), err error) {
	name := os.Getenv("AKV_EMULATOR")
	if name == "" {
		name = "akv-emulator"
	}
	ours, its, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	command := exec.Command(name, "--ready-fd", "3", "--control-port", "0", "--until-stdin-eof")
	command.ExtraFiles = []*os.File{its}
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err = command.Start(); err != nil {
		return nil, err
	}
	its.Close()
	if err = json.NewDecoder(ours).Decode(&ready); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", name, err)
	}
	return func() {
		stdin.Close()
		_ = command.Wait()
	}, os.Setenv("SSL_CERT_FILE", ready.CA)
}

func TestMain(m *testing.M) {
	stop, err := startEmulator()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	stop()
	os.Exit(status)
}

func secretClient(t *testing.T) *azsecrets.Client {
	t.Helper()
	options := azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: ready.Authority}}
	credential, err := azidentity.NewClientSecretCredential(ready.Tenant, ready.Client, ready.Secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient(ready.Vault, credential,
		&azsecrets.ClientOptions{ClientOptions: options, DisableChallengeResourceVerification: true})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// control asks for one of the control calls; faults end with the test.
func control(t *testing.T, path, body string) {
	t.Helper()
	reply, err := http.Post(ready.Control+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, reply.Status)
	}
}

func TestSecret(t *testing.T) {
	client := secretClient(t)
	value := "sesame"
	if _, err := client.SetSecret(context.Background(), "password", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	secret, err := client.GetSecret(context.Background(), "password", "", nil)
	if err != nil || *secret.Value != value {
		t.Fatal(secret, err)
	}
}

func TestVaultThatRefuses(t *testing.T) {
	client := secretClient(t)
	control(t, "/faults", `[{"match": {"op": "get_secret"}, "action": {"status": 403}}]`)
	t.Cleanup(func() { control(t, "/faults", "[]") })
	var refusal *azcore.ResponseError
	_, err := client.GetSecret(context.Background(), "password", "", nil)
	if !errors.As(err, &refusal) || refusal.StatusCode != http.StatusForbidden {
		t.Fatal(err)
	}
}
