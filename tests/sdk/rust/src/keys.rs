// SPDX-License-Identifier: Apache-2.0

use crate::{by_name, check, credentials, expect, hsm, openssl, until, var, vault, Outcome};
use azure_core::{base64, json, Value};
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

async fn wraps(client: &KeyClient, name: &str, version: &str, algorithm: &EncryptionAlgorithm) -> Outcome {
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

async fn encrypts(client: &KeyClient, name: &str, version: &str, algorithm: &EncryptionAlgorithm) -> Outcome {
    let text = vec![3; 32];
    // For GCM the vault makes one.
    let iv = (*algorithm == EncryptionAlgorithm::A256Cbcpad).then(|| vec![1; 16]);
    let parameters = KeyOperationParameters {
        algorithm: Some(algorithm.clone()),
        value: Some(text.clone()),
        iv: iv.clone(),
        ..Default::default()
    };
    let made = client.encrypt(name, parameters.try_into()?, None).await?.into_model()?;
    let parameters = KeyOperationParameters {
        algorithm: Some(algorithm.clone()),
        value: made.result,
        iv: made.iv.or(iv),
        authentication_tag: made.authentication_tag,
        ..Default::default()
    };
    let back = client
        .decrypt(name, version, parameters.try_into()?, None)
        .await?
        .into_model()?;
    expect(back.result == Some(text), "a text")
}

async fn use_key(
    client: &KeyClient,
    name: &str,
    parameters: CreateKeyParameters,
    signatures: &[(SignatureAlgorithm, usize)],
    to_encrypt: &[EncryptionAlgorithm],
    to_wrap: &[EncryptionAlgorithm],
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
    for algorithm in to_encrypt {
        encrypts(client, name, &version, algorithm).await?;
    }
    for algorithm in to_wrap {
        wraps(client, name, &version, algorithm).await?;
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
    let ciphers = [EncryptionAlgorithm::RsaOaep, EncryptionAlgorithm::RsaOaep256];
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
            &ciphers,
            &ciphers,
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
        check(
            area,
            name,
            use_key(client, name, parameters, &[(algorithm, size)], &[], &[]),
        )
        .await;
    }
}

async fn aes(area: &str, client: &KeyClient) {
    let parameters = CreateKeyParameters {
        kty: Some(KeyType::OctHsm),
        key_size: Some(256),
        ..Default::default()
    };
    let ciphers = [EncryptionAlgorithm::A256Gcm, EncryptionAlgorithm::A256Cbcpad];
    let wraps = [EncryptionAlgorithm::A256Kw];
    check(
        area,
        "AES",
        use_key(client, "rust-aes", parameters, &[], &ciphers, &wraps),
    )
    .await;
}

/// A new key on P-256: the private number is in the middle of what openssl makes,
/// and the point at its end.
fn new_key(kty: KeyType) -> Outcome<JsonWebKey> {
    let arguments = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-outform", "DER"];
    let der = openssl(&arguments, &[])?;
    expect(der.len() == 121, &format!("{} bytes of a key", der.len()))?;
    Ok(JsonWebKey {
        kty: Some(kty),
        crv: Some(CurveName::P256),
        d: Some(der[7..39].to_vec()),
        x: Some(der[57..89].to_vec()),
        y: Some(der[89..].to_vec()),
        ..Default::default()
    })
}

async fn imports(area: &str, client: &KeyClient, hsm: bool) {
    check(area, "import", async {
        let name = "rust-imported";
        let key = new_key(if hsm { KeyType::EcHsm } else { KeyType::Ec })?;
        let (x, y) = (key.x.clone(), key.y.clone());
        let parameters = ImportKeyParameters {
            key: Some(key),
            ..Default::default()
        };
        let made = client
            .import_key(name, parameters.try_into()?, None)
            .await?
            .into_model()?;
        let version = made.resource_id()?.version.unwrap_or_default();
        let public = made.key.unwrap_or_default();
        expect(public.x == x && public.y == y && public.d.is_none(), "a public key")?;
        signs(client, name, &version, &SignatureAlgorithm::Es256, 32).await
    })
    .await;
}

/// What says where the released key may go, by the authority of the seed: to whoever
/// has the private part of this one.
fn statement(target: &JsonWebKey) -> Outcome<String> {
    let number = |value: &Option<Vec<u8>>| base64::encode_url_safe(value.as_deref().unwrap_or_default());
    let key = format!(
        r#"{{"kty":"RSA","kid":"k","use":"enc","key_ops":["encrypt"],"n":"{}","e":"{}"}}"#,
        number(&target.n),
        number(&target.e)
    );
    let claims =
        format!(r#"{{"iss":"https://a.example","exp":4000000000,"c":true,"x-ms-runtime":{{"keys":[{key}]}}}}"#);
    let header = base64::encode_url_safe(r#"{"alg":"RS256","typ":"JWT"}"#);
    let text = format!("{header}.{}", base64::encode_url_safe(claims));
    let attester = var("SDK_WORK") + "/attest.pem";
    let signature = openssl(&["dgst", "-sha256", "-sign", &attester], text.as_bytes())?;
    Ok(format!("{text}.{}", base64::encode_url_safe(signature)))
}

async fn releases(client: &KeyClient) -> Outcome {
    let policy =
        r#"{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"claim":"c","equals":"true"}]}]}"#;
    let parameters = CreateKeyParameters {
        kty: Some(KeyType::EcHsm),
        key_attributes: Some(KeyAttributes {
            exportable: Some(true),
            ..Default::default()
        }),
        release_policy: Some(KeyReleasePolicy {
            encoded_policy: Some(policy.into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    client.create_key("rust-released", parameters.try_into()?, None).await?;
    let target = client.get_key("rust-rsa", None).await?.into_model()?;
    let parameters = ReleaseParameters {
        algorithm: Some(KeyEncryptionAlgorithm::RsaAesKeyWrap256),
        nonce: Some("abc".into()),
        target_attestation_token: Some(statement(&target.key.unwrap_or_default())?),
    };
    let released = client
        .release("rust-released", parameters.try_into()?, None)
        .await?
        .into_model()?;
    let token = released.value.unwrap_or_default();
    let payload = base64::decode_url_safe(token.split('.').nth(1).unwrap_or_default())?;
    let payload: Value = json::from_json(payload)?;
    expect(payload["request"]["nonce"] == "abc", &payload.to_string())
}

async fn changes(area: &str, client: &KeyClient) {
    let name = "rust-rsa";
    check(area, "update", async {
        let parameters = UpdateKeyPropertiesParameters {
            tags: Some([("a".into(), "b".into())].into()),
            ..Default::default()
        };
        let key = client
            .update_key_properties(name, parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(key.tags == Some([("a".into(), "b".into())].into()), "a tag")
    })
    .await;
    check(area, "rotation policy", async {
        let policy = KeyRotationPolicy {
            attributes: Some(KeyRotationPolicyAttributes {
                expiry_time: Some("P90D".into()),
                ..Default::default()
            }),
            lifetime_actions: Some(vec![LifetimeAction {
                action: Some(LifetimeActionType {
                    type_prop: Some(KeyRotationPolicyAction::Rotate),
                }),
                trigger: Some(LifetimeActionTrigger {
                    time_after_create: Some("P60D".into()),
                    ..Default::default()
                }),
            }]),
            ..Default::default()
        };
        client
            .update_key_rotation_policy(name, policy.try_into()?, None)
            .await?;
        let policy = client.get_key_rotation_policy(name, None).await?.into_model()?;
        let attributes = policy.attributes.unwrap_or_default();
        expect(attributes.expiry_time.as_deref() == Some("P90D"), "the expiry time")
    })
    .await;
}

async fn life(area: &str, client: &KeyClient) {
    let name = "rust-rsa";
    check(area, "rotate, lists", async {
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
        let deleted = client
            .list_deleted_key_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(deleted == 1, &format!("{deleted} deleted keys"))?;
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

async fn of_the_hsm(area: &str, client: &KeyClient) {
    check(area, "random bytes", async {
        let parameters = GetRandomBytesParameters { count: Some(32) };
        let bytes = client
            .get_random_bytes(parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(bytes.value.map(|value| value.len()) == Some(32), "random bytes")
    })
    .await;
    check(area, "attestation", async {
        let key = client.get_key_attestation("rust-rsa", None).await?.into_model()?;
        let attestation = key.attributes.unwrap_or_default().attestation.unwrap_or_default();
        expect(
            attestation.certificate_pem_file.is_some() && attestation.private_key_attestation.is_some(),
            "an attestation",
        )
    })
    .await;
}

pub async fn run() {
    for (area, url, hsm) in [("keys", vault(), false), ("HSM keys", hsm(), true)] {
        let client = client(&url);
        kinds(area, &client, hsm).await;
        changes(area, &client).await;
        life(area, &client).await;
        imports(area, &client, hsm).await;
        check(area, "release", releases(&client)).await;
        if hsm {
            aes(area, &client).await;
            of_the_hsm(area, &client).await;
        }
    }
}
