// SPDX-License-Identifier: Apache-2.0

use crate::{by_name, check, credentials, expect, until, vault};
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

pub async fn run() {
    let area = "certificates";
    let options = CertificateClientOptions {
        verify_challenge_resource: Some(by_name()),
        ..Default::default()
    };
    let client = CertificateClient::new(&vault(), credentials::service().unwrap(), Some(options)).unwrap();
    let name = "rust";
    check(area, "self-signed, get, policy", async {
        let parameters = CreateCertificateParameters {
            certificate_policy: Some(policy("Self")),
            ..Default::default()
        };
        client
            .begin_create_certificate(name, parameters.try_into()?, None)?
            .await?;
        let made = client.get_certificate(name, None).await?.into_model()?;
        client.get_certificate_policy(name, None).await?;
        expect(made.cer.is_some(), "a certificate")
    })
    .await;
    check(area, "contacts and issuers", async {
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
        let issuer = SetIssuerParameters {
            provider: Some("Test".into()),
            ..Default::default()
        };
        client.set_issuer("rust", issuer.try_into()?, None).await?;
        client.get_issuer("rust", None).await?;
        client.delete_issuer("rust", None).await?;
        Ok(())
    })
    .await;
    check(area, "lists", async {
        let count = client
            .list_certificate_properties(None)?
            .try_collect::<Vec<_>>()
            .await?
            .len();
        expect(count == 1, &format!("{count} certificates"))
    })
    .await;
    check(area, "backup, delete, purge, restore", async {
        let backup = client.backup_certificate(name, None).await?.into_model()?;
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
