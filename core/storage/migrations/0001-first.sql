-- SPDX-License-Identifier: Apache-2.0
-- The first schema.  One file for both engines: {id} is the identity column's type,
-- {int} a 64-bit integer, {blob} bytes.  Statements end with a semicolon at a line's end.
-- Instants are microseconds since 1970; booleans are 0 or 1; JSON is text.

CREATE TABLE organization (
	id {id},
	slug TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	status {int} NOT NULL DEFAULT 0,
	added_at {int} NOT NULL
);

CREATE TABLE account (
	id {id},
	email TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	added_at {int} NOT NULL
);

CREATE TABLE member (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	account_id {int} NOT NULL REFERENCES account (id),
	role TEXT NOT NULL,
	added_at {int} NOT NULL,
	UNIQUE (organization_id, account_id)
);
CREATE INDEX member_account ON member (account_id);

CREATE TABLE team (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	slug TEXT NOT NULL,
	name TEXT NOT NULL,
	added_at {int} NOT NULL,
	UNIQUE (organization_id, slug)
);

CREATE TABLE team_member (
	team_id {int} NOT NULL REFERENCES team (id),
	member_id {int} NOT NULL REFERENCES member (id),
	PRIMARY KEY (team_id, member_id)
);
CREATE INDEX team_member_member ON team_member (member_id);

CREATE TABLE project (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	slug TEXT NOT NULL,
	name TEXT NOT NULL,
	platform TEXT,
	added_at {int} NOT NULL,
	UNIQUE (organization_id, slug)
);

CREATE TABLE project_team (
	project_id {int} NOT NULL REFERENCES project (id),
	team_id {int} NOT NULL REFERENCES team (id),
	PRIMARY KEY (project_id, team_id)
);
CREATE INDEX project_team_team ON project_team (team_id);

-- API tokens; only their keyed hash is here.
CREATE TABLE api_token (
	id {id},
	hash TEXT NOT NULL UNIQUE,
	organization_id {int} NOT NULL REFERENCES organization (id),
	account_id {int} REFERENCES account (id),
	name TEXT NOT NULL,
	last_characters TEXT NOT NULL,
	scopes {int} NOT NULL,
	added_at {int} NOT NULL,
	expires_at {int},
	revoked_at {int},
	used_at {int}
);
CREATE INDEX api_token_organization ON api_token (organization_id, id);

CREATE TABLE login_link (
	hash TEXT NOT NULL PRIMARY KEY,
	account_id {int} NOT NULL REFERENCES account (id),
	organization_id {int} REFERENCES organization (id),
	added_at {int} NOT NULL,
	expires_at {int} NOT NULL,
	used_at {int}
);
CREATE INDEX login_link_expires ON login_link (expires_at);

CREATE TABLE session (
	id {id},
	hash TEXT NOT NULL UNIQUE,
	csrf_hash TEXT NOT NULL,
	account_id {int} NOT NULL REFERENCES account (id),
	organization_id {int} REFERENCES organization (id),
	added_at {int} NOT NULL,
	expires_at {int} NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);

-- Secrets of the daemon itself: the key that tokens are hashed with.
CREATE TABLE daemon_secret (
	id {id},
	name TEXT NOT NULL UNIQUE,
	uid {blob} NOT NULL,
	sealed {blob} NOT NULL
);

-- What each plugin registered last, so that intake and catalogue work while no host runs.
CREATE TABLE plugin (
	name TEXT NOT NULL PRIMARY KEY,
	generation {int} NOT NULL,
	version TEXT NOT NULL,
	registration TEXT NOT NULL,
	enabled {int} NOT NULL DEFAULT 1,
	changed_at {int} NOT NULL
);

-- status: 0 active, 1 disabled, 2 pending deletion, 3 deletion in progress (also below).
-- owner_organization_id: 0 for a proved integration, which organizations share; the
-- organization itself for a claimed one.
CREATE TABLE integration (
	id {id},
	provider TEXT NOT NULL,
	external_id TEXT NOT NULL,
	owner_organization_id {int} NOT NULL DEFAULT 0,
	name TEXT NOT NULL,
	metadata TEXT NOT NULL,
	debug_data TEXT NOT NULL DEFAULT '{}',
	uid {blob} NOT NULL,
	secrets {blob},
	status {int} NOT NULL DEFAULT 0,
	status_reason TEXT,
	gate_until {int} NOT NULL DEFAULT 0,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (provider, external_id, owner_organization_id)
);

