// SPDX-License-Identifier: Apache-2.0

use crate::{by_name, check, credentials, expect, hsm, until, vault, Outcome};
use azure_security_keyvault_keys::models::*;
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions, ResourceExt};
use futures::TryStreamExt;

fn client(url: &str) -> KeyClient {
    let options = KeyClientOptions {
        verify_challenge_resource: Some(by_name()),
        ..Default::default()
    };
    KeyClient::new(url, credentials::service().unwrap(), Some(options)).unwrap()
}

async fn signs(client: &KeyClient, name: &str, version: &str, algorithm: &SignatureAlgorithm, size: usize) -> Outcome {
    let digest = vec![7; size];
    let parameters = SignParameters {
        algorithm: Some(algorithm.clone()),
        value: Some(digest.clone()),
    };
    let made = client.sign(name, parameters.try_into()?, None).await?.into_model()?;
    let parameters = VerifyParameters {
        algorithm: Some(algorithm.clone()),
        digest: Some(digest),
        signature: made.result,
    };
    let found = client
        .verify(name, version, parameters.try_into()?, None)
        .await?
        .into_model()?;
    expect(found.value == Some(true), "a signature")
}

async fn encrypts(client: &KeyClient, name: &str, version: &str, algorithm: &EncryptionAlgorithm) -> Outcome {
    let text = vec![3; 32];
    let of = |value| KeyOperationParameters {
        algorithm: Some(algorithm.clone()),
        value,
        ..Default::default()
    };
    let made = client
        .wrap_key(name, of(Some(text.clone())).try_into()?, None)
        .await?
        .into_model()?;
    let back = client
        .unwrap_key(name, version, of(made.result).try_into()?, None)
        .await?
        .into_model()?;
    expect(back.result == Some(text), "a wrapped key")
}

async fn use_key(
    client: &KeyClient,
    name: &str,
    parameters: CreateKeyParameters,
    signatures: &[(SignatureAlgorithm, usize)],
    wraps: &[EncryptionAlgorithm],
) -> Outcome {
    let key = client
        .create_key(name, parameters.try_into()?, None)
        .await?
        .into_model()?;
    let id = key.resource_id()?;
    let version = id.version.unwrap_or_default();
    for (algorithm, size) in signatures {
        signs(client, name, &version, algorithm, *size).await?;
    }
    for algorithm in wraps {
        encrypts(client, name, &version, algorithm).await?;
    }
    Ok(())
}

async fn kinds(area: &str, client: &KeyClient, hsm: bool) {
    let rsa = [
        (SignatureAlgorithm::Rs256, 32),
        (SignatureAlgorithm::Rs384, 48),
        (SignatureAlgorithm::Rs512, 64),
        (SignatureAlgorithm::Ps256, 32),
        (SignatureAlgorithm::Ps384, 48),
        (SignatureAlgorithm::Ps512, 64),
    ];
    let wraps = [EncryptionAlgorithm::RsaOaep, EncryptionAlgorithm::RsaOaep256];
    let kty = if hsm { KeyType::RsaHsm } else { KeyType::Rsa };
    check(
        area,
        "RSA",
        use_key(
            client,
            "rust-rsa",
            CreateKeyParameters {
                kty: Some(kty),
                key_size: Some(2048),
                ..Default::default()
            },
            &rsa,
            &wraps,
        ),
    )
    .await;
    for (name, curve, algorithm, size) in [
        ("rust-p256", CurveName::P256, SignatureAlgorithm::Es256, 32),
        ("rust-p384", CurveName::P384, SignatureAlgorithm::Es384, 48),
        ("rust-p521", CurveName::P521, SignatureAlgorithm::Es512, 64),
        ("rust-p256k", CurveName::P256K, SignatureAlgorithm::Es256K, 32),
    ] {
        let kty = if hsm { KeyType::EcHsm } else { KeyType::Ec };
        let parameters = CreateKeyParameters {
            kty: Some(kty),
            curve: Some(curve),
            ..Default::default()
        };
        check(area, name, use_key(client, name, parameters, &[(algorithm, size)], &[])).await;
    }
}

async fn life(area: &str, client: &KeyClient) {
    let name = "rust-rsa";
    check(area, "rotate, policy, lists", async {
        client.get_key_rotation_policy(name, None).await?;
        client.rotate_key(name, None).await?;
        let keys = client.list_key_properties(None)?.try_collect::<Vec<_>>().await?.len();
        let versions = client
            .list_key_properties_versions(name, None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(keys == 5 && versions == 2, &format!("{keys} keys, {versions} versions"))
    })
    .await;
    check(area, "backup, delete, recover, purge, restore", async {
        let backup = client.backup_key(name, None).await?.into_model()?;
        client.delete_key(name, None).await?;
        until(|| client.get_deleted_key(name, None)).await?;
        client.recover_deleted_key(name, None).await?;
        until(|| client.get_key(name, None)).await?;
        client.delete_key(name, None).await?;
        until(|| client.get_deleted_key(name, None)).await?;
        client.purge_deleted_key(name, None).await?;
        let parameters = RestoreKeyParameters {
            key_backup: backup.value,
        };
        until(|| client.restore_key(parameters.clone().try_into().unwrap(), None)).await?;
        Ok(())
    })
    .await;
}

pub async fn run() {
    let keys = client(&vault());
    kinds("keys", &keys, false).await;
    life("keys", &keys).await;
    let keys = client(&hsm());
    kinds("HSM keys", &keys, true).await;
    life("HSM keys", &keys).await;
    check("HSM keys", "random bytes", async {
        let parameters = GetRandomBytesParameters { count: Some(32) };
        let bytes = keys
            .get_random_bytes(parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(bytes.value.map(|value| value.len()) == Some(32), "random bytes")
    })
    .await;
}
