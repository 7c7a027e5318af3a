/* SPDX-License-Identifier: Apache-2.0 */

/* Which libakv a program was compiled with, and which it runs with. */

#ifndef AKV_VERSION_H
#define AKV_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the headers; CMake reads the project's here. */
#define AKV_VERSION "0.1.0"
/* The same for #if: major * 10,000 + minor * 100 + patch. */
#define AKV_VERSION_NUMBER 100

/*
 * The version of the library that runs, such as "0.1.0"; a constant. Before 1.0
 * programs are built anew for each minor version: the SONAME has it.
 * Safe in every thread.
 */
const char *akv_version(void);

#ifdef __cplusplus
}
#endif

#endif
