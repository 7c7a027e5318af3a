/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ENTRA_ERROR_H
#define EMU_ENTRA_ERROR_H

#include "reply.h"

/* What Entra ID refuses; the arguments, all strings, are in the comments. */
enum emu_refusal {
    EMU_R_MISSING,        /* parameter */
    EMU_R_REPEATED,       /* parameter */
    EMU_R_GRANT,          /* grant type */
    EMU_R_TENANT,         /* tenant */
    EMU_R_CLIENT,         /* client id, tenant */
    EMU_R_NO_CREDENTIAL,  /* grant type */
    EMU_R_SECRET,         /* client id */
    EMU_R_SCOPE,          /* scope */
    EMU_R_SCOPES,         /* scope */
    EMU_R_RESOURCE,       /* resource, tenant */
    EMU_R_ASSERTION_TYPE, /* type */
    EMU_R_ASSERTION_FORM,
    EMU_R_ASSERTION_KEY,  /* client id */
    EMU_R_ASSERTION_SIGN, /* client id */
    EMU_R_ASSERTION_AUD,  /* audience */
    EMU_R_ASSERTION_TIME,
    EMU_R_ASSERTION_ISS, /* issuer */
    EMU_R_FEDERATED_ISS, /* issuer */
    EMU_R_FEDERATED_SUB, /* subject */
    EMU_R_FEDERATED_AUD, /* audience */
    EMU_R_CLAIMS
};

void emu_refuse(struct emu_reply *reply, enum emu_refusal why, ...);

#endif
