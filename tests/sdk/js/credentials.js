// SPDX-License-Identifier: Apache-2.0
// A secret with each kind of credential.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const identity = require('@azure/identity');
const { SecretClient } = require('@azure/keyvault-secrets');
const { authority, options } = require('./clients.js');

const env = process.env;
const work = env.SDK_WORK;
const service = {
  AZURE_TENANT_ID: env.SDK_TENANT,
  AZURE_CLIENT_ID: env.SDK_CLIENT,
  AZURE_CLIENT_SECRET: env.SDK_SECRET,
};
const assertion = async () => fs.readFileSync(`${work}/federated`, 'ascii');

// Name, variables, what makes it.
const rows = [
  ['client secret', {}, () => new identity.ClientSecretCredential(
    env.SDK_TENANT, env.SDK_CLIENT, env.SDK_SECRET, authority)],
  ['certificate', {}, () => new identity.ClientCertificateCredential(
    env.SDK_TENANT, 'robot', `${work}/robot.pem`, authority)],
  ['certificate with its chain', {}, () =>
    new identity.ClientCertificateCredential(
      env.SDK_TENANT, 'robot', `${work}/robot.pem`,
      { ...authority, sendCertificateChain: true })],
  ['assertion', {}, () => new identity.ClientAssertionCredential(
    env.SDK_TENANT, 'pod', assertion, authority)],
  ['workload identity', {}, () => new identity.WorkloadIdentityCredential({
    tenantId: env.SDK_TENANT,
    clientId: 'pod',
    tokenFilePath: `${work}/federated`,
    ...authority,
  })],
  ['IMDS', { AZURE_POD_IDENTITY_AUTHORITY_HOST: env.SDK_IDENTITY }, () =>
    new identity.ManagedIdentityCredential()],
  ['IMDS of a client id',
    { AZURE_POD_IDENTITY_AUTHORITY_HOST: env.SDK_IDENTITY }, () =>
      new identity.ManagedIdentityCredential({ clientId: 'machine' })],
  ['App Service', {
    IDENTITY_ENDPOINT: `${env.SDK_IDENTITY}/msi/token`,
    IDENTITY_HEADER: env.SDK_IDENTITY_HEADER,
  }, () => new identity.ManagedIdentityCredential()],
  ['Cloud Shell', { MSI_ENDPOINT: `${env.SDK_IDENTITY}/cloudshell/token` },
    () => new identity.ManagedIdentityCredential()],
  ['environment', service, () => new identity.EnvironmentCredential(authority)],
  ['default chain', service, () =>
    new identity.DefaultAzureCredential(authority)],
];
if (env.SDK_ARC) {
  rows.push(['Azure Arc', {
    IDENTITY_ENDPOINT: `${env.SDK_IDENTITY}/arc/metadata/identity/oauth2/token`,
    IMDS_ENDPOINT: env.SDK_IDENTITY,
  }, () => new identity.ManagedIdentityCredential()]);
}

async function read(credential) {
  const client = new SecretClient(`https://${env.SDK_VAULT}`, credential, options);
  return (await client.getSecret('seeded')).value;
}

for (const [name, variables, make] of rows) {
  test(name, async () => {
    Object.assign(env, variables);
    try {
      assert.equal(await read(make()), 'seeded value');
    } finally {
      for (const variable of Object.keys(variables)) {
        delete env[variable];
      }
    }
  });
}

test('a wrong secret is refused', async () => {
  await assert.rejects(read(new identity.ClientSecretCredential(
    env.SDK_TENANT, env.SDK_CLIENT, 'wrong', authority)), /AADSTS7000215/);
});
