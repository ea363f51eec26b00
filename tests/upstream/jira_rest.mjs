// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The REST API of the Jira stand-in: version 3 as Jira Cloud has it, 2 as Jira Server has.
// Who asks has been found out before: 'request.user' is a person of the site, or an app.
import { fieldsOf, wrongFields } from './jira_fields.mjs';
import { search } from './jira_search.mjs';
import { CATEGORIES } from './jira_site.mjs';

const TEST_AVATAR = 'https://avatars.test/project.png';

export const failure = (status, message, errors = {}) => ({ status, json: { errorMessages: message ? [message] : [], errors } });
const ok = (json) => ({ status: 200, json });
const noIssue = failure(404, 'Issue does not exist or you do not have permission to see it.');

// The answer to a request below /rest/api/N, or null if there is no such resource.
export function answerRest(site, request) {
  const prefix = `/rest/api/${site.flavor.api}/`;
  if (!request.path.startsWith(prefix)) return null;
  const path = request.path.slice(prefix.length).replace(/\/$/, '');
  for (const [method, pattern, run] of [...(site.flavor.documents ? CLOUD : SERVER), ...COMMON]) {
    const match = path.match(new RegExp(`^${pattern.replace(/\{\w+\}/g, '([^/]+)')}$`));
    if (match && method === request.method) return run(site, request, ...match.slice(1).map(decodeURIComponent));
  }
  return null;
}

const COMMON = [
  ['GET', 'serverInfo', serverInfo],
  ['GET', 'project', (site) => ok(site.projects.map((project) => projectJson(site, project)))],
  ['GET', 'project/{id}/versions', (site, _, id) => ok(site.project(id)?.versions.map((version) =>
    ({ ...version, self: self(site, `version/${version.id}`), archived: false, released: false })))],
  ['GET', 'priority', (site) => ok(site.priorities.map((priority) => ({ ...priority, self: self(site, `priority/${priority.id}`) })))],
  ['GET', 'status', (site) => ok(site.statuses.map((status) => statusJson(site, status)))],
  ['GET', 'project/{id}/statuses', projectStatuses],
  ['GET', 'issue/createmeta/{project}/issuetypes', issueTypes],
  ['GET', 'issue/createmeta/{project}/issuetypes/{type}', issueTypeFields],
  ['POST', 'issue', createIssue],
  ['GET', 'issue/{key}', onIssue((site, request, issue) => ok(issueJson(site, issue, request.query)))],
  ['PUT', 'issue/{key}/assignee', onIssue(assign)],
  ['GET', 'issue/{key}/transitions', onIssue((site, request, issue) => ok({ transitions: site.transitionsOf(issue).map((transition) =>
    ({ id: transition.id, name: transition.name, to: statusJson(site, site.status(transition.to)) })) }))],
  ['POST', 'issue/{key}/transitions', onIssue(transit)],
  ['GET', 'issue/{key}/comment', onIssue(comments)],
  ['POST', 'issue/{key}/comment', onIssue(createComment)],
  ['PUT', 'issue/{key}/comment/{id}', onIssue(editComment)],
  ['GET', 'user/assignable/search', assignable],
  ['GET', 'user', oneUser],
  ['GET', 'myself', (site, request) => ok(userJson(site, request.user))],
  ['GET', 'jql/autocompletedata/suggestions', suggestions],
];

const CLOUD = [
  ['GET', 'project/search', searchProjects],
  ['GET', 'issue/createmeta', createMeta],
  ['GET', 'statuses/search', searchStatuses],
  ['GET', 'priority/search', (site, request) => ok({ ...page(site.priorities, request, 'values') })],
  ['GET', 'search/jql', (site, request) => search(site, request, issueJson)],
  ['GET', 'user/email', email],
  ['GET', 'issue/{key}/properties/{name}', onIssue((site, request, issue, name) => (name in issue.properties
    ? ok({ key: name, value: issue.properties[name] }) : failure(404, 'The property was not found.')))],
  ['PUT', 'issue/{key}/properties/{name}', onIssue((site, request, issue, name) => {
    const status = name in issue.properties ? 200 : 201;
    issue.properties[name] = body(request);
    return { status, json: {} };
  })],
];

