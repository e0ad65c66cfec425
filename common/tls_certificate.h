/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_TLS_CERTIFICATE_H
#define CONCUR_COMMON_TLS_CERTIFICATE_H

#include <stdint.h>

#include "common/tls.h"

/* From when to when the first certificate of a text holds, in seconds since 1970. 0, or -1 when there is none. Any thread. */
MUST_USE int tls_certificate_times(const struct tls_pem *pem, int64_t *from, int64_t *until);

#endif
