// SPDX-License-Identifier: Apache-2.0

use crate::{by_name, check, credentials, expect, openssl, until, var, vault, Outcome};
use azure_core::base64;
use azure_security_keyvault_certificates::models::*;
use azure_security_keyvault_certificates::{CertificateClient, CertificateClientOptions};
use futures::TryStreamExt;

fn policy(issuer: &str) -> CertificatePolicy {
    CertificatePolicy {
        issuer_parameters: Some(IssuerParameters {
            name: Some(issuer.into()),
            ..Default::default()
        }),
        x509_certificate_properties: Some(X509CertificateProperties {
            subject: Some("CN=rust".into()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn makes(area: &str, client: &CertificateClient) {
    let name = "rust";
    check(area, "self-signed, get", async {
        let parameters = CreateCertificateParameters {
            certificate_policy: Some(policy("Self")),
            ..Default::default()
        };
        client
            .begin_create_certificate(name, parameters.try_into()?, None)?
            .await?;
        let made = client.get_certificate(name, None).await?.into_model()?;
        expect(made.cer.is_some(), "a certificate")
    })
    .await;
    check(area, "update, policy", async {
        let parameters = UpdateCertificatePropertiesParameters {
            tags: Some([("a".into(), "b".into())].into()),
            ..Default::default()
        };
        let changed = client
            .update_certificate_properties(name, parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(changed.tags == Some([("a".into(), "b".into())].into()), "a tag")?;
        let mut policy = client.get_certificate_policy(name, None).await?.into_model()?;
        let mut properties = policy.x509_certificate_properties.unwrap_or_default();
        properties.validity_in_months = Some(7);
        policy.x509_certificate_properties = Some(properties);
        let changed = client
            .update_certificate_policy(name, policy.try_into()?, None)
            .await?
            .into_model()?;
        let properties = changed.x509_certificate_properties.unwrap_or_default();
        expect(properties.validity_in_months == Some(7), "the validity")
    })
    .await;
}

/// Begins one that somebody else is to issue; gives the request for it. The poller
/// would ask until that is done, and tells of the first answer some seconds late: so
/// it is left alone once the operation is there.
async fn requests(client: &CertificateClient, name: &str) -> Outcome<Vec<u8>> {
    let parameters = CreateCertificateParameters {
        certificate_policy: Some(policy("Unknown")),
        ..Default::default()
    };
    let mut poller = client.begin_create_certificate(name, parameters.try_into()?, None)?;
    let operation = tokio::select! {
        begun = poller.try_next() => {
            begun?;
            client.get_certificate_operation(name, None).await?
        }
        found = until(|| client.get_certificate_operation(name, None)) => found?,
    };
    let operation = operation.into_model()?;
    expect(operation.status.as_deref() == Some("inProgress"), "the status")?;
    operation.csr.ok_or_else(|| "no request".into())
}

async fn pending(area: &str, client: &CertificateClient) {
    check(area, "request and merge", async {
        let request = requests(client, "rust-merged").await?;
        let (ca, key) = (var("SDK_WORK") + "/issuer.crt", var("SDK_WORK") + "/issuer.key");
        let mut arguments = "x509 -req -inform DER -outform DER -days 2 -set_serial 2"
            .split(' ')
            .collect::<Vec<_>>();
        arguments.extend(["-CA", &ca, "-CAkey", &key]);
        let issued = openssl(&arguments, &request)?;
        let parameters = MergeCertificateParameters {
            x509_certificates: Some(vec![issued.clone()]),
            ..Default::default()
        };
        let merged = client
            .merge_certificate("rust-merged", parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(merged.cer == Some(issued), "the certificate")
    })
    .await;
    check(area, "cancel and drop", async {
        let name = "rust-cancelled";
        requests(client, name).await?;
        let parameters = UpdateCertificateOperationParameter {
            cancellation_requested: Some(true),
        };
        let operation = client
            .update_certificate_operation(name, parameters.try_into()?, None)
            .await?
            .into_model()?;
        expect(operation.cancellation_requested == Some(true), "a cancellation")?;
        client.delete_certificate_operation(name, None).await?;
        Ok(())
    })
    .await;
}

async fn imports(area: &str, client: &CertificateClient) {
    let file = |name| std::fs::read(format!("{}/{name}", var("SDK_WORK")));
    let name = "rust-certificate";
    check(area, "import PKCS#12", async {
        let parameters = ImportCertificateParameters {
            base64_encoded_certificate: Some(base64::encode(file("robot.pfx")?)),
            password: Some("sesame".into()),
            ..Default::default()
        };
        client.import_certificate(name, parameters.try_into()?, None).await?;
        Ok(())
    })
    .await;
    check(area, "import PEM", async {
        let parameters = ImportCertificateParameters {
            base64_encoded_certificate: Some(String::from_utf8(file("robot.pem")?)?),
            certificate_policy: Some(CertificatePolicy {
                secret_properties: Some(SecretProperties {
                    content_type: Some("application/x-pem-file".into()),
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        client.import_certificate(name, parameters.try_into()?, None).await?;
        Ok(())
    })
    .await;
}

async fn of_the_vault(area: &str, client: &CertificateClient) {
    check(area, "contacts", async {
        let contacts = Contacts {
            contact_list: Some(vec![Contact {
                email: Some("a@b.example".into()),
                ..Default::default()
            }]),
            ..Default::default()
        };
        client.set_contacts(contacts.try_into()?, None).await?;
        client.get_contacts(None).await?;
        client.delete_contacts(None).await?;
        Ok(())
    })
    .await;
    check(area, "issuers", async {
        let issuer = SetIssuerParameters {
            provider: Some("Test".into()),
            ..Default::default()
        };
        client.set_issuer("rust", issuer.try_into()?, None).await?;
        let parameters = UpdateIssuerParameters {
            attributes: Some(IssuerAttributes {
                enabled: Some(false),
                ..Default::default()
            }),
            ..Default::default()
        };
        client.update_issuer("rust", parameters.try_into()?, None).await?;
        let issuer = client.get_issuer("rust", None).await?.into_model()?;
        let attributes = issuer.attributes.unwrap_or_default();
        expect(attributes.enabled == Some(false), "a disabled issuer")?;
        let count = client
            .list_issuer_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(count == 1, &format!("{count} issuers"))?;
        client.delete_issuer("rust", None).await?;
        Ok(())
    })
    .await;
}

async fn ends(area: &str, client: &CertificateClient) {
    let name = "rust";
    check(area, "lists", async {
        let count = client
            .list_certificate_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        let versions = client
            .list_certificate_properties_versions("rust-certificate", None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(
            count == 3 && versions == 2,
            &format!("{count} certificates, {versions} versions"),
        )
    })
    .await;
    check(area, "backup, delete, recover, purge, restore", async {
        let backup = client.backup_certificate(name, None).await?.into_model()?;
        client.delete_certificate(name, None).await?;
        until(|| client.get_deleted_certificate(name, None)).await?;
        let deleted = client
            .list_deleted_certificate_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(deleted == 1, &format!("{deleted} deleted certificates"))?;
        client.recover_deleted_certificate(name, None).await?;
        until(|| client.get_certificate(name, None)).await?;
        client.delete_certificate(name, None).await?;
        until(|| client.get_deleted_certificate(name, None)).await?;
        client.purge_deleted_certificate(name, None).await?;
        let parameters = RestoreCertificateParameters {
            certificate_backup: backup.value,
        };
        until(|| client.restore_certificate(parameters.clone().try_into().unwrap(), None)).await?;
        Ok(())
    })
    .await;
}

pub async fn run() {
    let area = "certificates";
    let options = CertificateClientOptions {
        verify_challenge_resource: Some(by_name()),
        ..Default::default()
    };
    let client = CertificateClient::new(&vault(), credentials::service().unwrap(), Some(options)).unwrap();
    makes(area, &client).await;
    pending(area, &client).await;
    imports(area, &client).await;
    of_the_vault(area, &client).await;
    ends(area, &client).await;
}
