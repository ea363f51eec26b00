// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The state of a Jira stand-in: people, projects, a workflow, issues, and what people do
// with them there.  Each change is told to 'onEvent' as Jira's webhooks tell it.
//
// A *flavor* is what differs between Jira Cloud and Jira Server: {api: version of REST,
// documents: rich text is ADF, user: the member that names a user}.

const PEOPLE = [
  { name: 'admin', key: 'JIRAUSER10100', accountId: '5f0c:ad00', displayName: 'Ada Min', emailAddress: 'ada@acme.test', admin: true },
  { name: 'dlee', key: 'JIRAUSER10101', accountId: '5f0c:aa11', displayName: 'Dana Lee', emailAddress: 'dana@acme.test' },
  // Nobody but apps with a scope of their own sees this one's address.
  { name: 'hush', key: 'JIRAUSER10102', accountId: '5f0c:bb22', displayName: 'Hugo Sharp', emailAddress: 'hugo@acme.test', hidden: true },
];

const STATUSES = [
  { id: '1', name: 'Open', category: 'new' },
  { id: '3', name: 'In Progress', category: 'indeterminate' },
  { id: '10233', name: 'Done', category: 'done' },
  { id: '10234', name: 'Released', category: 'done' },
  { id: '10235', name: 'Parked', category: 'new' },
];

// From where to where, and by which transition; nothing leads to "Parked".
const WORKFLOW = [
  { id: '11', name: 'Start', from: ['1'], to: '3' },
  { id: '51', name: 'Finish', from: ['1', '3'], to: '10233' },
  { id: '61', name: 'Release', from: ['10233'], to: '10234' },
  { id: '71', name: 'Reopen', from: ['3', '10233', '10234', '10235'], to: '1' },
];

const ISSUE_TYPES = [{ id: '10004', name: 'Bug' }, { id: '10005', name: 'Task' }];

// "BIG" has more issue types and fields than Jira gives at once.
const PROJECTS = [
  { id: '10050', key: 'APP', name: 'App', issuetypes: ISSUE_TYPES, fields: [],
    versions: [{ id: '10900', name: '1.0' }, { id: '10901', name: '1.1' }], components: [{ id: '10700', name: 'Cart' }] },
  { id: '10051', key: 'OPS', name: 'Operations', issuetypes: ISSUE_TYPES, fields: [], versions: [], components: [] },
  { id: '10052', key: 'BIG', name: 'Big', versions: [], components: [],
    issuetypes: Array.from({ length: 55 }, (_, i) => ({ id: String(20000 + i), name: `Type ${i}` })),
    fields: Array.from({ length: 60 }, (_, i) => ({ fieldId: `customfield_${30000 + i}`, name: `Extra ${String(i).padStart(2, '0')}`,
      required: false, operations: ['set'], schema: { type: 'string', customId: 30000 + i,
        custom: 'com.atlassian.jira.plugin.system.customfieldtypes:textfield' } })) },
  { id: '10053', key: 'LATE', name: 'Late', issuetypes: ISSUE_TYPES, fields: [], versions: [], components: [] },
  { id: '10054', key: 'LAST', name: 'Last', issuetypes: ISSUE_TYPES, fields: [], versions: [], components: [] },
];

const PRIORITIES = [{ id: '1', name: 'Highest' }, { id: '3', name: 'Medium' }, { id: '5', name: 'Lowest' }];

export const CATEGORIES = { new: { id: 2, key: 'new', colorName: 'default', name: 'To Do' },
  indeterminate: { id: 4, key: 'indeterminate', colorName: 'inprogress', name: 'In Progress' },
  done: { id: 3, key: 'done', colorName: 'success', name: 'Done' } };

export class Site {
  constructor(flavor, { title = 'Acme Jira' } = {}) {
    Object.assign(this, structuredClone({ users: PEOPLE, statuses: STATUSES, workflow: WORKFLOW, projects: PROJECTS,
      priorities: PRIORITIES }), { flavor, title });
    this.issues = new Map();       // key → issue
    this.serial = 10116;
    this.onEvent = () => {};
  }

  // ---- Who and what is there ----

  // The user that {accountId} or {name} names.
  userBy(reference) {
    const member = this.flavor.user;
    return this.users.find((user) => reference?.[member] && user[member] === reference[member]) ?? null;
  }

  person(name) {
    const user = this.users.find((entry) => entry.name === name);
    if (!user) throw new Error(`nobody is ${name}`);
    return user;
  }

  project(idOrKey) {
    return this.projects.find(({ id, key }) => id === String(idOrKey) || key === idOrKey) ?? null;
  }

  status(id) {
    return this.statuses.find((status) => status.id === id);
  }

