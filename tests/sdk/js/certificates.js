// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const {
  certificates, fails, freed, keys, listed, names, publicKey, quick, secrets,
} = require('./clients.js');

const policy = {
  issuerName: 'Self',
  subject: 'CN=self.example',
  subjectAlternativeNames: { dnsNames: ['self.example', 'two.example'] },
  keyType: 'EC',
  keyCurveName: 'P-256',
  exportable: true,
  contentType: 'application/x-pem-file',
  keyUsage: ['digitalSignature'],
  enhancedKeyUsage: ['1.3.6.1.5.5.7.3.1'],
  validityInMonths: 3,
  lifetimeActions: [{ action: 'EmailContacts', daysBeforeExpiry: 7 }],
};

async function create(name, how = policy, options = {}) {
  const poller = await certificates.beginCreateCertificate(name, how, {
    ...quick,
    ...options,
  });
  return poller.pollUntilDone();
}

function openssl(...args) {
  return execFileSync('openssl', args, {
    cwd: process.env.SDK_WORK,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, OPENSSL_CONF: path.join(process.env.SDK_WORK, 'plain.cnf') },
  });
}

test('self-signed', async () => {
  const created = await create('self', policy, { tags: { a: 'b' } });
  assert.equal(created.name, 'self');
  assert.deepEqual(created.properties.tags, { a: 'b' });
  const x509 = new crypto.X509Certificate(created.cer);
  assert.equal(x509.subject, 'CN=self.example');
  assert.equal(x509.subjectAltName, 'DNS:self.example, DNS:two.example');
  assert.ok(x509.verify(x509.publicKey));
  const thumbprint = Buffer.from(x509.fingerprint.replaceAll(':', ''), 'hex');
  assert.deepEqual(Buffer.from(created.properties.x509Thumbprint), thumbprint);

  const { version } = created.properties;
  const got = await certificates.getCertificateVersion('self', version);
  assert.deepEqual(got.cer, created.cer);
  const key = await keys.getKey('self', { version });
  assert.equal(key.properties.managed, true);
  assert.ok(publicKey(key).equals(x509.publicKey));
  const { value } = await secrets.getSecret('self', { version });
  assert.ok(x509.checkPrivateKey(crypto.createPrivateKey(value)));
});

test('policy', async () => {
  await create('ruled');
  const got = await certificates.getCertificatePolicy('ruled');
  for (const name of Object.keys(policy)) {
    // Absent alternatives come as empty lists or not at all.
    if (name !== 'subjectAlternativeNames' && name !== 'lifetimeActions') {
      assert.deepEqual(got[name], policy[name], name);
    }
  }
  assert.deepEqual(got.subjectAlternativeNames.dnsNames, ['self.example', 'two.example']);
  assert.equal(got.lifetimeActions[0].action, 'EmailContacts');
  assert.equal(got.lifetimeActions[0].daysBeforeExpiry, 7);
  await certificates.updateCertificatePolicy('ruled', {
    ...policy,
    validityInMonths: 6,
  });
  const changed = await certificates.getCertificatePolicy('ruled');
  assert.equal(changed.validityInMonths, 6);
  const again = await create('ruled', changed);
  const days = (again.properties.expiresOn - again.properties.notBefore) / 86400000;
  assert.ok(days > 150 && days < 200, `${days} days`);
  const versions = await listed(certificates.listPropertiesOfCertificateVersions('ruled'));
  assert.equal(versions.length, 2);
});

test('update', async () => {
  const { properties: { version } } = await create('changed-cert');
  const updated = await certificates.updateCertificateProperties('changed-cert', version, {
    enabled: false,
    tags: { c: 'd' },
  });
  assert.equal(updated.properties.enabled, false);
  assert.deepEqual(updated.properties.tags, { c: 'd' });
  await fails(certificates.getCertificate('absent'), 404, 'CertificateNotFound');
});

test('import of PFX and PEM', async () => {
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'in.key', '-out', 'in.crt',
    '-subj', '/CN=imported', '-days', '9');
  openssl('pkcs12', '-export', '-inkey', 'in.key', '-in', 'in.crt', '-passout', 'pass:hunter2',
    '-out', 'in.pfx');
  const read = (name) => fs.readFileSync(path.join(process.env.SDK_WORK, name));
  const x509 = new crypto.X509Certificate(read('in.crt'));
  const pfx = await certificates.importCertificate('pfx', read('in.pfx'), { password: 'hunter2' });
  assert.deepEqual(Buffer.from(pfx.cer), x509.raw);
  assert.equal(pfx.policy.contentType, 'application/x-pkcs12');
  const pem = Buffer.concat([read('in.key'), read('in.crt')]);
  const other = await certificates.importCertificate('pem', pem, {
    policy: { contentType: 'application/x-pem-file' },
  });
  assert.deepEqual(Buffer.from(other.cer), x509.raw);
  await fails(certificates.importCertificate('bad', read('in.pfx'), { password: 'x' }), 400);
});

