// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { test } = require('node:test');
const {
  crypto: cryptoOf, fails, freed, hsmKeys, jwk, keys, listed, names, publicKey, quick,
} = require('./clients.js');

const notBefore = new Date('2020-01-31T00:00:00Z');
// Later than 2038 does not fit into the 32 bits that this library uses.
const expiresOn = new Date('2037-01-31T12:00:00Z');

test('RSA keys', async () => {
  for (const keySize of [2048, 3072]) {
    const key = await keys.createRsaKey(`rsa${keySize}`, { keySize });
    assert.equal(key.keyType, 'RSA');
    assert.equal(key.key.n.length, keySize / 8);
    assert.deepEqual([...key.key.e], [1, 0, 1]);
    assert.equal(key.key.d, undefined);
    assert.equal(publicKey(key).asymmetricKeyDetails.modulusLength, keySize);
  }
  const hard = await keys.createRsaKey('rsahsm', { hsm: true });
  assert.equal(hard.keyType, 'RSA-HSM');
});

test('EC keys', async () => {
  for (const curve of ['P-256', 'P-384', 'P-521', 'P-256K']) {
    const key = await keys.createEcKey(`ec-${curve}`, { curve });
    assert.equal(key.keyType, 'EC');
    assert.equal(key.key.crv, curve);
    publicKey(key); // is on the curve
  }
});

test('AES keys of the Managed HSM', async () => {
  for (const keySize of [128, 192, 256]) {
    const key = await hsmKeys.createOctKey(`oct${keySize}`, {
      keySize,
      hsm: true,
    });
    assert.equal(key.keyType, 'oct-HSM');
    assert.equal(key.key.k, undefined);
  }
});

test('attributes and update', async () => {
  const created = await keys.createEcKey('attributes', {
    keyOps: ['sign'],
    enabled: false,
    notBefore,
    expiresOn,
    tags: { a: 'b' },
  });
  assert.deepEqual(created.keyOperations, ['sign']);
  assert.equal(created.properties.enabled, false);
  assert.deepEqual(created.properties.notBefore, notBefore);
  assert.deepEqual(created.properties.expiresOn, expiresOn);
  const { version } = created.properties;
  const updated = await keys.updateKeyProperties('attributes', version, {
    enabled: true,
    keyOps: ['sign', 'verify'],
    tags: { c: 'd' },
  });
  assert.equal(updated.properties.enabled, true);
  assert.deepEqual(updated.properties.tags, { c: 'd' });
  const got = await keys.getKey('attributes');
  assert.deepEqual(got.keyOperations, ['sign', 'verify']);
  assert.deepEqual(got.properties.expiresOn, expiresOn);
  assert.equal(got.properties.version, version);
  await fails(keys.getKey('absent'), 404, 'KeyNotFound');
  await fails(keys.createRsaKey('odd', { keySize: 1000 }), 400, 'BadParameter');
});

test('import', async () => {
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' });
  for (const [name, pair] of Object.entries({ rsa, ec })) {
    const key = await keys.importKey(`${name}-in`, jwk(pair.privateKey), {
      tags: { from: 'file' },
    });
    assert.equal(key.keyType, name.toUpperCase());
    assert.deepEqual(key.properties.tags, { from: 'file' });
    assert.ok(publicKey(key).equals(pair.publicKey));
  }
  const digest = crypto.randomBytes(48);
  const { result } = await cryptoOf(await keys.getKey('ec-in')).sign(
    'ES384',
    digest,
  );
  assert.equal(result.length, 96);
  const hard = await keys.importKey('hard-in', jwk(rsa.privateKey), {
    hardwareProtected: true,
  });
  assert.equal(hard.keyType, 'RSA-HSM');
});

test('versions, rotation and its policy', async () => {
  const first = await keys.createEcKey('rotated');
  const policy = await keys.updateKeyRotationPolicy('rotated', {
    expiresIn: 'P2Y',
    lifetimeActions: [{ action: 'Rotate', timeAfterCreate: 'P90D' }],
  });
  assert.equal(policy.expiresIn, 'P2Y');
  const got = await keys.getKeyRotationPolicy('rotated');
  const rotate = got.lifetimeActions.find(({ action }) => action === 'Rotate');
  assert.equal(rotate.timeAfterCreate, 'P90D');
  assert.ok(got.updatedOn instanceof Date);

  const second = await keys.rotateKey('rotated');
  assert.notEqual(first.properties.version, second.properties.version);
  assert.ok(second.properties.expiresOn > new Date());
  const versions = await listed(keys.listPropertiesOfKeyVersions('rotated'));
  assert.deepEqual(
    versions.map((item) => item.version).sort(),
    [first.properties.version, second.properties.version].sort(),
  );
  const { version } = first.properties;
  const old = await keys.getKey('rotated', { version });
  assert.deepEqual(old.key.x, first.key.x);
});

