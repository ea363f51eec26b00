-- SPDX-License-Identifier: Apache-2.0
-- When a life cycle event last put the integration: what installs may wait for.
ALTER TABLE integration ADD COLUMN announced_at {int} NOT NULL DEFAULT 0;