test('signed by somebody else', async () => {
  await certificates.beginCreateCertificate('signed', {
    ...policy,
    issuerName: 'Unknown',
    keyType: 'RSA',
    keyCurveName: undefined,
    keySize: 2048,
  }, quick);
  const operation = await certificates.getCertificateOperation('signed', quick);
  const { csr, status } = operation.getOperationState().certificateOperation;
  assert.equal(status, 'inProgress');
  fs.writeFileSync(path.join(process.env.SDK_WORK, 'csr.der'), csr);
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.crt',
    '-subj', '/CN=authority', '-days', '9');
  openssl('x509', '-req', '-inform', 'DER', '-in', 'csr.der', '-CA', 'ca.crt', '-CAkey', 'ca.key',
    '-set_serial', '7', '-days', '9', '-outform', 'DER', '-out', 'signed.der');
  const der = fs.readFileSync(path.join(process.env.SDK_WORK, 'signed.der'));
  const merged = await certificates.mergeCertificate('signed', [der]);
  assert.deepEqual(Buffer.from(merged.cer), der);
  assert.equal((await certificates.getCertificate('signed')).properties.enabled, true);
});

test('cancellation', async () => {
  const poller = await certificates.beginCreateCertificate('cancelled', {
    ...policy,
    issuerName: 'Unknown',
  }, quick);
  await poller.cancelOperation();
  const operation = await certificates.getCertificateOperation('cancelled', quick);
  assert.equal(
    operation.getOperationState().certificateOperation.cancellationRequested,
    true,
  );
  await certificates.deleteCertificateOperation('cancelled');
  await fails(certificates.deleteCertificateOperation('cancelled'), 404);
});

test('issuers', async () => {
  await certificates.createIssuer('auth', 'Test', {
    accountId: 'account',
    password: 'word',
    organizationId: 'org',
    administratorContacts: [{ firstName: 'A', lastName: 'B', email: 'a@b.example', phone: '1' }],
  });
  const got = await certificates.getIssuer('auth');
  assert.equal(got.provider, 'Test');
  assert.equal(got.accountId, 'account');
  assert.equal(got.organizationId, 'org');
  assert.equal(got.administratorContacts[0].email, 'a@b.example');
  await certificates.updateIssuer('auth', { provider: 'Test', accountId: 'other' });
  assert.equal((await certificates.getIssuer('auth')).accountId, 'other');
  const issuers = await listed(certificates.listPropertiesOfIssuers());
  assert.deepEqual(issuers.map(({ id }) => id.split('/').pop()), ['auth']);
  await certificates.deleteIssuer('auth');
  await fails(certificates.getIssuer('auth'), 404);
});

test('contacts', async () => {
  const contact = { email: 'a@b.example', name: 'A', phone: '1' };
  assert.deepEqual(await certificates.setContacts([contact]), [contact]);
  assert.deepEqual(await certificates.getContacts(), [contact]);
  await certificates.deleteContacts();
  await fails(certificates.getContacts(), 404);
});

test('deletion, recovery, purge and backup', async () => {
  const created = await create('gone-cert');
  let poller = await certificates.beginDeleteCertificate('gone-cert', quick);
  const deleted = await poller.pollUntilDone();
  assert.ok(deleted.recoveryId.endsWith('/deletedcertificates/gone-cert'));
  assert.ok(deleted.scheduledPurgeDate > new Date());
  await fails(certificates.getCertificate('gone-cert'), 404, 'CertificateNotFound');
  await fails(secrets.getSecret('gone-cert'), 404);
  assert.equal((await certificates.getDeletedCertificate('gone-cert')).name, 'gone-cert');
  assert.deepEqual(await names(certificates.listDeletedCertificates()), ['gone-cert']);

  poller = await certificates.beginRecoverDeletedCertificate('gone-cert', quick);
  assert.deepEqual((await poller.pollUntilDone()).cer, created.cer);
  const blob = await certificates.backupCertificate('gone-cert');
  await fails(certificates.restoreCertificateBackup(blob), 409);

  poller = await certificates.beginDeleteCertificate('gone-cert', quick);
  await poller.pollUntilDone();
  await certificates.purgeDeletedCertificate('gone-cert');
  await fails(certificates.getDeletedCertificate('gone-cert'), 404);
  const restored = await freed(() => certificates.restoreCertificateBackup(blob));
  assert.deepEqual(restored.cer, created.cer);
  assert.match((await secrets.getSecret('gone-cert')).value, /PRIVATE KEY/);
});

test('lists', async () => {
  const wanted = [];
  for (let i = 10; i < 40; i += 1) {
    wanted.push(`cert-${i}`);
  }
  await Promise.all(wanted.map((name) => create(name)));
  const found = await names(certificates.listPropertiesOfCertificates());
  assert.deepEqual(found.filter((name) => name.startsWith('cert-')), wanted);
});