const SERVER = [
  ['GET', 'search', (site, request) => search(site, request, issueJson)],
];

const body = (request) => JSON.parse(request.body.toString() || '{}');
const self = (site, path) => `${site.baseUrl}/rest/api/${site.flavor.api}/${path}`;

function onIssue(run) {
  return (site, request, key, ...more) => {
    const issue = site.issue(key);
    return issue ? run(site, request, issue, ...more) : noIssue;
  };
}

// One page of 'list' as {startAt, maxResults, total, isLast, [member]: […]}.
function page(list, request, member) {
  const startAt = Number(request.query.get('startAt') ?? 0);
  const maxResults = Math.min(Number(request.query.get('maxResults') ?? 50), 50);
  return { startAt, maxResults, total: list.length, isLast: startAt + maxResults >= list.length,
    [member]: list.slice(startAt, startAt + maxResults) };
}

// ---- What there is ----

function serverInfo(site) {
  return ok({ baseUrl: site.baseUrl, version: site.version, versionNumbers: site.version.split('.').map(Number), buildNumber: 100280,
    deploymentType: site.flavor.documents ? 'Cloud' : 'Server', serverTitle: site.title });
}

function projectJson(site, project) {
  return { self: self(site, `project/${project.id}`), id: project.id, key: project.key, name: project.name,
    avatarUrls: { '48x48': TEST_AVATAR } };
}

function statusJson(site, { id, name, category }) {
  const { id: categoryId, key, colorName, name: categoryName } = CATEGORIES[category];
  return { self: self(site, `status/${id}`), id, name, description: '', iconUrl: 'https://icons.test/status.png',
    statusCategory: { self: self(site, `statuscategory/${categoryId}`), id: categoryId, key, colorName, name: categoryName } };
}

// Somebody as others see him.
function userJson(site, user) {
  if (!user) return null;
  const { name, key, accountId, displayName, emailAddress, hidden } = user;
  return { self: self(site, `user?${site.flavor.user}=${encodeURIComponent(user[site.flavor.user])}`), displayName, active: true,
    ...(!hidden && { emailAddress }), ...(site.flavor.documents ? { accountId, accountType: 'atlassian' } : { name, key }) };
}

export function issueJson(site, issue, query = new URLSearchParams()) {
  const project = site.project(issue.projectId);
  const type = project.issuetypes.find(({ id }) => id === issue.fields.issuetype.id);
  const fields = { ...issue.fields, project: projectJson(site, project), status: statusJson(site, site.status(issue.status)),
    issuetype: { self: self(site, `issuetype/${type?.id}`), ...type, subtask: false },
    assignee: userJson(site, issue.assignee), reporter: userJson(site, issue.reporter), description: issue.fields.description ?? null,
    created: issue.created, updated: issue.updated };
  const asked = query.getAll('fields').flatMap((list) => list.split(','));
  const shown = asked.length === 0 || asked.includes('*all') || asked.includes('*navigable') ? fields
    : Object.fromEntries(Object.entries(fields).filter(([name]) => asked.includes(name)));
  const properties = query.getAll('properties').flatMap((list) => list.split(','));
  return { id: issue.id, key: issue.key, self: self(site, `issue/${issue.id}`), fields: shown,
    ...(properties.length > 0 && { properties: Object.fromEntries(Object.entries(issue.properties).filter(([name]) =>
      properties.includes('*all') || properties.includes(name))) }) };
}

function commentJson(site, issue, comment, { properties } = {}) {
  return { self: self(site, `issue/${issue.id}/comment/${comment.id}`), id: comment.id, author: userJson(site, comment.author),
    body: comment.body, updateAuthor: userJson(site, comment.author), created: comment.created, updated: comment.updated,
    ...(properties && { properties: comment.properties }) };
}

