// SPDX-License-Identifier: Apache-2.0
// What the akv command writes these libraries read, and the other way round.
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const {
  certificates, crypto: cryptoOf, fails, hsmKeys, jwk, keys, publicKey, quick, remote,
  secrets,
} = require('./clients.js');

const { env } = process;
const message = crypto.randomBytes(100);
const kid = (name) => `akv://${env.SDK_VAULT}/keys/${name}`;
const hid = (name) => `akv://${env.SDK_HSM}/keys/${name}`;
const sid = (name) => `akv://${env.SDK_VAULT}/secrets/${name}`;
const cid = (name) => `akv://${env.SDK_VAULT}/certificates/${name}`;
const file = (name) => path.join(env.SDK_WORK, name);

// What akv prints; the exit status 6 is a conflict.
function akv(args, input = '', said = undefined) {
  const run = spawnSync(env.SDK_CLI, args, {
    input,
    env: { ...env, AZURE_AUTHORITY_HOST: env.SDK_AUTHORITY },
  });
  if (run.status !== 0) {
    const err = new Error(`akv ${args}: ${run.status} ${run.signal}: ${run.stderr}`);
    err.statusCode = run.status === 6 ? 409 : run.status;
    throw err;
  }
  if (said) {
    said.text = run.stderr.toString();
  }
  return run.stdout;
}

const shown = (...args) => JSON.parse(akv([...args, '--output', 'json']));

before(async () => {
  await Promise.all([
    keys.createRsaKey('rsa', { keySize: 2048 }),
    ...['P-256', 'P-384', 'P-521', 'P-256K'].map((curve) => keys.createEcKey(curve, { curve })),
    hsmKeys.createOctKey('aes', { keySize: 256, hsm: true }),
  ]);
});

const signers = {
  RS256: 'rsa', PS256: 'rsa', ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', ES256K: 'P-256K',
};

for (const [algorithm, name] of Object.entries(signers)) {
  test(`signatures ${algorithm}`, async () => {
    const client = remote(await keys.getKey(name));
    const signature = akv(['key', 'sign', kid(name), '--algorithm', algorithm], message);
    assert.ok((await client.verifyData(algorithm, message, signature)).result);
    const { result } = await client.signData(algorithm, message);
    fs.writeFileSync(file('signature'), result);
    const said = akv(['key', 'verify', kid(name), '--algorithm', algorithm,
      '--signature', file('signature')], message);
    assert.equal(`${said}`, 'valid\n');
  });
}

for (const algorithm of ['RSA-OAEP', 'RSA-OAEP-256']) {
  test(`encryption ${algorithm}`, async () => {
    const client = cryptoOf(await keys.getKey('rsa'));
    let ciphertext = akv(['key', 'encrypt', kid('rsa'), '--algorithm', algorithm], message);
    const opened = await client.decrypt({ algorithm, ciphertext });
    assert.deepEqual(Buffer.from(opened.result), message);
    ciphertext = (await client.encrypt({ algorithm, plaintext: message })).result;
    const read = akv(['key', 'decrypt', kid('rsa'), '--algorithm', algorithm], ciphertext);
    assert.deepEqual(read, message);
  });
}

test('encryption A256GCM', async () => {
  const algorithm = 'A256GCM';
  const client = cryptoOf(await hsmKeys.getKey('aes'));
  const aad = Buffer.from('additional');
  const how = ['--algorithm', algorithm, '--aad', aad.toString('hex')];
  const said = {};
  const ciphertext = akv(['key', 'encrypt', hid('aes'), ...how], message, said);
  const told = (name) => Buffer.from(said.text.match(new RegExp(`^${name}: (.*)$`, 'm'))[1], 'hex');
  const opened = await client.decrypt({
    algorithm,
    ciphertext,
    iv: told('iv'),
    authenticationTag: told('tag'),
    additionalAuthenticatedData: aad,
  });
  assert.deepEqual(Buffer.from(opened.result), message);
  const sealed = await client.encrypt({
    algorithm,
    plaintext: message,
    additionalAuthenticatedData: aad,
  });
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  assert.deepEqual(akv(['key', 'decrypt', hid('aes'), ...how, '--iv', hex(sealed.iv),
    '--tag', hex(sealed.authenticationTag)], sealed.result), message);
});

