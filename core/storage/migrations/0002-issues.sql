-- SPDX-License-Identifier: Apache-2.0
-- Issues, the events they are made of, releases that resolve them, and the external
-- issues they are linked to.

-- What an SDK sends with: the public part of a DSN.  status: 0 active, 1 disabled.
CREATE TABLE project_key (
	id {id},
	project_id {int} NOT NULL REFERENCES project (id),
	public_key TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	status {int} NOT NULL DEFAULT 0,
	added_at {int} NOT NULL
);
CREATE INDEX project_key_project ON project_key (project_id, id);

-- How many issues a project has numbered: the N of the short id "SHOP-N", base 36.
CREATE TABLE project_counter (
	project_id {int} NOT NULL PRIMARY KEY REFERENCES project (id),
	issues {int} NOT NULL
);

-- semver: bytes that sort as semantic versions of one package do; null for other versions.
-- status: 0 open, 1 archived.
CREATE TABLE release (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	version TEXT NOT NULL,
	semver TEXT,
	status {int} NOT NULL DEFAULT 0,
	ref TEXT,
	url TEXT,
	data TEXT NOT NULL DEFAULT '{}',
	released_at {int},
	added_at {int} NOT NULL,
	UNIQUE (organization_id, version)
);
CREATE INDEX release_added ON release (organization_id, added_at, id);

-- ordered_at: when the release came out, else when it was added; semver as above, so
-- that both orders of one project's releases are one index each.
CREATE TABLE release_project (
	release_id {int} NOT NULL REFERENCES release (id),
	project_id {int} NOT NULL REFERENCES project (id),
	status {int} NOT NULL DEFAULT 0,
	ordered_at {int} NOT NULL,
	semver TEXT,
	PRIMARY KEY (project_id, release_id)
);
CREATE INDEX release_project_release ON release_project (release_id);
CREATE INDEX release_project_date ON release_project (project_id, status, ordered_at, release_id);
CREATE INDEX release_project_semver ON release_project (project_id, status, semver, release_id)
	WHERE semver IS NOT NULL;

-- The commits of a release, newest first, and where each repository stood.
CREATE TABLE release_commit (
	release_id {int} NOT NULL REFERENCES release (id),
	position {int} NOT NULL,
	commit_id {int} NOT NULL REFERENCES scm_commit (id),
	PRIMARY KEY (release_id, position)
);
CREATE INDEX release_commit_commit ON release_commit (commit_id);
CREATE TABLE release_ref (
	release_id {int} NOT NULL REFERENCES release (id),
	repository_id {int} NOT NULL REFERENCES repository (id),
	commit_sha TEXT NOT NULL,
	PRIMARY KEY (release_id, repository_id)
);
CREATE INDEX release_ref_repository ON release_ref (repository_id, release_id);
CREATE INDEX pull_request_merge ON pull_request (repository_id, merge_commit_sha)
	WHERE merge_commit_sha IS NOT NULL;

-- status: 0 unresolved, 1 resolved, 2 ignored.  level as in Sentry: 10 debug, 20 info,
-- 30 warning, 40 error, 50 fatal.
CREATE TABLE issue (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	project_id {int} NOT NULL REFERENCES project (id),
	number {int} NOT NULL,
	title TEXT NOT NULL,
	culprit TEXT NOT NULL DEFAULT '',
	type TEXT NOT NULL DEFAULT 'default',
	level {int} NOT NULL DEFAULT 40,
	platform TEXT,
	logger TEXT,
	metadata TEXT NOT NULL DEFAULT '{}',
	url TEXT,
	status {int} NOT NULL DEFAULT 0,
	substatus TEXT,
	resolved_at {int},
	assignee_account_id {int} REFERENCES account (id),
	assignee_team_id {int} REFERENCES team (id),
	assigned_at {int},
	times_seen {int} NOT NULL DEFAULT 0,
	users_seen {int} NOT NULL DEFAULT 0,
	first_seen_at {int} NOT NULL,
	last_seen_at {int} NOT NULL,
	first_release_id {int},
	last_release_id {int},
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (project_id, number)
);
CREATE INDEX issue_organization ON issue (organization_id, status, last_seen_at, id);
CREATE INDEX issue_project ON issue (project_id, status, last_seen_at, id);
CREATE INDEX issue_organization_new ON issue (organization_id, status, id);
CREATE INDEX issue_project_new ON issue (project_id, status, id);

-- Which issue an event belongs to: digests of fingerprints.
CREATE TABLE issue_hash (
	project_id {int} NOT NULL,
	hash TEXT NOT NULL,
	issue_id {int} NOT NULL REFERENCES issue (id),
	PRIMARY KEY (project_id, hash)
) {clustered};
CREATE INDEX issue_hash_issue ON issue_hash (issue_id);

-- Who saw an issue, as digests, so that users_seen counts each once.
CREATE TABLE issue_user (
	issue_id {int} NOT NULL REFERENCES issue (id),
	user_hash TEXT NOT NULL,
	PRIMARY KEY (issue_id, user_hash)
) {clustered};

