// SPDX-License-Identifier: Apache-2.0

use crate::{check, credentials, expect, until};
use azure_security_keyvault_secrets::models::{
    RestoreSecretParameters, SetSecretParameters, UpdateSecretPropertiesParameters,
};
use futures::TryStreamExt;

pub async fn run() {
    let area = "secrets";
    let client = credentials::secrets(credentials::service().unwrap()).unwrap();
    let name = "rust-secret";
    check(area, "set", async {
        let parameters = SetSecretParameters {
            value: Some("v\u{e4}lue\n".into()),
            content_type: Some("text/plain".into()),
            ..Default::default()
        };
        let secret = client
            .set_secret(name, parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(secret.value.as_deref() == Some("v\u{e4}lue\n"), "the value")
    })
    .await;
    check(area, "update", async {
        let parameters = UpdateSecretPropertiesParameters {
            content_type: Some("application/json".into()),
            ..Default::default()
        };
        let secret = client
            .update_secret_properties(name, parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(secret.content_type.as_deref() == Some("application/json"), "the type")
    })
    .await;
    check(area, "lists", async {
        let count = client
            .list_secret_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        let versions = client
            .list_secret_properties_versions(name, None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(
            count == 2 && versions == 1,
            &format!("{count} secrets, {versions} versions"),
        )
    })
    .await;
    check(area, "backup, delete, recover, purge, restore", async {
        let backup = client.backup_secret(name, None).await?.into_model()?;
        client.delete_secret(name, None).await?;
        until(|| client.get_deleted_secret(name, None)).await?;
        let deleted = client
            .list_deleted_secret_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(deleted == 1, &format!("{deleted} deleted secrets"))?;
        client.recover_deleted_secret(name, None).await?;
        until(|| client.get_secret(name, None)).await?;
        client.delete_secret(name, None).await?;
        until(|| client.get_deleted_secret(name, None)).await?;
        client.purge_deleted_secret(name, None).await?;
        let parameters = RestoreSecretParameters {
            secret_backup: backup.value,
        };
        until(|| client.restore_secret(parameters.clone().try_into().unwrap(), None)).await?;
        Ok(())
    })
    .await;
}
