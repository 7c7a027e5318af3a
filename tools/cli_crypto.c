/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is signed or verified is digested here, where the algorithm has a
 * digest, and the vault gets that alone. A binary result that would go to a
 * terminal is refused before the vault is asked.
 */

#include <openssl/evp.h>
#include <string.h>

#include "akv/key.h"
#include "base/base64.h"
#include "cli_crypto.h"
#include "cli_verify.h"

#define INPUT_MAX (16u * 1024 * 1024)
#define SIGNATURE_MAX 4096

const struct cli_option cli_sign_options[] = {
    { "algorithm", "NAME", "RS256 ... PS512, ES256 ... ES512, HS256 ..." },
    { "digest", "DIGEST",
      "hex or base64: sign this digest, not standard input's" },
    { "file", "FILE", "the signature, instead of standard output" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_verify_options[] = {
    { "algorithm", "NAME", "RS256 ... PS512, ES256 ... ES512, HS256 ..." },
    { "signature", "FILE", "what to verify, as sign wrote it" },
    { "digest", "DIGEST", "hex or base64: of this, not of standard input's" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_cipher_options[] = {
    { "algorithm", "NAME", "RSA-OAEP-256, RSA-OAEP, RSA1_5, A256GCM ..." },
    { "iv", "HEX", "of CBC, or what encrypting with GCM told" },
    { "aad", "HEX", "additional data of GCM" },
    { "tag", "HEX", "of GCM, for decrypting" },
    { "file", "FILE", "the result, instead of standard output" },
    { NULL, NULL, NULL },
};

static bool read_alg(struct cli *cli, enum akv_alg *alg)
{
    const char *name = cli_option(cli, "algorithm");

    if (name == NULL)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "--algorithm NAME is missing: %s",
                             cli->verb->options[0].help);
    return akv_alg_find(name, alg)
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--algorithm '%s': there is no such algorithm",
                            name);
}

/* A hex option; absent is fine. */
static bool read_hex(struct cli *cli, const char *option, struct akv_buf *out)
{
    const char *text = cli_option(cli, option);

    return text == NULL || cli_hex_decode(text, out)
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--%s '%.80s': pairs of hexadecimal digits are "
                            "expected",
                            option, text);
}

/* Hexadecimal digits, or base64 with either alphabet, as other tools print it.
 */
static bool read_either(struct cli *cli, const char *option,
                        struct akv_buf *out)
{
    const char *text = cli_option(cli, option);

    if (text == NULL || cli_hex_decode(text, out))
        return true;
    akv_buf_free(out);
    akv_buf_init(out, INPUT_MAX);
    return cli_base64_decode(text, strlen(text), out)
           || akv_base64url_decode(text, strlen(text), out)
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--%s '%.80s': pairs of hexadecimal digits, or "
                            "base64, are expected",
                            option, text);
}

/* What symmetric keys take means nothing to others. */
static bool check_params(struct cli *cli, enum akv_alg alg)
{
    static const char *const names[] = { "iv", "aad", "tag" };
    size_t i;

    for (i = 0; *akv_alg_name(alg) != 'A' && i < 3; i++)
        if (cli_option(cli, names[i]) != NULL)
            return akv_error_set(&cli->err, AKV_E_INVALID,
                                 "--%s is of AES, which %s is not", names[i],
                                 akv_alg_name(alg));
    return true;
}

/* The digest that the algorithm signs; what takes none is passed as it is. */
static bool digest_input(struct cli *cli, enum akv_alg alg,
                         const struct akv_buf *input, struct akv_buf *out)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    const char *name = akv_alg_digest_name(alg);
    size_t len = 0;

    if (name == NULL)
        return akv_buf_append(out, akv_buf_str(input), input->len);
    return (EVP_Q_digest(NULL, name, NULL, akv_buf_str(input), input->len,
                         bytes, &len)
                == 1
            && akv_buf_append(out, bytes, len))
           || akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a digest");
}

static bool read_digest(struct cli *cli, enum akv_alg alg, struct akv_buf *out)
{
    struct akv_buf input = AKV_BUF_INIT(INPUT_MAX);
    size_t size = akv_alg_digest_size(alg);
    bool ok;

    if (cli_option(cli, "digest") == NULL) {
        ok = cli_read(cli, NULL, &input) && digest_input(cli, alg, &input, out);
        akv_buf_free(&input);
        return ok;
    }
    if (!read_either(cli, "digest", out))
        return false;
    if (size == 0 || out->len == size)
        return true;
    return akv_error_set(&cli->err, AKV_E_INVALID,
                         "--digest has %zu bytes, %s signs %zu", out->len,
                         akv_alg_name(alg), size);
}

