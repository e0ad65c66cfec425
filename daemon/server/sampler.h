/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SAMPLER_H
#define CONCUR_SERVER_SAMPLER_H

#include "daemon/shm/segment.h"

#define SAMPLE_MS 100 /* how old a process's figures may be in another one's INFO */

/* Publishes what this process uses in its entry, with a sign of life. Any one thread of it. */
void sampler_publish(struct segment *segment, unsigned number);

/* The master's background thread that does so ten times a second. It is never joined: at exit it is abandoned wherever
 * it is, which is what makes it a background ("daemon") thread. NULL when it can't be started. Main thread. */
struct sampler;
struct sampler *sampler_start(struct segment *segment);

/* Says in the log that it is left to itself. The segment must stay mapped until the process ends. */
void sampler_abandon(struct sampler *sampler);

#endif
