// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func secrets() {
	credential, err := serviceCredential()
	if err != nil {
		panic(err)
	}
	client, err := secretClient(credential)
	if err != nil {
		panic(err)
	}
	area := "secrets"
	check(area, "set", func(ctx context.Context) error {
		reply, err := client.SetSecret(ctx, "go-secret", azsecrets.SetSecretParameters{Value: ptr("välue\n"), ContentType: ptr("text/plain"),
			Tags:             map[string]*string{"a": ptr("b")},
			SecretAttributes: &azsecrets.SecretAttributes{Expires: ptr(time.Now().Add(time.Hour))}}, nil)
		if err != nil {
			return err
		}
		return expect(*reply.Value == "välue\n" && *reply.ContentType == "text/plain" && *reply.Tags["a"] == "b", "%v", reply)
	})
	check(area, "get", func(ctx context.Context) error {
		reply, err := client.GetSecret(ctx, "go-secret", "", nil)
		if err != nil {
			return err
		}
		_, err = client.GetSecret(ctx, "go-secret", reply.ID.Version(), nil)
		return err
	})
	check(area, "get of none is 404", func(ctx context.Context) error {
		_, err := client.GetSecret(ctx, "none", "", nil)
		return expect(status(err) == 404, "%v", err)
	})
	check(area, "update", func(ctx context.Context) error {
		reply, err := client.UpdateSecretProperties(ctx, "go-secret", "", azsecrets.UpdateSecretPropertiesParameters{
			ContentType: ptr("application/json"), SecretAttributes: &azsecrets.SecretAttributes{Enabled: ptr(true)}}, nil)
		if err != nil {
			return err
		}
		return expect(*reply.ContentType == "application/json", "%v", reply)
	})
	check(area, "list and versions", func(ctx context.Context) error {
		count := 0
		for pager := client.NewListSecretPropertiesPager(nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			count += len(page.Value)
		}
		versions := 0
		for pager := client.NewListSecretPropertiesVersionsPager("go-secret", nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			versions += len(page.Value)
		}
		return expect(count == 2 && versions == 1, "%d secrets, %d versions", count, versions)
	})
	check(area, "backup, delete, recover, purge, restore", func(ctx context.Context) error {
		backup, err := client.BackupSecret(ctx, "go-secret", nil)
		if err != nil {
			return err
		}
		if _, err = client.DeleteSecret(ctx, "go-secret", nil); err != nil {
			return err
		}
		if err = until(ctx, func() error { _, err := client.GetDeletedSecret(ctx, "go-secret", nil); return err }); err != nil {
			return err
		}
		if _, err = client.RecoverDeletedSecret(ctx, "go-secret", nil); err != nil {
			return err
		}
		if err = until(ctx, func() error { _, err := client.GetSecret(ctx, "go-secret", "", nil); return err }); err != nil {
			return err
		}
		if _, err = client.DeleteSecret(ctx, "go-secret", nil); err != nil {
			return err
		}
		if err = until(ctx, func() error { _, err := client.GetDeletedSecret(ctx, "go-secret", nil); return err }); err != nil {
			return err
		}
		for pager := client.NewListDeletedSecretPropertiesPager(nil); pager.More(); {
			if _, err := pager.NextPage(ctx); err != nil {
				return err
			}
		}
		if _, err = client.PurgeDeletedSecret(ctx, "go-secret", nil); err != nil {
			return err
		}
		return until(ctx, func() error {
			_, err := client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup.Value}, nil)
			return err
		})
	})
}