-- An integration in an organization: the link.
CREATE TABLE organization_integration (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	integration_id {int} NOT NULL REFERENCES integration (id),
	config TEXT NOT NULL DEFAULT '{}',
	uid {blob} NOT NULL,
	secrets {blob},
	default_identity_id {int},
	status {int} NOT NULL DEFAULT 0,
	grace_period_end {int},
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (organization_id, integration_id)
);
CREATE INDEX organization_integration_integration ON organization_integration (integration_id);
CREATE INDEX organization_integration_identity ON organization_integration (default_identity_id);

CREATE TABLE identity (
	id {id},
	provider TEXT NOT NULL,
	idp_external_id TEXT NOT NULL,
	external_id TEXT NOT NULL,
	account_id {int} NOT NULL REFERENCES account (id),
	scopes TEXT NOT NULL DEFAULT '',
	uid {blob} NOT NULL,
	sealed {blob},
	status {int} NOT NULL DEFAULT 1,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (provider, idp_external_id, external_id),
	UNIQUE (provider, idp_external_id, account_id)
);

-- An install in progress.  principal: "user:7" or "token:3".  step counts the provider's
-- steps; claim is the random mark of the request that is moving it.
CREATE TABLE pipeline (
	id {id},
	uid {blob} NOT NULL UNIQUE,
	organization_id {int} NOT NULL REFERENCES organization (id),
	principal TEXT NOT NULL,
	provider TEXT NOT NULL,
	kind TEXT NOT NULL,
	status TEXT NOT NULL,
	step {int} NOT NULL,
	signature TEXT NOT NULL,
	state_hash TEXT,
	sealed_state {blob},
	claim TEXT,
	claim_until {int} NOT NULL DEFAULT 0,
	error TEXT,
	integration_id {int},
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	expires_at {int} NOT NULL
);
CREATE INDEX pipeline_principal ON pipeline (principal, status);
CREATE UNIQUE INDEX pipeline_state ON pipeline (state_hash);
CREATE INDEX pipeline_expires ON pipeline (status, expires_at);

-- A stored webhook.  subject_scope: 1 for an event that needs no integration.
CREATE TABLE webhook (
	id {id},
	key_owner TEXT NOT NULL,
	delivery_id TEXT,
	provider TEXT NOT NULL,
	webhook TEXT NOT NULL,
	event TEXT NOT NULL,
	subject TEXT,
	subject_scope {int} NOT NULL DEFAULT 0,
	integration_id {int} NOT NULL DEFAULT 0,
	object TEXT,
	headers TEXT NOT NULL DEFAULT '{}',
	received_at {int} NOT NULL
);
CREATE INDEX webhook_received ON webhook (received_at);

-- Where to look for a delivery id: mark is a digest of it and its key owner, period the
-- time it came in.  delivery_fold, one row: how far webhooks were folded into it.
CREATE TABLE delivery (
	period {int} NOT NULL,
	mark {int} NOT NULL,
	webhook_id {int} NOT NULL,
	PRIMARY KEY (period, mark, webhook_id)
) {clustered};
CREATE TABLE delivery_fold (
	step {int} NOT NULL,
	turn_from {int} NOT NULL,
	folded_to {int} NOT NULL
);
INSERT INTO delivery_fold (step, turn_from, folded_to) VALUES (0, 0, 0);

-- encoding: 0 as it came, 1 zstd.  size: as it came.
CREATE TABLE webhook_body (
	webhook_id {int} NOT NULL PRIMARY KEY REFERENCES webhook (id),
	encoding {int} NOT NULL,
	size {int} NOT NULL,
	body {blob} NOT NULL
);

-- status: 0 waiting, 1 running, 2 done, 3 halted, 4 dead.  order_key:
-- "INTEGRATION/OBJECT", null for unordered; id orders inside it.  held: 1 while an
-- earlier item of its key, or a barrier, is unfinished, so that looking for work never
-- walks over what cannot run.  attempts counts failures, faults E_INTERNAL, strikes
-- deaths of the host that were surely this job's.
CREATE TABLE job (
	id {id},
	task TEXT NOT NULL,
	provider TEXT NOT NULL DEFAULT '',
	version {int} NOT NULL DEFAULT 1,
	integration_id {int} NOT NULL DEFAULT 0,
	link_id {int} NOT NULL DEFAULT 0,
	object TEXT,
	order_key TEXT,
	barrier {int} NOT NULL DEFAULT 0,
	held {int} NOT NULL DEFAULT 0,
	webhook_id {int} NOT NULL DEFAULT 0,
	payload TEXT NOT NULL,
	cursor_state TEXT,
	origin TEXT NOT NULL,
	status {int} NOT NULL DEFAULT 0,
	attempts {int} NOT NULL DEFAULT 0,
	faults {int} NOT NULL DEFAULT 0,
	strikes {int} NOT NULL DEFAULT 0,
	solo {int} NOT NULL DEFAULT 0,
	not_before {int} NOT NULL,
	started_at {int} NOT NULL DEFAULT 0,
	lease TEXT,
	lease_until {int} NOT NULL DEFAULT 0,
	code TEXT,
	outcome TEXT,
	added_at {int} NOT NULL,
	finished_at {int}
);
CREATE INDEX job_due ON job (provider, not_before, id) WHERE status = 0 AND held = 0;
CREATE INDEX job_order ON job (order_key, id) WHERE order_key IS NOT NULL AND status < 2;
CREATE INDEX job_integration ON job (integration_id, id) WHERE order_key IS NOT NULL AND status < 2;
CREATE INDEX job_barrier ON job (integration_id, id) WHERE barrier = 1 AND status < 2;
CREATE INDEX job_running ON job (lease_until) WHERE status = 1;
CREATE INDEX job_finished ON job (finished_at) WHERE status IN (2, 3, 4);
CREATE INDEX job_halted ON job (id) WHERE status = 3;
CREATE INDEX job_dead ON job (id) WHERE status = 4;
CREATE INDEX job_webhook ON job (webhook_id);

