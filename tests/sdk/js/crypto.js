// SPDX-License-Identifier: Apache-2.0
// What the vault signs, encrypts and wraps; node's own cryptography, that of
// the libraries and that of the vault have to agree.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { before, test } = require('node:test');
const {
  crypto: cryptoOf, fails, hsmKeys, keys, publicKey, remote,
} = require('./clients.js');

const message = crypto.randomBytes(100);
const key = {};

before(async () => {
  [key.rsa, key['P-256'], key['P-384'], key['P-521'], key['P-256K']] = await Promise.all([
    keys.createRsaKey('rsa', { keySize: 2048 }),
    ...['P-256', 'P-384', 'P-521', 'P-256K'].map((curve) => keys.createEcKey(curve, { curve })),
  ]);
});

const signatures = {
  RS256: ['rsa', 'sha256'],
  RS384: ['rsa', 'sha384'],
  RS512: ['rsa', 'sha512'],
  PS256: ['rsa', 'sha256'],
  PS384: ['rsa', 'sha384'],
  PS512: ['rsa', 'sha512'],
  ES256: ['P-256', 'sha256'],
  ES384: ['P-384', 'sha384'],
  ES512: ['P-521', 'sha512'],
  ES256K: ['P-256K', 'sha256'],
};

for (const [algorithm, [name, hash]] of Object.entries(signatures)) {
  test(`signature ${algorithm}`, async () => {
    const client = cryptoOf(key[name]);
    const digest = crypto.createHash(hash).update(message).digest();
    const { result, keyID } = await client.sign(algorithm, digest);
    assert.equal(keyID, key[name].id);
    const how = { key: publicKey(key[name]), dsaEncoding: 'ieee-p1363' };
    if (algorithm.startsWith('PS')) {
      how.padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
    }
    assert.ok(crypto.verify(hash, message, how, Buffer.from(result)));
    const data = await client.signData(algorithm, message);
    for (const one of [client, remote(key[name])]) {
      assert.ok((await one.verify(algorithm, digest, result)).result);
      // By itself, this library verifies PS... as if it were RS...
      if (one !== client || !algorithm.startsWith('PS')) {
        assert.ok((await one.verifyData(algorithm, message, data.result)).result);
      }
      digest[0] ^= 1;
      assert.ok(!(await one.verify(algorithm, digest, result)).result);
      digest[0] ^= 1;
    }
  });
}

for (const algorithm of ['RSA1_5', 'RSA-OAEP', 'RSA-OAEP-256']) {
  test(`encryption ${algorithm}`, async () => {
    const client = cryptoOf(key.rsa);
    for (const one of [client, remote(key.rsa)]) {
      const sealed = await one.encrypt({ algorithm, plaintext: message });
      const opened = await client.decrypt({
        algorithm,
        ciphertext: sealed.result,
      });
      assert.deepEqual(Buffer.from(opened.result), message);
      const wrapped = await one.wrapKey(algorithm, message.subarray(0, 32));
      const unwrapped = await client.unwrapKey(algorithm, wrapped.result);
      assert.deepEqual(Buffer.from(unwrapped.result), message.subarray(0, 32));
    }
    await fails(client.decrypt({ algorithm, ciphertext: message }), 400);
  });
}

for (const size of [128, 192, 256]) {
  test(`AES of ${size} bits`, async () => {
    const aes = await hsmKeys.createOctKey(`aes${size}`, { keySize: size, hsm: true });
    const client = cryptoOf(aes);
    const additionalAuthenticatedData = Buffer.from('additional');
    let algorithm = `A${size}GCM`;
    let sealed = await client.encrypt({
      algorithm,
      plaintext: message,
      additionalAuthenticatedData,
    });
    const opening = {
      algorithm,
      ciphertext: sealed.result,
      iv: sealed.iv,
      authenticationTag: sealed.authenticationTag,
      additionalAuthenticatedData,
    };
    let opened = await client.decrypt(opening);
    assert.deepEqual(Buffer.from(opened.result), message);
    opening.additionalAuthenticatedData = Buffer.from('other');
    await fails(client.decrypt(opening), 400);

    algorithm = `A${size}CBCPAD`;
    const iv = crypto.randomBytes(16);
    sealed = await client.encrypt({ algorithm, plaintext: message, iv });
    opened = await client.decrypt({
      algorithm,
      ciphertext: sealed.result,
      iv,
    });
    assert.deepEqual(Buffer.from(opened.result), message);

    const wrapped = await client.wrapKey(`A${size}KW`, message.subarray(0, 32));
    assert.equal(wrapped.result.length, 40);
    const unwrapped = await client.unwrapKey(`A${size}KW`, wrapped.result);
    assert.deepEqual(Buffer.from(unwrapped.result), message.subarray(0, 32));
  });
}

test('what a key is not for', async () => {
  const signer = await keys.createRsaKey('signer', { keyOps: ['sign'] });
  const client = remote(signer);
  const bytes = crypto.randomBytes(256);
  await fails(client.decrypt({ algorithm: 'RSA-OAEP', ciphertext: bytes }), 403);
  await fails(client.verify('RS256', bytes.subarray(0, 32), bytes), 403);
  await client.sign('RS256', bytes.subarray(0, 32));
  await fails(client.sign('ES256', bytes.subarray(0, 32)), 400);
});