int cli_run_sign(struct cli *cli)
{
    struct akv_buf digest = AKV_BUF_INIT(INPUT_MAX);
    struct akv_buf signature = AKV_BUF_INIT(SIGNATURE_MAX);
    enum akv_alg alg = AKV_RS256;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status) || cli_binary_refused(cli, &status))
        return status;
    status =
        read_alg(cli, &alg) && read_digest(cli, alg, &digest)
                && akv_key_sign(cli->client, &id, alg, akv_buf_str(&digest),
                                digest.len, &signature, &cli->err)
                && cli_verify_here(cli, &id, alg, &digest, &signature)
            ? cli_print_bytes(cli, akv_buf_str(&signature), signature.len,
                              false)
            : cli_fail(cli);
    akv_buf_free(&digest);
    akv_buf_free(&signature);
    return status;
}

int cli_run_verify(struct cli *cli)
{
    const char *file = cli_option(cli, "signature");
    struct akv_buf digest = AKV_BUF_INIT(INPUT_MAX);
    struct akv_buf signature = AKV_BUF_INIT(SIGNATURE_MAX);
    enum akv_alg alg = AKV_RS256;
    struct akv_id id;
    bool valid = false, ok;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    if (file == NULL)
        return cli_usage(cli, "--signature FILE is missing");
    ok = read_alg(cli, &alg) && cli_read(cli, file, &signature)
         && read_digest(cli, alg, &digest)
         && akv_key_verify(cli->client, &id, alg, akv_buf_str(&digest),
                           digest.len, akv_buf_str(&signature), signature.len,
                           &valid, &cli->err);
    akv_buf_free(&digest);
    akv_buf_free(&signature);
    if (!ok)
        return cli_fail(cli);
    if (cli->output == CLI_JSON)
        puts(valid ? "{\"value\":true}" : "{\"value\":false}");
    else
        puts(valid ? "valid" : "not valid");
    return valid ? CLI_OK : CLI_FAILED;
}

/* What decryption with GCM needs besides the text goes to standard error, so
 * that the ciphertext can be piped. */
static bool cli_crypto_tell(const char *name, const struct akv_buf *value)
{
    struct akv_buf hex = AKV_BUF_INIT(16384);
    bool ok = value->len == 0 || cli_hex_encode(value, &hex);

    if (ok && value->len > 0)
        (void)fprintf(stderr, "%s: %s\n", name, akv_buf_str(&hex));
    akv_buf_free(&hex);
    return ok;
}

static int run_cipher(struct cli *cli, enum akv_cipher_op op)
{
    struct akv_buf input = AKV_BUF_INIT(INPUT_MAX);
    struct akv_buf result = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_cipher_params params;
    enum akv_alg alg = AKV_RS256;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status) || cli_binary_refused(cli, &status))
        return status;
    akv_cipher_params_init(&params);
    ok = read_alg(cli, &alg) && check_params(cli, alg)
         && read_hex(cli, "iv", &params.iv) && read_hex(cli, "aad", &params.aad)
         && read_hex(cli, "tag", &params.tag) && cli_read(cli, NULL, &input)
         && akv_key_cipher(cli->client, &id, op, alg, akv_buf_str(&input),
                           input.len, &params, &result, &cli->err);
    if (ok && op == AKV_ENCRYPT)
        (void)(cli_crypto_tell("iv", &params.iv)
               && cli_crypto_tell("tag", &params.tag));
    status = ok ? cli_print_bytes(cli, akv_buf_str(&result), result.len, false)
                : cli_fail(cli);
    akv_cipher_params_free(&params);
    akv_buf_free(&input);
    akv_buf_free(&result);
    return status;
}

int cli_run_encrypt(struct cli *cli)
{
    return run_cipher(cli, AKV_ENCRYPT);
}

int cli_run_decrypt(struct cli *cli)
{
    return run_cipher(cli, AKV_DECRYPT);
}

int cli_run_wrap(struct cli *cli)
{
    return run_cipher(cli, AKV_WRAP);
}

int cli_run_unwrap(struct cli *cli)
{
    return run_cipher(cli, AKV_UNWRAP);
}
