# SPDX-License-Identifier: Apache-2.0
"""Settings of pydantic's that are secrets of the vault, by their names."""

import os

from azure.identity import ClientSecretCredential
from pydantic import BaseModel, SecretStr
from pydantic_settings import AzureKeyVaultSettingsSource, BaseSettings


class Database(BaseModel):
    host: str
    port: int


class Settings(BaseSettings):
    api_key: SecretStr
    database: Database
    from_here: str = "the default"

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings,
                                   dotenv_settings, file_secret_settings):
        credential = ClientSecretCredential(
            *(os.environ[name] for name in ("SDK_TENANT", "SDK_CLIENT", "SDK_SECRET")))
        return (AzureKeyVaultSettingsSource(
            settings_cls, "https://" + os.environ["SDK_VAULT"], credential,
            dash_to_underscore=True),)


settings = Settings()
assert settings.api_key.get_secret_value() == "sesame", settings
assert settings.database == Database(host="db.example", port=5432), settings
assert settings.from_here == "the default", settings