for (const [algorithm, id, get] of [
  ['RSA-OAEP-256', kid('rsa'), () => keys.getKey('rsa')],
  ['A256KW', hid('aes'), () => hsmKeys.getKey('aes')],
]) {
  test(`wrapping ${algorithm}`, async () => {
    const secret = message.subarray(0, 32);
    const client = cryptoOf(await get());
    const wrapped = akv(['key', 'wrap', id, '--algorithm', algorithm], secret);
    const opened = await client.unwrapKey(algorithm, wrapped);
    assert.deepEqual(Buffer.from(opened.result), secret);
    const { result } = await client.wrapKey(algorithm, secret);
    assert.deepEqual(akv(['key', 'unwrap', id, '--algorithm', algorithm], result), secret);
  });
}

test('secrets', async () => {
  const value = 'gr\u00fc\u00dfe \u{1f511}\n\u0000"\\end';
  const notBefore = new Date('2020-01-31T00:00:00Z');
  const expiresOn = new Date('2099-01-31T12:00:00Z');
  akv(['secret', 'set', sid('ours'), '--content-type', 'text/plain', '--tag', 'a=1', '--tag',
    'b=\u00e4 y=z', '--not-before', '2020-01-31', '--expires', '2099-01-31T12:00:00Z'], value);
  const got = await secrets.getSecret('ours');
  assert.equal(got.value, value);
  assert.equal(got.properties.contentType, 'text/plain');
  assert.deepEqual(got.properties.tags, { a: '1', b: '\u00e4 y=z' });
  assert.deepEqual(got.properties.notBefore, notBefore);
  assert.deepEqual(got.properties.expiresOn, expiresOn);

  await secrets.setSecret('theirs', value, {
    contentType: 'text/plain', tags: { a: '1', b: '\u00e4 y=z' }, notBefore, expiresOn,
  });
  assert.equal(`${akv(['secret', 'download', sid('theirs')])}`, value);
  const read = shown('secret', 'show', sid('theirs'));
  assert.equal(read.value, value);
  assert.equal(read.contentType, 'text/plain');
  assert.deepEqual(read.tags, { a: '1', b: '\u00e4 y=z' });
  assert.equal(read.attributes.notBefore, '2020-01-31T00:00:00Z');
  assert.equal(read.attributes.expires, '2099-01-31T12:00:00Z');

  akv(['secret', 'set', sid('binary'), '--encoding', 'base64'], message);
  const { value: text } = await secrets.getSecret('binary');
  assert.deepEqual(Buffer.from(text, 'base64'), message);
});

