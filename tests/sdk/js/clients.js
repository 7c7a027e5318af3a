// SPDX-License-Identifier: Apache-2.0
// The clients of the local vault, with no more than their own switches for a
// private host.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { setTimeout } = require('node:timers/promises');
const { ClientSecretCredential } = require('@azure/identity');
const { CertificateClient } = require('@azure/keyvault-certificates');
const { CryptographyClient, KeyClient } = require('@azure/keyvault-keys');
const { SecretClient } = require('@azure/keyvault-secrets');

const env = process.env;
// By names of its own the vault's challenges are verified.
const byName = env.SDK_BY_NAME !== undefined;
const options = byName ? {} : { disableChallengeResourceVerification: true };
const authority = { authorityHost: env.SDK_AUTHORITY };
if (!byName) {
  authority.disableInstanceDiscovery = true;
}
const vault = `https://${env.SDK_VAULT}`;
const hsm = `https://${env.SDK_HSM}`;

// Pollers ask again after this time.
const quick = { intervalInMs: 10 };

function credential(id, secret) {
  return new ClientSecretCredential(env.SDK_TENANT, id, secret, authority);
}

const all = credential(env.SDK_CLIENT, env.SDK_SECRET);
// Of somebody who may not read public keys: nothing can be done locally.
const noGet = credential('no-get', 'no-get');

async function listed(items) {
  const found = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}

async function names(items) {
  return (await listed(items)).map((item) => item.name).sort();
}

async function fails(promise, status, code) {
  await assert.rejects(promise, (err) => {
    assert.equal(err.statusCode, status, `${err}`);
    if (code) {
      assert.equal(err.code, code);
    }
    return true;
  });
}

// What was purged may hold its name for a while.
async function freed(action, patience = 5000) {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await action();
    } catch (err) {
      if (err.statusCode !== 409 || Date.now() > end) {
        throw err;
      }
    }
    await setTimeout(quick.intervalInMs);
  }
}

// The members of a JWK that are numbers; the libraries have bytes there.
const numbers = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'x', 'y'];

function jwk(privateKey) {
  const key = privateKey.export({ format: 'jwk' });
  for (const name of numbers.filter((member) => key[member])) {
    key[name] = Buffer.from(key[name], 'base64url');
  }
  return key;
}

// As node has it.
function publicKey({ key }) {
  const text = {
    kty: key.kty.replace('-HSM', ''),
    crv: key.crv === 'P-256K' ? 'secp256k1' : key.crv,
  };
  for (const name of numbers.filter((member) => key[member])) {
    text[name] = Buffer.from(key[name]).toString('base64url');
  }
  return crypto.createPublicKey({ key: text, format: 'jwk' });
}

module.exports = {
  authority,
  options,
  vault,
  hsm,
  quick,
  secrets: new SecretClient(vault, all, options),
  keys: new KeyClient(vault, all, options),
  hsmKeys: new KeyClient(hsm, all, options),
  certificates: new CertificateClient(vault, all, options),
  crypto: (key) => new CryptographyClient(key, all, options),
  remote: (key) => new CryptographyClient(key.id, noGet, options),
  names,
  listed,
  fails,
  freed,
  jwk,
  publicKey,
};
