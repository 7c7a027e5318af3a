// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { fails, freed, listed, names, quick, secrets } = require('./clients.js');

const notBefore = new Date('2020-01-31T00:00:00Z');
const expiresOn = new Date('2099-01-31T12:00:00Z');

test('values, versions and attributes', async () => {
  const value = 'gr\u00fc\u00dfe \u{1f511}\n\u0000"\\end';
  const first = await secrets.setSecret('one', value, {
    contentType: 'text/plain',
    tags: { a: '1', b: 'x y=z' },
    notBefore,
    expiresOn,
    enabled: true,
  });
  assert.equal(first.value, value);
  assert.equal(first.name, 'one');
  const second = await secrets.setSecret('one', '');
  assert.notEqual(first.properties.version, second.properties.version);

  assert.equal((await secrets.getSecret('one')).value, '');
  const got = await secrets.getSecret('one', {
    version: first.properties.version,
  });
  assert.equal(got.value, value);
  assert.equal(got.properties.contentType, 'text/plain');
  assert.deepEqual(got.properties.tags, { a: '1', b: 'x y=z' });
  assert.deepEqual(got.properties.notBefore, notBefore);
  assert.deepEqual(got.properties.expiresOn, expiresOn);
  assert.ok(got.properties.createdOn instanceof Date);
  assert.match(got.properties.recoveryLevel, /Recoverable/);

  const versions = await listed(secrets.listPropertiesOfSecretVersions('one'));
  assert.deepEqual(
    versions.map((item) => item.version).sort(),
    [first.properties.version, second.properties.version].sort(),
  );
});

test('update', async () => {
  const { properties } = await secrets.setSecret('changed', 'v');
  const updated = await secrets.updateSecretProperties(
    'changed',
    properties.version,
    { enabled: false, contentType: 'a/b', tags: { t: 'u' }, expiresOn },
  );
  assert.equal(updated.enabled, false);
  assert.equal(updated.contentType, 'a/b');
  assert.deepEqual(updated.tags, { t: 'u' });
  assert.deepEqual(updated.expiresOn, expiresOn);
  await fails(secrets.getSecret('changed'), 403);
  await secrets.updateSecretProperties('changed', properties.version, {
    enabled: true,
  });
  assert.equal((await secrets.getSecret('changed')).value, 'v');
});

test('what is not there, and what is refused', async () => {
  await fails(secrets.getSecret('absent'), 404, 'SecretNotFound');
  await fails(secrets.getDeletedSecret('absent'), 404, 'SecretNotFound');
  await fails(secrets.setSecret('no_name', 'x'), 400);
  await fails(secrets.setSecret('long', 'x'.repeat(25601)), 400, 'BadParameter');
});

test('pages', async () => {
  const wanted = [];
  for (let i = 10; i < 70; i += 1) {
    wanted.push(`page-${i}`);
  }
  await Promise.all(wanted.map((name) => secrets.setSecret(name, name)));
  const isOurs = (name) => name.startsWith('page-');
  const found = await names(secrets.listPropertiesOfSecrets());
  assert.deepEqual(found.filter(isOurs), wanted);

  const pages = [];
  for await (const page of secrets.listPropertiesOfSecrets().byPage()) {
    pages.push(page.length);
  }
  assert.ok(pages.length > 2, `pages of ${pages}`);
});

test('deletion, recovery and purge', async () => {
  await secrets.setSecret('gone', 'x', { tags: { a: 'b' } });
  let poller = await secrets.beginDeleteSecret('gone', quick);
  const deleted = await poller.pollUntilDone();
  assert.equal(deleted.name, 'gone');
  assert.ok(deleted.properties.recoveryId.endsWith('/deletedsecrets/gone'));
  assert.ok(deleted.properties.scheduledPurgeDate > new Date());
  assert.ok(deleted.properties.deletedOn <= deleted.properties.scheduledPurgeDate);
  await fails(secrets.getSecret('gone'), 404, 'SecretNotFound');
  await fails(secrets.setSecret('gone', 'y'), 409, 'Conflict');
  const held = await secrets.getDeletedSecret('gone');
  assert.deepEqual(held.properties.tags, { a: 'b' });
  assert.ok((await names(secrets.listDeletedSecrets())).includes('gone'));

  poller = await secrets.beginRecoverDeletedSecret('gone', quick);
  assert.equal((await poller.pollUntilDone()).name, 'gone');
  assert.equal((await secrets.getSecret('gone')).value, 'x');

  poller = await secrets.beginDeleteSecret('gone', quick);
  await poller.pollUntilDone();
  await secrets.purgeDeletedSecret('gone');
  await fails(secrets.getDeletedSecret('gone'), 404, 'SecretNotFound');
});

test('backup and restore', async () => {
  const first = await secrets.setSecret('saved', 'old');
  await secrets.setSecret('saved', 'new', { contentType: 'c' });
  const blob = await secrets.backupSecret('saved');
  assert.ok(blob instanceof Uint8Array && blob.length > 0);
  await fails(secrets.restoreSecretBackup(blob), 409, 'Conflict');
  const poller = await secrets.beginDeleteSecret('saved', quick);
  await poller.pollUntilDone();
  await secrets.purgeDeletedSecret('saved');

  const restored = await freed(() => secrets.restoreSecretBackup(blob));
  assert.equal(restored.name, 'saved');
  const got = await secrets.getSecret('saved');
  assert.equal(got.value, 'new');
  assert.equal(got.properties.contentType, 'c');
  const { version } = first.properties;
  assert.equal((await secrets.getSecret('saved', { version })).value, 'old');
  await fails(secrets.restoreSecretBackup(Buffer.from('no backup')), 400);
});