function projectStatuses(site, _, id) {
  return ok(site.project(id)?.issuetypes.map((type) => ({ self: self(site, `issuetype/${type.id}`), ...type, subtask: false,
    statuses: site.statuses.map((status) => statusJson(site, status)) })));
}

function searchStatuses(site, request) {
  if (!site.project(request.query.get('projectId'))) return failure(400, 'No project could be found with that id.');
  const category = { new: 'TODO', indeterminate: 'IN_PROGRESS', done: 'DONE' };
  return ok(page(site.statuses.map((status) => ({ id: status.id, name: status.name, description: '',
    statusCategory: category[status.category] })), request, 'values'));
}

function searchProjects(site, request) {
  const ids = request.query.getAll('id');
  const text = (request.query.get('query') ?? '').toLowerCase();
  const found = site.projects.filter(({ id, key, name }) => (ids.length === 0 || ids.includes(id)) &&
    `${key}\n${name}`.toLowerCase().includes(text)).map((project) => projectJson(site, project));
  return ok({ self: self(site, 'project/search'), ...page(found, request, 'values') });
}

// ---- Create metadata ----

const typeJson = (site, type) => ({ self: self(site, `issuetype/${type.id}`), ...type, description: '', subtask: false,
  iconUrl: 'https://icons.test/type.png' });

function issueTypes(site, request, id) {
  const project = site.project(id);
  if (!project) return failure(400, 'No project could be found.');
  const { isLast, ...json } = page(project.issuetypes.map((type) => typeJson(site, type)), request,
    site.flavor.documents ? 'issueTypes' : 'values');
  return ok(site.flavor.documents ? json : { ...json, isLast });
}

function issueTypeFields(site, request, id, typeId) {
  const project = site.project(id);
  if (!project?.issuetypes.some((type) => type.id === typeId)) return failure(400, 'No issue type could be found.');
  const fields = fieldsOf(site, project).map((field) => ({ ...field, hasDefaultValue: false,
    ...(site.flavor.documents && { key: field.fieldId }) }));
  const { isLast, ...json } = page(fields, request, site.flavor.documents ? 'fields' : 'values');
  return ok(site.flavor.documents ? json : { ...json, isLast });
}

// All of it at once, as Jira Cloud still answers.
function createMeta(site, request) {
  const ids = request.query.getAll('projectIds').flatMap((list) => list.split(','));
  const projects = site.projects.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const withFields = (request.query.get('expand') ?? '').includes('projects.issuetypes.fields');
  return ok({ expand: 'projects', projects: projects.map((project) => ({ ...projectJson(site, project),
    issuetypes: project.issuetypes.map((type) => ({ ...typeJson(site, type), ...(withFields && {
      fields: Object.fromEntries(fieldsOf(site, project).map(({ fieldId, ...field }) => [fieldId, { key: fieldId, ...field }])) }) })) })) });
}

// ---- Writing ----

function createIssue(site, request) {
  const { fields = {}, properties = [] } = body(request);
  const project = site.projects.find(({ id, key }) => id === fields.project?.id || key === fields.project?.key);
  if (!project) return failure(400, '', { project: 'Specify a valid project ID or key' });
  const wrong = wrongFields(site, project, fields);
  if (Object.keys(wrong).length > 0) return failure(400, '', wrong);
  const issue = site.create(project.key, fields, request.user?.name);
  for (const { key, value } of properties) issue.properties[key] = value;
  return { status: 201, json: { id: issue.id, key: issue.key, self: self(site, `issue/${issue.id}`) } };
}

function assign(site, request, issue) {
  const reference = body(request);
  const value = reference[site.flavor.user];
  if (value === undefined) return failure(400, `${site.flavor.user} is missing.`);
  const user = site.userBy(reference);
  if (value !== null && !user) return failure(400, '', { assignee: `User '${value}' cannot be assigned issues.` });
  site.assign(issue.key, user?.name ?? null, request.user?.name);
  return { status: 204 };
}

