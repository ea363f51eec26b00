-- SPDX-License-Identifier: Apache-2.0
-- What the API manages: access to projects, code mappings, ownership, deploys, forwarders.

-- May a member join any team, and so work on any project?
ALTER TABLE organization ADD COLUMN open_membership {int} NOT NULL DEFAULT 1;

-- Statuses are those of integrations: active, pending deletion, deletion in progress.
ALTER TABLE project ADD COLUMN status {int} NOT NULL DEFAULT 0;
ALTER TABLE team ADD COLUMN status {int} NOT NULL DEFAULT 0;

-- "contributor" or "admin"; an admin has more scopes in the projects of the team.
ALTER TABLE team_member ADD COLUMN role TEXT NOT NULL DEFAULT 'contributor';

-- What is assigned to one.
CREATE INDEX issue_assignee_account ON issue (assignee_account_id, status, last_seen_at, id)
	WHERE assignee_account_id IS NOT NULL;
CREATE INDEX issue_assignee_team ON issue (assignee_team_id, status, last_seen_at, id)
	WHERE assignee_team_id IS NOT NULL;

-- Of the integration, for lists in the order of names.
ALTER TABLE organization_integration ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE organization_integration ADD COLUMN provider TEXT NOT NULL DEFAULT '';
UPDATE organization_integration SET
	name = (SELECT i.name FROM integration i WHERE i.id = integration_id),
	provider = (SELECT i.provider FROM integration i WHERE i.id = integration_id);
CREATE INDEX organization_integration_name ON organization_integration
	(organization_id, name, id);
CREATE INDEX organization_integration_provider ON organization_integration
	(organization_id, provider, name, id);

-- The hashes of an issue in their order.
DROP INDEX issue_hash_issue;
CREATE INDEX issue_hash_issue ON issue_hash (issue_id, hash);

-- Members in the order in which they joined.
CREATE INDEX member_joined ON member (organization_id, id);

CREATE INDEX api_token_account ON api_token (account_id, id);
CREATE INDEX api_token_own ON api_token (organization_id, id)
	WHERE account_id IS NULL AND revoked_at IS NULL;
CREATE INDEX api_token_revoked ON api_token (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX api_token_expires ON api_token (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX audit_log_event ON audit_log (organization_id, event, id);
CREATE INDEX audit_log_origin ON audit_log (organization_id, origin, id);

-- What a user set for a repository, as JSON; NULL: nothing yet.
ALTER TABLE repository ADD COLUMN settings TEXT;
CREATE INDEX repository_status_name ON repository (organization_id, status, name, id);

-- Whom a name in a CODEOWNERS file means, at whatever integration.
CREATE INDEX external_actor_any_name ON external_actor (organization_id, lower(external_name));
-- An event by its id alone.
CREATE INDEX event_project ON event (project_id, event_id);

-- Where the paths of a project's stack frames stand in a repository.
CREATE TABLE code_mapping (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	project_id {int} NOT NULL REFERENCES project (id),
	repository_id {int} NOT NULL REFERENCES repository (id),
	integration_id {int} NOT NULL,
	stack_root TEXT NOT NULL,
	source_root TEXT NOT NULL,
	branch TEXT,
	generated {int} NOT NULL DEFAULT 0,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (project_id, stack_root)
);
CREATE INDEX code_mapping_project ON code_mapping (project_id, id);
CREATE INDEX code_mapping_organization ON code_mapping (organization_id, id);
CREATE INDEX code_mapping_integration ON code_mapping (integration_id, id);
CREATE INDEX code_mapping_repository ON code_mapping (repository_id, id);

CREATE TABLE codeowners (
	id {id},
	project_id {int} NOT NULL REFERENCES project (id),
	code_mapping_id {int} NOT NULL UNIQUE REFERENCES code_mapping (id),
	raw TEXT NOT NULL,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL
);
CREATE INDEX codeowners_project ON codeowners (project_id, id);

-- The ownership rules of a project; no row: the defaults.
CREATE TABLE ownership (
	project_id {int} NOT NULL PRIMARY KEY REFERENCES project (id),
	raw TEXT NOT NULL DEFAULT '',
	fallthrough {int} NOT NULL DEFAULT 1,
	auto_assignment TEXT NOT NULL DEFAULT '',
	codeowners_auto_sync {int} NOT NULL DEFAULT 1,
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL
);

-- Releases that are archived, or are not, in the order they were added; the issues that a
-- release resolves.
CREATE INDEX release_listed ON release (organization_id, status, added_at, id);
DROP INDEX issue_resolution_release;
CREATE INDEX issue_resolution_release ON issue_resolution (release_id, type, issue_id);

-- Until when an ignored issue stays so, whichever comes first; 0: never.
CREATE TABLE issue_snooze (
	issue_id {int} NOT NULL PRIMARY KEY REFERENCES issue (id),
	until_at {int} NOT NULL,
	times_seen {int} NOT NULL,
	users_seen {int} NOT NULL
);

CREATE TABLE deploy (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	release_id {int} NOT NULL REFERENCES release (id),
	environment TEXT NOT NULL,
	name TEXT,
	url TEXT,
	projects TEXT NOT NULL DEFAULT '[]',
	started_at {int},
	finished_at {int} NOT NULL,
	added_at {int} NOT NULL
);
CREATE INDEX deploy_release ON deploy (release_id, finished_at, id);

-- 'provider' is NULL until one is chosen; what is secret of 'config' is sealed.
CREATE TABLE data_forwarder (
	id {id},
	organization_id {int} NOT NULL REFERENCES organization (id),
	name TEXT NOT NULL,
	provider TEXT,
	enabled {int} NOT NULL DEFAULT 1,
	enroll_new_projects {int} NOT NULL DEFAULT 0,
	config TEXT NOT NULL DEFAULT '{}',
	uid {blob} NOT NULL,
	secrets {blob},
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (organization_id, provider)
);

CREATE TABLE data_forwarder_project (
	id {id},
	data_forwarder_id {int} NOT NULL REFERENCES data_forwarder (id),
	project_id {int} NOT NULL REFERENCES project (id),
	enabled {int} NOT NULL DEFAULT 1,
	overrides TEXT NOT NULL DEFAULT '{}',
	uid {blob} NOT NULL,
	secrets {blob},
	added_at {int} NOT NULL,
	updated_at {int} NOT NULL,
	UNIQUE (data_forwarder_id, project_id)
);
CREATE INDEX data_forwarder_project_project ON data_forwarder_project (project_id);

-- What is being deleted, and what a deletion looks for: its rows go in small steps, and a
-- row that others refer to is looked for in each of them.
CREATE INDEX organization_deletion ON organization (id) WHERE status <> 0;
CREATE INDEX project_deletion ON project (id) WHERE status <> 0;
CREATE INDEX team_deletion ON team (id) WHERE status <> 0;
CREATE INDEX external_actor_of_team ON external_actor (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX form_default_project ON form_default (project_id);
CREATE INDEX scm_commit_organization ON scm_commit (organization_id, id);
CREATE INDEX scm_commit_author ON scm_commit (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX pull_request_organization ON pull_request (organization_id, id);
CREATE INDEX pull_request_author ON pull_request (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX deploy_organization ON deploy (organization_id, id);
CREATE INDEX pipeline_organization ON pipeline (organization_id, id);
CREATE INDEX session_organization ON session (organization_id, id);
CREATE INDEX login_link_organization ON login_link (organization_id, hash);
CREATE INDEX integration_owner ON integration (owner_organization_id, id);
