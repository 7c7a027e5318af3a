// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func secretClient(credential azcore.TokenCredential) (*azsecrets.Client, error) {
	return azsecrets.NewClient(vaultURL, credential, &azsecrets.ClientOptions{
		ClientOptions:                        options(),
		DisableChallengeResourceVerification: !byName,
	})
}

// reads gets a secret with the credential, which is what it is for.
func reads(ctx context.Context, credential azcore.TokenCredential, err error) error {
	if err != nil {
		return err
	}
	client, err := secretClient(credential)
	if err != nil {
		return err
	}
	reply, err := client.GetSecret(ctx, "seeded", "", nil)
	if err != nil {
		return err
	}
	return expect(*reply.Value == "seeded value", "%s", *reply.Value)
}

// with sets variables for one check, and takes them away.
func with(variables map[string]string, fn func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for name, value := range variables {
			former, was := os.LookupEnv(name)
			if value == "" {
				os.Unsetenv(name)
			} else {
				os.Setenv(name, value)
			}
			if was {
				defer os.Setenv(name, former)
			} else {
				defer os.Unsetenv(name)
			}
		}
		return fn(ctx)
	}
}

func certificateOptions(chain bool) *azidentity.ClientCertificateCredentialOptions {
	return &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: options(), DisableInstanceDiscovery: !byName, SendCertificateChain: chain,
	}
}

func serviceCredential() (*azidentity.ClientSecretCredential, error) {
	return azidentity.NewClientSecretCredential(os.Getenv("SDK_TENANT"), os.Getenv("SDK_CLIENT"), os.Getenv("SDK_SECRET"),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: !byName})
}

func certificateCredential(file string, chain bool) (azcore.TokenCredential, error) {
	data, err := os.ReadFile(os.Getenv("SDK_WORK") + "/" + file)
	if err != nil {
		return nil, err
	}
	certs, key, err := azidentity.ParseCertificates(data, nil)
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(os.Getenv("SDK_TENANT"), "robot", certs, key, certificateOptions(chain))
}

func managed(options2 azidentity.ManagedIdentityCredentialOptions) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		options2.ClientOptions = options()
		credential, err := azidentity.NewManagedIdentityCredential(&options2)
		return reads(ctx, credential, err)
	}
}

func servicePrincipals() {
	check("credential", "client secret", func(ctx context.Context) error {
		credential, err := serviceCredential()
		return reads(ctx, credential, err)
	})
	check("credential", "certificate", func(ctx context.Context) error {
		credential, err := certificateCredential("robot.pem", false)
		return reads(ctx, credential, err)
	})
	check("credential", "certificate with its chain", func(ctx context.Context) error {
		credential, err := certificateCredential("robot.pem", true)
		return reads(ctx, credential, err)
	})
	check("credential", "assertion", func(ctx context.Context) error {
		assertion := func(context.Context) (string, error) {
			text, err := os.ReadFile(os.Getenv("SDK_WORK") + "/federated")
			return string(text), err
		}
		credential, err := azidentity.NewClientAssertionCredential(os.Getenv("SDK_TENANT"), "pod", assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: !byName})
		return reads(ctx, credential, err)
	})
	check("credential", "workload identity", func(ctx context.Context) error {
		credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options(), DisableInstanceDiscovery: !byName, ClientID: "pod",
			TenantID: os.Getenv("SDK_TENANT"), TokenFilePath: os.Getenv("SDK_WORK") + "/federated",
		})
		return reads(ctx, credential, err)
	})
	check("credential", "a wrong secret is refused", func(ctx context.Context) error {
		credential, err := azidentity.NewClientSecretCredential(os.Getenv("SDK_TENANT"), os.Getenv("SDK_CLIENT"), "wrong",
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: !byName})
		if err = reads(ctx, credential, err); err == nil {
			return errWrong
		}
		return nil
	})
}

func credentials() {
	identity := os.Getenv("SDK_IDENTITY")
	header := os.Getenv("SDK_IDENTITY_HEADER")

	servicePrincipals()
	// The library knows the metadata service's own address alone.
	if byName {
		check("credential", "IMDS", managed(azidentity.ManagedIdentityCredentialOptions{}))
		check("credential", "IMDS of a client id",
			managed(azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID("machine")}))
		check("credential", "IMDS of a resource id",
			managed(azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ResourceID("/subscriptions/s/m")}))
	}
	check("credential", "App Service", with(map[string]string{
		"IDENTITY_ENDPOINT": identity + "/msi/token", "IDENTITY_HEADER": header,
	}, managed(azidentity.ManagedIdentityCredentialOptions{})))
	check("credential", "Cloud Shell", with(map[string]string{
		"MSI_ENDPOINT": identity + "/cloudshell/token",
	}, managed(azidentity.ManagedIdentityCredentialOptions{})))
	if os.Getenv("SDK_ARC") != "" {
		check("credential", "Azure Arc", with(map[string]string{
			"IDENTITY_ENDPOINT": identity + "/arc/metadata/identity/oauth2/token", "IMDS_ENDPOINT": identity,
		}, managed(azidentity.ManagedIdentityCredentialOptions{})))
	}
	environment := map[string]string{
		"AZURE_TENANT_ID": os.Getenv("SDK_TENANT"), "AZURE_CLIENT_ID": os.Getenv("SDK_CLIENT"),
		"AZURE_CLIENT_SECRET": os.Getenv("SDK_SECRET"), "AZURE_AUTHORITY_HOST": os.Getenv("SDK_AUTHORITY"),
	}
	check("credential", "environment", with(environment, func(ctx context.Context) error {
		credential, err := azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{
			ClientOptions: options(), DisableInstanceDiscovery: !byName})
		return reads(ctx, credential, err)
	}))
	check("credential", "default chain", with(environment, func(ctx context.Context) error {
		credential, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
			ClientOptions: options(), DisableInstanceDiscovery: !byName})
		return reads(ctx, credential, err)
	}))
}
