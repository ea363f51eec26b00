-- SPDX-License-Identifier: Apache-2.0
-- What was handed out to be brought back once, and what came in to be taken once.

-- A link shown elsewhere that stands for an integration; only its keyed hash is here.
CREATE TABLE reference (
	hash TEXT NOT NULL PRIMARY KEY,
	provider TEXT NOT NULL,
	integration_id {int} NOT NULL,
	expires_at {int} NOT NULL
);
CREATE INDEX reference_expires ON reference (expires_at);

-- Tokens that count once, as keyed hashes, until they expire.
CREATE TABLE used_token (
	hash TEXT NOT NULL PRIMARY KEY,
	expires_at {int} NOT NULL
);
CREATE INDEX used_token_expires ON used_token (expires_at);

-- Events of an issue by the hour (since 1970) in which they were counted.
CREATE TABLE issue_hour (
	issue_id {int} NOT NULL REFERENCES issue (id),
	hour {int} NOT NULL,
	events {int} NOT NULL,
	PRIMARY KEY (issue_id, hour)
) {clustered};
CREATE INDEX issue_hour_hour ON issue_hour (hour);
