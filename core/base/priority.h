/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who goes first while the processors are full.  An outside service waits for its answer
 * a few seconds and then counts a failure; what follows from a webhook can wait.  So jobs
 * and plugins stand behind what takes in, stores and answers, by so many steps of
 * nice(2): they get a small part while the rest is busy, and all of it otherwise.
 */
#ifndef MORTISE_BASE_PRIORITY_H
#define MORTISE_BASE_PRIORITY_H

#define PRIORITY_STEPS 15

/* Put the calling thread behind those that are as it is now, and the threads that it makes
 * from now on. */
void priority_stand_back(void);

#endif
