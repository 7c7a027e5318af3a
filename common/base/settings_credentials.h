/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The credentials that settings can name: a row makes the enumerator, the word
 * of the setting credential, the name in AZURE_TOKEN_CREDENTIALS, the place in
 * the default chain, and the source (auth/cred_factory.c).
 *
 *     ROW(enumerator, word, the Azure SDKs' name or NULL, whether
 *         AZURE_TOKEN_CREDENTIALS=prod has it, whether it is a developer's
 *         tool, the function of cred_factory.c that makes one)
 *
 * FIRST is the default's row; MUTE are those that the setting cannot name.
 * Those with an SDK's name are the default chain, in this order. Numbers go
 * into a setting's value: at most 15.
 */

#ifndef AKV_SETTINGS_CREDENTIALS_H
#define AKV_SETTINGS_CREDENTIALS_H

#define AKV_CREDENTIAL_KINDS(FIRST, ROW, MUTE)                                 \
    FIRST(AKV_CREDENTIAL_DEFAULT, "default", NULL, false, false,               \
          unsupported_new)                                                     \
    ROW(AKV_CREDENTIAL_ENVIRONMENT, "environment", "EnvironmentCredential",    \
        true, false, environment_new)                                          \
    ROW(AKV_CREDENTIAL_WORKLOAD, "workload-identity",                          \
        "WorkloadIdentityCredential", true, false, workload_new)               \
    ROW(AKV_CREDENTIAL_MANAGED, "managed-identity",                            \
        "ManagedIdentityCredential", true, false, managed_new)                 \
    ROW(AKV_CREDENTIAL_AZURE_CLI, "azure-cli", "AzureCLICredential", false,    \
        true, azure_cli_new)                                                   \
    ROW(AKV_CREDENTIAL_AZD, "azd", "AzureDeveloperCLICredential", false, true, \
        azd_new)                                                               \
    MUTE(AKV_CREDENTIAL_POWERSHELL, "", "AzurePowerShellCredential", false,    \
         true, unsupported_new)                                                \
    ROW(AKV_CREDENTIAL_TOKEN, "token", NULL, true, false, token_new)

#define AKV_CREDENTIAL_ENUMERATOR(kind, word, name, production, tool, make)    \
    kind,

enum akv_credential_kind {
    AKV_CREDENTIAL_KINDS(AKV_CREDENTIAL_ENUMERATOR, AKV_CREDENTIAL_ENUMERATOR,
                         AKV_CREDENTIAL_ENUMERATOR)
};

#undef AKV_CREDENTIAL_ENUMERATOR

#endif
