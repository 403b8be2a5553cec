/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers at work at the same time, each polled by an lcore of its own,
 * behind devices whose queues are filled as a NIC with RSS would: every datagram
 * arrives at its flow's owner.
 */
#ifndef LANES_H
#define LANES_H

#include "frames.h"

#define LANES_MAX 2

struct lanes;

/*
 * Opens all sessions of a rig with so many workers, an answer included; and checks each of these
 * datagrams. Ends the program where one is not as it has to be. Returns NULL where a worker owns no
 * session. The EAL has an lcore for each.
 */
struct lanes *lanes_create(struct rig *rig, struct frames *frames, unsigned int n);
/* Checks that no datagram was handed from one worker to another. */
void lanes_destroy(struct lanes *lanes);

/*
 * Lets all workers poll for so many milliseconds, both directions mixed. Their rings are filled
 * and emptied again and again, and all begin each time together. Returns packets a second: what
 * each does in the median of these times, summed.
 */
double lanes_measure(struct lanes *lanes, unsigned int milliseconds, uint32_t seed);

#endif
