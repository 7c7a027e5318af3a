# SPDX-License-Identifier: Apache-2.0

import datetime
import unittest

from clients import QUICK, done, fails, freed, names, secrets

UTC = datetime.timezone.utc
NOT_BEFORE = datetime.datetime(2020, 1, 31, tzinfo=UTC)
EXPIRES_ON = datetime.datetime(2099, 1, 31, 12, tzinfo=UTC)


class Secrets(unittest.TestCase):
    def test_values_versions_and_attributes(self):
        value = 'gr\u00fc\u00dfe \U0001f511\n\0"\\end'
        first = secrets.set_secret(
            "one",
            value,
            content_type="text/plain",
            tags={"a": "1", "b": "x y=z"},
            not_before=NOT_BEFORE,
            expires_on=EXPIRES_ON,
            enabled=True,
        )
        self.assertEqual(first.value, value)
        second = secrets.set_secret("one", "")
        self.assertNotEqual(first.properties.version, second.properties.version)

        self.assertEqual(secrets.get_secret("one").value, "")
        got = secrets.get_secret("one", first.properties.version)
        self.assertEqual(got.value, value)
        self.assertEqual(got.properties.content_type, "text/plain")
        self.assertEqual(got.properties.tags, {"a": "1", "b": "x y=z"})
        self.assertEqual(got.properties.not_before, NOT_BEFORE)
        self.assertEqual(got.properties.expires_on, EXPIRES_ON)
        self.assertIn("Recoverable", got.properties.recovery_level)
        self.assertEqual(
            {v.version for v in secrets.list_properties_of_secret_versions("one")},
            {first.properties.version, second.properties.version},
        )

    def test_update(self):
        version = secrets.set_secret("changed", "v").properties.version
        updated = secrets.update_secret_properties(
            "changed",
            version,
            enabled=False,
            content_type="a/b",
            tags={"t": "u"},
            expires_on=EXPIRES_ON,
        )
        self.assertFalse(updated.enabled)
        self.assertEqual(updated.content_type, "a/b")
        self.assertEqual(updated.tags, {"t": "u"})
        self.assertEqual(updated.expires_on, EXPIRES_ON)
        with fails(self, 403):
            secrets.get_secret("changed")
        secrets.update_secret_properties("changed", version, enabled=True)
        self.assertEqual(secrets.get_secret("changed").value, "v")

    def test_what_is_not_there_and_what_is_refused(self):
        with fails(self, 404, "SecretNotFound"):
            secrets.get_secret("absent")
        with fails(self, 404, "SecretNotFound"):
            secrets.get_deleted_secret("absent")
        with fails(self, 400, "BadParameter"):
            secrets.set_secret("long", "x" * 25601)

    def test_pages(self):
        wanted = [f"page-{i}" for i in range(10, 70)]
        for name in wanted:
            secrets.set_secret(name, name)
        found = names(secrets.list_properties_of_secrets())
        self.assertEqual([n for n in found if n.startswith("page-")], wanted)
        pages = list(secrets.list_properties_of_secrets(max_page_size=7).by_page())
        self.assertGreater(len(pages), 8)
        for page in pages:
            self.assertLessEqual(len(list(page)), 7)

    def test_deletion_recovery_and_purge(self):
        secrets.set_secret("gone", "x", tags={"a": "b"})
        deleted = done(secrets.begin_delete_secret("gone", **QUICK))
        self.assertTrue(deleted.recovery_id.endswith("/deletedsecrets/gone"))
        self.assertGreater(deleted.scheduled_purge_date, deleted.deleted_date)
        with fails(self, 404, "SecretNotFound"):
            secrets.get_secret("gone")
        with fails(self, 409, "Conflict"):
            secrets.set_secret("gone", "y")
        held = secrets.get_deleted_secret("gone")
        self.assertEqual(held.properties.tags, {"a": "b"})
        self.assertIn("gone", names(secrets.list_deleted_secrets()))

        done(secrets.begin_recover_deleted_secret("gone", **QUICK))
        self.assertEqual(secrets.get_secret("gone").value, "x")
        done(secrets.begin_delete_secret("gone", **QUICK))
        secrets.purge_deleted_secret("gone")
        with fails(self, 404, "SecretNotFound"):
            secrets.get_deleted_secret("gone")

    def test_backup_and_restore(self):
        first = secrets.set_secret("saved", "old")
        secrets.set_secret("saved", "new", content_type="c")
        blob = secrets.backup_secret("saved")
        with fails(self, 409, "Conflict"):
            secrets.restore_secret_backup(blob)
        done(secrets.begin_delete_secret("saved", **QUICK))
        secrets.purge_deleted_secret("saved")

        restored = freed(lambda: secrets.restore_secret_backup(blob))
        self.assertEqual(restored.name, "saved")
        got = secrets.get_secret("saved")
        self.assertEqual((got.value, got.properties.content_type), ("new", "c"))
        old = secrets.get_secret("saved", first.properties.version)
        self.assertEqual(old.value, "old")
        with fails(self, 400):
            secrets.restore_secret_backup(b"no backup")