test('random bytes', async () => {
  for (const count of [1, 128]) {
    assert.equal((await hsmKeys.getRandomBytes(count)).length, count);
  }
  await fails(hsmKeys.getRandomBytes(129), 400);
});

test('attestation', async () => {
  await hsmKeys.createEcKey('attested', { hsm: true });
  const { properties } = await hsmKeys.getKeyAttestation('attested');
  assert.ok(properties.attestation.certificatePemFile.length > 0);
  assert.ok(properties.attestation.privateKeyAttestation.length > 0);
});

// What says where the released key may go, by the authority of the seed.
function statement(target) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const key = { ...target.export({ format: 'jwk' }), kid: 'k', use: 'enc' };
  const claims = {
    iss: 'https://a.example',
    exp: 4000000000,
    c: true,
    'x-ms-runtime': { keys: [{ ...key, key_ops: ['encrypt'] }] },
  };
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  const pem = fs.readFileSync(`${process.env.SDK_WORK}/attest.pem`);
  return `${text}.${crypto.sign('sha256', text, pem).toString('base64url')}`;
}

test('release', async () => {
  const encodedPolicy = Buffer.from(JSON.stringify({
    version: '1.0.0',
    anyOf: [{
      authority: 'https://a.example',
      allOf: [{ claim: 'c', equals: 'true' }],
    }],
  }));
  const created = await keys.createEcKey('released', {
    hsm: true,
    exportable: true,
    releasePolicy: { encodedPolicy },
  });
  assert.equal(created.properties.exportable, true);
  assert.ok(created.properties.releasePolicy.encodedPolicy.length > 0);
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { value } = await keys.releaseKey('released', statement(pair.publicKey), {
    nonce: 'abc',
    algorithm: 'RSA_AES_KEY_WRAP_256',
  });
  const payload = JSON.parse(Buffer.from(value.split('.')[1], 'base64url'));
  assert.equal(payload.request.nonce, 'abc');
});

for (const [where, client] of Object.entries({ vault: keys, hsm: hsmKeys })) {
  test(`deletion, recovery, purge and backup: ${where}`, async () => {
    const created = await client.createEcKey('gone', { hsm: client === hsmKeys });
    let poller = await client.beginDeleteKey('gone', quick);
    const deleted = await poller.pollUntilDone();
    assert.ok(deleted.properties.recoveryId.endsWith('/deletedkeys/gone'));
    assert.ok(deleted.properties.scheduledPurgeDate > new Date());
    await fails(client.getKey('gone'), 404, 'KeyNotFound');
    assert.equal((await client.getDeletedKey('gone')).name, 'gone');
    assert.deepEqual(await names(client.listDeletedKeys()), ['gone']);

    poller = await client.beginRecoverDeletedKey('gone', quick);
    assert.deepEqual((await poller.pollUntilDone()).key.x, created.key.x);
    const blob = await client.backupKey('gone');
    await fails(client.restoreKeyBackup(blob), 409);

    poller = await client.beginDeleteKey('gone', quick);
    await poller.pollUntilDone();
    await client.purgeDeletedKey('gone');
    await fails(client.getDeletedKey('gone'), 404, 'KeyNotFound');
    const restored = await freed(() => client.restoreKeyBackup(blob));
    assert.deepEqual(restored.key.x, created.key.x);
    assert.equal(restored.properties.version, created.properties.version);
  });
}

test('pages', async () => {
  const wanted = [];
  for (let i = 10; i < 70; i += 1) {
    wanted.push(`page-${i}`);
  }
  await Promise.all(wanted.map((name) => keys.createEcKey(name)));
  const found = await names(keys.listPropertiesOfKeys());
  assert.deepEqual(found.filter((name) => name.startsWith('page-')), wanted);
});
