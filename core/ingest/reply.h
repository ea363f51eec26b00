/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an SDK is answered.  One table says status and words of each outcome; here alone
 * outcomes are counted and logged.  Any thread.
 */
#ifndef MORTISE_INGEST_REPLY_H
#define MORTISE_INGEST_REPLY_H

struct http_request;

enum ingest_outcome {
	INGEST_STORED,
	INGEST_REPEATED,       /* the issue has an event of this id */
	INGEST_NO_EVENT,       /* other items only, which are left out */
	INGEST_NO_KEY,
	INGEST_WRONG_KEY,      /* unknown, disabled, or of another project */
	INGEST_MALFORMED,
	INGEST_ENCODING,
	INGEST_TOO_LARGE,
	INGEST_LIMITED,
	INGEST_BUSY,
	INGEST_OVERLOADED,
	INGEST_OUTCOME_LEN,
};

struct ingest_answer {
	enum ingest_outcome outcome;
	const char *event_id;  /* of a success, or NULL */
	const char *detail;    /* what is wrong in particular, or NULL */
	int wait_s;            /* INGEST_LIMITED */
};

/* Answer and give the request back. */
void ingest_answer(struct http_request *request, const struct ingest_answer *answer);
/* To a browser that asks whether it may send; and to other methods. */
void ingest_answer_method(struct http_request *request);

#endif