  // An issue by key, former key or id.
  issue(idOrKey) {
    return this.issues.get(idOrKey) ??
      [...this.issues.values()].find(({ id, formerKeys }) => id === idOrKey || formerKeys.includes(idOrKey)) ?? null;
  }

  transitionsOf(issue) {
    return this.workflow.filter(({ from }) => from.includes(issue.status));
  }

  // ---- What people do ----

  // 'fields' as the REST API takes them.
  create(projectKey, fields, by = 'admin') {
    const project = this.project(projectKey);
    project.count = (project.count ?? 0) + 1;
    const issue = { id: String(++this.serial), key: `${project.key}-${project.count}`, formerKeys: [], projectId: project.id,
      status: this.statuses[0].id, assignee: this.userBy(fields.assignee), reporter: this.userBy(fields.reporter) ?? this.person(by),
      fields: { issuetype: { id: project.issuetypes[0].id }, ...fields }, comments: [], properties: {}, created: this.#tick() };
    issue.updated = issue.created;
    this.issues.set(issue.key, issue);
    this.#tell('jira:issue_created', 'issue_created', issue, by);
    return issue;
  }

  // Move an issue to a status, whatever the workflow says.
  move(key, statusId, by = 'admin') {
    const issue = this.issue(key);
    const from = this.status(issue.status);
    const to = this.status(statusId);
    if (from === to) return;
    issue.status = to.id;
    this.#changed(issue, 'issue_generic', by, [this.#item('status', [from.id, from.name], [to.id, to.name])]);
  }

  assign(key, name, by = 'admin') {
    const issue = this.issue(key);
    const { assignee: before } = issue;
    issue.assignee = name ? this.person(name) : null;
    const named = (user) => [user?.[this.flavor.user] ?? null, user?.displayName ?? null];
    this.#changed(issue, 'issue_assigned', by, [this.#item('assignee', named(before), named(issue.assignee))]);
  }

  // 'fields': summary, description, ….
  edit(key, fields, by = 'admin') {
    const issue = this.issue(key);
    const items = Object.entries(fields).map(([name, value]) => this.#item(name, [null, text(issue.fields[name])], [null, text(value)]));
    Object.assign(issue.fields, fields);
    this.#changed(issue, 'issue_updated', by, items);
  }

  comment(key, body, by = 'admin', properties = []) {
    const issue = this.issue(key);
    const comment = { id: String(++this.serial), author: this.person(by), body, properties, created: this.#tick() };
    comment.updated = comment.created;
    issue.comments.push(comment);
    this.#tell('jira:issue_updated', 'issue_commented', issue, by, { comment: { id: comment.id } });
    return comment;
  }

  editComment(comment, body) {
    Object.assign(comment, { body, updated: this.#tick() });
  }

  // Into another project: it gets a new key, and is found by its old one.
  moveTo(key, projectKey, by = 'admin') {
    const issue = this.issue(key);
    const project = this.project(projectKey);
    const from = this.project(issue.projectId);
    project.count = (project.count ?? 0) + 1;
    this.issues.delete(issue.key);
    const before = issue.key;
    Object.assign(issue, { key: `${project.key}-${project.count}`, projectId: project.id, formerKeys: [...issue.formerKeys, before] });
    this.issues.set(issue.key, issue);
    this.#changed(issue, 'issue_moved', by, [this.#item('project', [from.id, from.name], [project.id, project.name]),
      this.#item('Key', [null, before], [null, issue.key])]);
    return issue;
  }

  delete(key, by = 'admin') {
    const issue = this.issue(key);
    this.issues.delete(issue.key);
    this.#tell('jira:issue_deleted', 'issue_deleted', issue, by);
  }

  // ---- Telling ----

  // Jira's clock: it never gives two changes the same time.
  #tick() {
    this.time = Math.max(Date.now(), (this.time ?? 0) + 1);
    return new Date(this.time).toISOString().replace('Z', '+0000');
  }

  #item(field, [from, fromString], [to, toString]) {
    return { field, fieldtype: 'jira', ...(this.flavor.documents && { fieldId: field }), from, fromString, to, toString };
  }

  #changed(issue, type, by, items) {
    issue.updated = this.#tick();
    this.#tell('jira:issue_updated', type, issue, by, { changelog: { id: String(++this.serial), items } });
  }

  #tell(webhookEvent, type, issue, by, more = {}) {
    this.onEvent({ timestamp: this.time, webhookEvent, issue_event_type_name: type, user: this.person(by), issue, ...more });
  }
}

const text = (value) => (value === undefined || typeof value === 'string' ? value ?? null : JSON.stringify(value));