test('imported keys', async () => {
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  fs.writeFileSync(file('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  akv(['key', 'import', kid('ours-in'), '--file', file('key.pem')]);
  const theirs = await keys.getKey('ours-in');
  assert.ok(publicKey(theirs).equals(crypto.createPublicKey(privateKey)));
  const { result } = await cryptoOf(theirs).signData('ES256', message);
  const how = { key: privateKey, dsaEncoding: 'ieee-p1363' };
  assert.ok(crypto.verify('sha256', message, how, Buffer.from(result)));

  await keys.importKey('theirs-in', jwk(privateKey));
  const signature = akv(['key', 'sign', kid('theirs-in'), '--algorithm', 'ES256'], message);
  assert.ok(crypto.verify('sha256', message, how, signature));
});

test('versions and rotation policies', async () => {
  await keys.createEcKey('rotated');
  fs.writeFileSync(file('policy'), JSON.stringify({
    lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Rotate' } }],
    attributes: { expiryTime: 'P2Y' },
  }));
  akv(['key', 'rotation-policy', kid('rotated'), '--file', file('policy')]);
  const got = await keys.getKeyRotationPolicy('rotated');
  assert.equal(got.expiresIn, 'P2Y');
  const rotation = got.lifetimeActions.find(({ action }) => action === 'Rotate');
  assert.equal(rotation.timeAfterCreate, 'P90D');
  await keys.updateKeyRotationPolicy('rotated', {
    expiresIn: 'P3Y',
    lifetimeActions: [{ action: 'Rotate', timeBeforeExpiry: 'P30D' }],
  });
  const read = shown('key', 'rotation-policy', kid('rotated'));
  assert.equal(read.attributes.expiryTime, 'P3Y');
  assert.equal(
    read.lifetimeActions.find(({ action }) => action.type === 'Rotate').trigger.timeBeforeExpiry,
    'P30D',
  );
  const ours = shown('key', 'rotate', kid('rotated'));
  const newest = await keys.getKey('rotated');
  assert.equal(ours.version, newest.properties.version);
  const next = await keys.rotateKey('rotated');
  assert.equal(shown('key', 'show', kid('rotated')).version, next.properties.version);
});

// Of each kind: how an object is made, and told from another.
const kinds = {
  secret: {
    id: sid,
    make: (name) => secrets.setSecret(name, 'value'),
    look: async (name) => (await secrets.getSecret(name)).value,
    remove: async (name) => (await secrets.beginDeleteSecret(name, quick)).pollUntilDone(),
    recover: async (name) => (await secrets.beginRecoverDeletedSecret(name, quick)).pollUntilDone(),
    purge: (name) => secrets.purgeDeletedSecret(name),
    backup: (name) => secrets.backupSecret(name),
    restore: (blob) => secrets.restoreSecretBackup(blob),
  },
  key: {
    id: kid,
    make: (name) => keys.createEcKey(name),
    look: async (name) => (await keys.getKey(name)).key.x,
    remove: async (name) => (await keys.beginDeleteKey(name, quick)).pollUntilDone(),
    recover: async (name) => (await keys.beginRecoverDeletedKey(name, quick)).pollUntilDone(),
    purge: (name) => keys.purgeDeletedKey(name),
    backup: (name) => keys.backupKey(name),
    restore: (blob) => keys.restoreKeyBackup(blob),
  },
  certificate: {
    id: cid,
    make: async (name) => {
      const poller = await certificates.beginCreateCertificate(name, {
        issuerName: 'Self', subject: `CN=${name}`,
      }, quick);
      return poller.pollUntilDone();
    },
    look: async (name) => (await certificates.getCertificate(name)).cer,
    remove: async (name) => {
      const poller = await certificates.beginDeleteCertificate(name, quick);
      return poller.pollUntilDone();
    },
    recover: async (name) => {
      const poller = await certificates.beginRecoverDeletedCertificate(name, quick);
      return poller.pollUntilDone();
    },
    purge: (name) => certificates.purgeDeletedCertificate(name),
    backup: (name) => certificates.backupCertificate(name),
    restore: (blob) => certificates.restoreCertificateBackup(blob),
  },
};

for (const [kind, they] of Object.entries(kinds)) {
  const name = `${kind}-back`;
  const id = they.id(name);
  const all = path.dirname(id);

  test(`deleted here, recovered there: ${kind}`, async () => {
    await they.make(name);
    const wanted = await they.look(name);
    akv([kind, 'delete', id]);
    await fails(they.look(name), 404);
    await they.recover(name);
    assert.deepEqual(await they.look(name), wanted);
    await they.remove(name);
    assert.throws(() => akv([kind, 'show', id]), { statusCode: 3 });
    akv([kind, 'recover', id]);
    assert.deepEqual(await they.look(name), wanted);
  });

  test(`saved here, restored there: ${kind}`, async () => {
    const wanted = await they.look(name);
    let blob = akv([kind, 'backup', id]);
    await they.remove(name);
    akv([kind, 'purge', id]);
    await they.restore(blob);
    assert.deepEqual(await they.look(name), wanted);
    blob = await they.backup(name);
    akv([kind, 'delete', id]);
    await they.purge(name);
    akv([kind, 'restore', all], blob);
    assert.deepEqual(await they.look(name), wanted);
  });
}

test('certificates', async () => {
  akv(['certificate', 'create', cid('ours-web'), '--subject', 'CN=ours.example']);
  const { cer } = await certificates.getCertificate('ours-web');
  assert.equal(new crypto.X509Certificate(cer).subject, 'CN=ours.example');
  assert.deepEqual(akv(['certificate', 'download', cid('ours-web'), '--der']), Buffer.from(cer));

  const poller = await certificates.beginCreateCertificate('theirs-web', {
    issuerName: 'Self',
    subject: 'CN=theirs.example',
    contentType: 'application/x-pem-file',
    keyType: 'EC',
    keyCurveName: 'P-384',
  }, quick);
  const theirs = await poller.pollUntilDone();
  const der = akv(['certificate', 'download', cid('theirs-web'), '--der']);
  assert.deepEqual(der, Buffer.from(theirs.cer));
  const whole = akv(['certificate', 'download', cid('theirs-web'), '--with-key']);
  const x509 = new crypto.X509Certificate(theirs.cer);
  assert.ok(x509.checkPrivateKey(crypto.createPrivateKey(whole)));
  const read = shown('certificate', 'policy', cid('theirs-web'));
  assert.equal(read.key_props.crv, 'P-384');

  fs.writeFileSync(file('both.pem'), whole);
  akv(['certificate', 'import', cid('again-web'), '--file', file('both.pem')]);
  assert.deepEqual((await certificates.getCertificate('again-web')).cer, theirs.cer);
  const { value } = await secrets.getSecret('again-web');
  assert.ok(x509.checkPrivateKey(crypto.createPrivateKey(value)));
});
