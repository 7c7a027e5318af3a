// SPDX-License-Identifier: Apache-2.0

use crate::{by_name, check, expect, var, vault, Outcome};
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, SecretBytes, TokenCredential};
use azure_core::http::{ClientMethodOptions, ClientOptions};
use azure_identity::*;
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use std::sync::Arc;

type Made = azure_core::Result<Arc<dyn TokenCredential>>;

/// The authority, where it has another name than Entra ID.
fn options() -> ClientOptions {
    let mut custom = CustomConfiguration::default();
    custom.authority_host = var("SDK_AUTHORITY");
    ClientOptions {
        cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
        ..Default::default()
    }
}

pub fn secrets(credential: Arc<dyn TokenCredential>) -> azure_core::Result<SecretClient> {
    let options = SecretClientOptions {
        verify_challenge_resource: Some(by_name()),
        ..Default::default()
    };
    SecretClient::new(&vault(), credential, Some(options))
}

pub fn service() -> Made {
    service_with(var("SDK_SECRET"))
}

fn service_with(secret: String) -> Made {
    let options = ClientSecretCredentialOptions {
        client_options: options(),
    };
    Ok(ClientSecretCredential::new(
        &var("SDK_TENANT"),
        var("SDK_CLIENT"),
        Secret::new(secret),
        Some(options),
    )?)
}

fn certificate() -> Made {
    let data = std::fs::read(var("SDK_WORK") + "/robot.pfx")?;
    let options = ClientCertificateCredentialOptions {
        client_options: options(),
        password: Some(Secret::new("sesame")),
        ..Default::default()
    };
    Ok(ClientCertificateCredential::new(
        var("SDK_TENANT"),
        "robot".into(),
        SecretBytes::new(data),
        Some(options),
    )?)
}

#[derive(Debug)]
struct FromFile;

#[async_trait::async_trait]
impl ClientAssertion for FromFile {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(std::fs::read_to_string(var("SDK_WORK") + "/federated")?)
    }
}

fn assertion() -> Made {
    let options = ClientAssertionCredentialOptions {
        client_options: options(),
    };
    Ok(ClientAssertionCredential::new(
        var("SDK_TENANT"),
        "pod".into(),
        FromFile,
        Some(options),
    )?)
}

fn workload() -> Made {
    let options = WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions {
            client_options: options(),
        },
        client_id: Some("pod".into()),
        tenant_id: Some(var("SDK_TENANT")),
        token_file_path: Some((var("SDK_WORK") + "/federated").into()),
    };
    Ok(WorkloadIdentityCredential::new(Some(options))?)
}

fn managed(id: Option<UserAssignedId>) -> Made {
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: id,
        ..Default::default()
    };
    Ok(ManagedIdentityCredential::new(Some(options))?)
}

async fn reads(credential: Made) -> Outcome {
    let secret = secrets(credential?)?.get_secret("seeded", None).await?.into_model()?;
    expect(secret.value.as_deref() == Some("seeded value"), "the secret")
}

pub async fn run() {
    let area = "credential";
    check(area, "client secret", reads(service())).await;
    check(area, "certificate in PKCS#12", reads(certificate())).await;
    std::env::set_var("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "1");
    check(area, "certificate with its chain", reads(certificate())).await;
    std::env::remove_var("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
    check(area, "assertion", reads(assertion())).await;
    check(area, "workload identity", reads(workload())).await;
    check(area, "a wrong secret is refused", async {
        let refusal = reads(service_with("wrong".into())).await;
        expect(refusal.is_err(), "a token")
    })
    .await;
    // The library knows the metadata service's own address alone.
    if by_name() {
        check(area, "IMDS", reads(managed(None))).await;
        let id = UserAssignedId::ClientId("machine".into());
        check(area, "IMDS of a client id", reads(managed(Some(id)))).await;
    }
    std::env::set_var("IDENTITY_ENDPOINT", var("SDK_IDENTITY") + "/msi/token");
    std::env::set_var("IDENTITY_HEADER", var("SDK_IDENTITY_HEADER"));
    check(area, "App Service", reads(managed(None))).await;
}