-- The newest events of each issue; the body is a row of its own.  weight: how much the
-- event tells, which makes one the recommended.
CREATE TABLE event (
	id {id},
	issue_id {int} NOT NULL REFERENCES issue (id),
	project_id {int} NOT NULL,
	event_id TEXT NOT NULL,
	occurred_at {int} NOT NULL,
	received_at {int} NOT NULL,
	release_id {int},
	environment TEXT,
	weight {int} NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX event_issue ON event (issue_id, event_id);
CREATE INDEX event_received ON event (received_at);
CREATE TABLE event_body (
	event_row_id {int} NOT NULL PRIMARY KEY REFERENCES event (id),
	encoding {int} NOT NULL,
	size {int} NOT NULL,
	body {blob} NOT NULL
);

-- What happened to an issue, notes included.  type is Sentry's name in lower case
-- ("set_resolved", "note", "assigned").  origin: who did it, as jobs have it.
CREATE TABLE activity (
	id {id},
	issue_id {int} NOT NULL REFERENCES issue (id),
	project_id {int} NOT NULL,
	type TEXT NOT NULL,
	account_id {int},
	origin TEXT NOT NULL,
	ident TEXT,
	data TEXT NOT NULL DEFAULT '{}',
	added_at {int} NOT NULL,
	updated_at {int}
);
CREATE INDEX activity_issue ON activity (issue_id, id);

-- type: 0 in_release, 1 in_next_release.  status: 0 pending, 1 resolved.
CREATE TABLE issue_resolution (
	issue_id {int} NOT NULL PRIMARY KEY REFERENCES issue (id),
	release_id {int},
	current_release_version TEXT,
	type {int} NOT NULL,
	account_id {int},
	status {int} NOT NULL DEFAULT 0,
	added_at {int} NOT NULL
);
CREATE INDEX issue_resolution_release ON issue_resolution (release_id);

-- An issue of a tracker.  status_at and assignee_at: the upstream's time of the newest
-- change that was applied.  wrote_*: what we wrote there last, so that its echo is known.
-- gone: why it is no longer there ("deleted", "moved", "private"), null while it is.
-- known_resolved and known_assignee_id: what it was told, or told us, last: 0 or 1; an
-- account, 0 for nobody, -1 for somebody whom we do not know; null: we cannot tell.
CREATE TABLE external_issue (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	integration_id {int} NOT NULL,
	key TEXT NOT NULL,
	title TEXT,
	description TEXT,
	display_name TEXT,
	url TEXT,
	metadata TEXT NOT NULL DEFAULT '{}',
	status_at {int} NOT NULL DEFAULT 0,
	assignee_at {int} NOT NULL DEFAULT 0,
	wrote_status TEXT,
	wrote_status_at {int} NOT NULL DEFAULT 0,
	wrote_assignee TEXT,
	wrote_assignee_at {int} NOT NULL DEFAULT 0,
	known_resolved {int},
	known_assignee_id {int},
	gone TEXT,
	added_at {int} NOT NULL,
	UNIQUE (organization_id, integration_id, key)
);
CREATE INDEX external_issue_key ON external_issue (integration_id, key);

-- linked_type: 1 commit, 2 pull request, 3 external issue.  relationship: 1 resolves,
-- 2 references.
CREATE TABLE issue_link (
	id {id},
	issue_id {int} NOT NULL REFERENCES issue (id),
	project_id {int} NOT NULL,
	linked_type {int} NOT NULL,
	linked_id {int} NOT NULL,
	relationship {int} NOT NULL,
	data TEXT NOT NULL DEFAULT '{}',
	added_at {int} NOT NULL,
	UNIQUE (issue_id, linked_type, linked_id)
);
CREATE INDEX issue_link_linked ON issue_link (linked_type, linked_id);

-- Where a note was copied to: its id at each tracker.
CREATE TABLE note_copy (
	activity_id {int} NOT NULL REFERENCES activity (id),
	external_issue_id {int} NOT NULL REFERENCES external_issue (id),
	external_id TEXT NOT NULL,
	added_at {int} NOT NULL,
	PRIMARY KEY (activity_id, external_issue_id)
);
CREATE INDEX note_copy_issue ON note_copy (external_issue_id);

-- The status map of an external project, for one link.
CREATE TABLE external_project (
	id {id},
	link_id {int} NOT NULL REFERENCES organization_integration (id),
	external_id TEXT NOT NULL,
	name TEXT NOT NULL,
	resolved_status TEXT NOT NULL,
	unresolved_status TEXT NOT NULL,
	added_at {int} NOT NULL,
	UNIQUE (link_id, external_id)
);

-- What a user last put into a tracker's form, per project; the project's own last values
-- are in the link's configuration.
CREATE TABLE form_default (
	account_id {int} NOT NULL REFERENCES account (id),
	project_id {int} NOT NULL REFERENCES project (id),
	provider TEXT NOT NULL,
	defaults TEXT NOT NULL,
	PRIMARY KEY (account_id, project_id, provider)
);

-- Links of an older system that `mortisectl import legacy` brought, until an integration
-- takes them over.
CREATE TABLE legacy_issue (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	provider TEXT NOT NULL,
	base_url TEXT NOT NULL,
	issue_id {int} NOT NULL REFERENCES issue (id),
	key TEXT NOT NULL,
	ignored_fields TEXT NOT NULL DEFAULT '[]',
	added_at {int} NOT NULL,
	UNIQUE (issue_id, provider, key)
);
CREATE INDEX legacy_issue_organization ON legacy_issue (organization_id, provider, id);

-- Who is meant by an account of a tracker, and what a team is called there.
CREATE INDEX external_actor_name ON external_actor (organization_id, integration_id,
	lower(external_name));
CREATE INDEX external_actor_external ON external_actor (organization_id, integration_id,
	external_id);
CREATE INDEX external_actor_team ON external_actor (organization_id, team_id);
