-- SPDX-License-Identifier: Apache-2.0
-- What bodies of one kind have in common; a frame of zstd names the dictionary that it
-- needs by its id.  source: 0 webhooks of the provider `name`, 1 events.  last_row: NULL as
-- long as a body may come that is packed with it; then the newest row that may be.
CREATE TABLE dictionary (
	id {id},
	source {int} NOT NULL,
	name TEXT NOT NULL,
	made_at {int} NOT NULL,
	last_row {int},
	content {blob} NOT NULL
);