function transit(site, request, issue) {
  const { transition } = body(request);
  const found = site.transitionsOf(issue).find(({ id }) => id === String(transition?.id));
  if (!found) return failure(400, `It seems that you have tried to perform an illegal workflow operation: '${transition?.id}'.`);
  site.move(issue.key, found.to, request.user?.name);
  return { status: 204 };
}

function wrongComment(site, value) {
  if (site.flavor.documents ? value?.type === 'doc' && value.version === 1 : typeof value === 'string' && value !== '') return null;
  return failure(400, '', { comment: 'Comment body is not valid!' });
}

function createComment(site, request, issue) {
  const { body: text, properties = [] } = body(request);
  const wrong = wrongComment(site, text);
  if (wrong) return wrong;
  return { status: 201, json: commentJson(site, issue, site.comment(issue.key, text, request.user?.name, properties)) };
}

function editComment(site, request, issue, id) {
  const comment = issue.comments.find((entry) => entry.id === id);
  const { body: text } = body(request);
  if (!comment) return failure(404, `Can not find a comment for the id: ${id}.`);
  const wrong = wrongComment(site, text);
  if (wrong) return wrong;
  site.editComment(comment, text);
  return ok(commentJson(site, issue, comment));
}

function comments(site, request, issue) {
  const order = request.query.get('orderBy') ?? 'created';
  const list = order.startsWith('-') ? [...issue.comments].reverse() : issue.comments;
  const { isLast, ...json } = page(list.map((comment) => commentJson(site, issue, comment,
    { properties: (request.query.get('expand') ?? '').includes('properties') })), request, 'comments');
  return ok(json);
}

// ---- People ----

function assignable(site, request) {
  const { query } = request;
  if (!query.get('project') && !query.get('issueKey')) return failure(400, 'Project or issue key must be provided.');
  if (query.get('issueKey') && !site.issue(query.get('issueKey'))) return noIssue;
  const text = (query.get(site.flavor.documents ? 'query' : 'username') ?? '').toLowerCase();
  return ok(site.users.filter(({ name, displayName, emailAddress }) =>
    [displayName, emailAddress, ...(site.flavor.documents ? [] : [name])].some((value) => value.toLowerCase().startsWith(text)))
    .map((user) => userJson(site, user)));
}

function oneUser(site, request) {
  const member = site.flavor.documents ? 'accountId' : 'username';
  const user = site.userBy({ [site.flavor.user]: request.query.get(member) });
  return user ? ok(userJson(site, user)) : failure(404, 'The user does not exist.');
}

// For apps that Atlassian has approved for it.
function email(site, request) {
  if (!site.emailScope) return failure(403, 'The app is not permitted to see e-mail addresses.');
  const user = site.userBy({ accountId: request.query.get('accountId') });
  return user ? ok({ accountId: user.accountId, email: user.emailAddress }) : failure(404, 'The user does not exist.');
}

// What a field may hold, by its JQL name; matching letters stand in <b>.
function suggestions(site, request) {
  const values = { 'cf[10003]': [['12', 'Sprint 12'], ['13', 'Sprint 13']], 'cf[10004]': [['APP-1', 'Checkout']],
    'cf[10005]': [['7a1f', 'Cart team']] }[request.query.get('fieldName')];
  if (!values) return failure(400, `Field '${request.query.get('fieldName')}' does not exist or you do not have permission to view it.`);
  const typed = request.query.get('fieldValue') ?? '';
  return ok({ results: values.filter(([, name]) => name.toLowerCase().startsWith(typed.toLowerCase())).map(([value, name]) =>
    ({ value, displayName: `<b>${name.slice(0, typed.length)}</b>${name.slice(typed.length)}` })) });
}
