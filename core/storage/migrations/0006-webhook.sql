-- SPDX-License-Identifier: Apache-2.0
-- What comes in is written to fewer pages: a webhook and its body are one row, and jobs of
-- one order are a chain instead of an index.

-- encoding: 0 as it came, 1 zstd.  size: as it came.  The body stands last: what is read
-- of a webhook without its body stands before it.
ALTER TABLE webhook ADD COLUMN encoding {int} NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN size {int} NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN body {blob} NOT NULL DEFAULT '';
UPDATE webhook SET
	encoding = (SELECT b.encoding FROM webhook_body b WHERE b.webhook_id = id),
	size = (SELECT b.size FROM webhook_body b WHERE b.webhook_id = id),
	body = (SELECT b.body FROM webhook_body b WHERE b.webhook_id = id)
	WHERE id IN (SELECT webhook_id FROM webhook_body);
DROP TABLE webhook_body;

-- Ids are in the order in which webhooks came: pruning begins at the first.
DROP INDEX webhook_received;

-- The unfinished jobs of an order key are a chain: each is behind the one before it (0:
-- it is the first), and job_key knows the newest.  An index by key and id would take each
-- new job at a page of its own.
ALTER TABLE job ADD COLUMN behind {int} NOT NULL DEFAULT 0;
CREATE TABLE job_key (
	order_key TEXT NOT NULL PRIMARY KEY,
	newest_id {int} NOT NULL
) {clustered};
UPDATE job SET behind = (SELECT coalesce(max(e.id), 0) FROM job e
	WHERE e.order_key = job.order_key AND e.status < 2 AND e.id < job.id)
	WHERE order_key IS NOT NULL AND status < 2;
INSERT INTO job_key (order_key, newest_id) SELECT order_key, max(id) FROM job
	WHERE order_key IS NOT NULL AND status < 2 GROUP BY order_key;
DROP INDEX job_order;
CREATE INDEX job_behind ON job (behind) WHERE behind > 0 AND status = 0;
