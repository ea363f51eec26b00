-- SPDX-License-Identifier: Apache-2.0
-- A webhook and its body are one row.

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