CREATE TABLE schedule (
	name TEXT NOT NULL PRIMARY KEY,
	every_ms {int} NOT NULL,
	next_at {int} NOT NULL
);

-- Guarded writes at the upstream.  owner: "integration:5" or "pipeline:9".
CREATE TABLE ledger (
	owner TEXT NOT NULL,
	once TEXT NOT NULL,
	job_id {int} NOT NULL DEFAULT 0,
	status {int} NOT NULL,
	answer TEXT,
	added_at {int} NOT NULL,
	settled_at {int},
	PRIMARY KEY (owner, once)
);
CREATE INDEX ledger_added ON ledger (added_at);
CREATE INDEX ledger_answered ON ledger (job_id) WHERE status = 1;

CREATE TABLE repository (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	provider TEXT NOT NULL,
	external_id TEXT,
	name TEXT NOT NULL,
	url TEXT,
	branch TEXT,
	config TEXT NOT NULL DEFAULT '{}',
	languages TEXT NOT NULL DEFAULT '[]',
	integration_id {int},
	status {int} NOT NULL DEFAULT 0,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (organization_id, provider, external_id)
);
CREATE INDEX repository_name ON repository (organization_id, name, id);
CREATE INDEX repository_integration ON repository (integration_id, external_id);

CREATE TABLE commit_author (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	email TEXT NOT NULL,
	name TEXT,
	external_id TEXT,
	UNIQUE (organization_id, email)
);
CREATE INDEX commit_author_external ON commit_author (organization_id, external_id);

CREATE TABLE scm_commit (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	repository_id {int} NOT NULL REFERENCES repository (id),
	sha TEXT NOT NULL,
	message TEXT NOT NULL,
	author_id {int} REFERENCES commit_author (id),
	committed_at {int} NOT NULL,
	added_at {int} NOT NULL,
	UNIQUE (repository_id, sha)
);
CREATE INDEX scm_commit_added ON scm_commit (repository_id, added_at, id);

CREATE TABLE commit_file (
	commit_id {int} NOT NULL REFERENCES scm_commit (id),
	path TEXT NOT NULL,
	change TEXT NOT NULL,
	PRIMARY KEY (commit_id, path, change)
);

CREATE TABLE pull_request (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	repository_id {int} NOT NULL REFERENCES repository (id),
	number TEXT NOT NULL,
	title TEXT,
	body TEXT,
	author_id {int} REFERENCES commit_author (id),
	merge_commit_sha TEXT,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (repository_id, number)
);
CREATE INDEX pull_request_added ON pull_request (repository_id, added_at, id);

CREATE TABLE external_actor (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	integration_id {int} NOT NULL,
	provider TEXT NOT NULL,
	external_name TEXT NOT NULL,
	external_id TEXT,
	account_id {int} REFERENCES account (id),
	team_id {int} REFERENCES team (id),
	source TEXT NOT NULL DEFAULT 'manual',
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (organization_id, provider, external_name, team_id),
	UNIQUE (organization_id, provider, external_name, account_id)
);
CREATE INDEX external_actor_account ON external_actor (organization_id, account_id);

CREATE TABLE audit_log (
	id {id},
	organization_id {int} NOT NULL,
	origin TEXT NOT NULL,
	event TEXT NOT NULL,
	target TEXT NOT NULL,
	data TEXT NOT NULL DEFAULT '{}',
	added_at {int} NOT NULL
);
CREATE INDEX audit_log_organization ON audit_log (organization_id, id);
CREATE INDEX audit_log_added ON audit_log (added_at);
