// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The fields of the Jira stand-in's issues: what its create metadata says of them, one of
// every kind that Jira and its usual apps have, and what it takes for them.
const CUSTOM = 'com.atlassian.jira.plugin.system.customfieldtypes';

const custom = (id, name, type, kind, more = {}) => ({ fieldId: `customfield_${id}`, name, required: false,
  schema: { ...type, custom: kind, customId: id }, operations: ['set'], ...more });
const system = (id, name, type, more = {}) => ({ fieldId: id, name, required: false,
  schema: { ...type, system: id }, operations: ['set'], ...more });

// What an issue type of 'project' can be created with.
export function fieldsOf(jira, project) {
  const people = `${jira.baseUrl}/rest/api/latest/user/assignable/search?project=${project.key}&query=`;
  const lookup = `${jira.baseUrl}/rest/api/1.0/lookup?query=`;
  const options = (...values) => values.map((value, i) => ({ id: String(i + 1), value }));
  return [
    system('summary', 'Summary', { type: 'string' }, { required: true }),
    system('issuetype', 'Issue Type', { type: 'issuetype' }, { required: true,
      allowedValues: project.issuetypes.map(({ id, name }) => ({ id, name })) }),
    system('project', 'Project', { type: 'project' }, { required: true,
      allowedValues: [{ id: project.id, key: project.key, name: project.name }] }),
    system('description', 'Description', { type: 'string' }),
    system('priority', 'Priority', { type: 'priority' }, { allowedValues: jira.priorities }),
    system('labels', 'Labels', { type: 'array', items: 'string' }),
    system('fixVersions', 'Fix versions', { type: 'array', items: 'version' }, { allowedValues: project.versions }),
    system('components', 'Components', { type: 'array', items: 'component' }, { allowedValues: project.components }),
    system('security', 'Security Level', { type: 'securitylevel' }, { allowedValues: [{ id: '10600', name: 'Staff' }] }),
    system('assignee', 'Assignee', { type: 'user' }, { autoCompleteUrl: people }),
    system('reporter', 'Reporter', { type: 'user' }, { autoCompleteUrl: people }),
    system('parent', 'Parent', { type: 'issuelink' }),
    system('issuelinks', 'Linked Issues', { type: 'array', items: 'issuelinks' }),
    system('attachment', 'Attachment', { type: 'array', items: 'attachment' }),
    system('worklog', 'Log Work', { type: 'array', items: 'worklog' }),
    system('timetracking', 'Time tracking', { type: 'timetracking' }),
    custom(10001, 'Severity', { type: 'option' }, `${CUSTOM}:select`, { allowedValues: options('Low', 'High') }),
    custom(10002, 'Platforms', { type: 'array', items: 'option' }, `${CUSTOM}:multiselect`, { allowedValues: options('Web', 'Phone') }),
    custom(10003, 'Sprint', { type: 'array', items: 'json' }, 'com.pyxis.greenhopper.jira:gh-sprint', { autoCompleteUrl: lookup }),
    custom(10004, 'Epic Link', { type: 'any' }, 'com.pyxis.greenhopper.jira:gh-epic-link'),
    custom(10005, 'Team', { type: 'team' }, 'com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team', { autoCompleteUrl: lookup }),
    custom(10006, 'Steps', { type: 'string' }, `${CUSTOM}:textarea`),
    custom(10007, 'Weight', { type: 'number' }, `${CUSTOM}:float`),
    custom(10008, 'Tester', { type: 'user' }, `${CUSTOM}:userpicker`, { autoCompleteUrl: people }),
    custom(10009, 'Watched by', { type: 'array', items: 'user' }, `${CUSTOM}:multiuserpicker`, { autoCompleteUrl: people }),
    custom(10010, 'Seen in', { type: 'option' }, `${CUSTOM}:radiobuttons`, { allowedValues: options('Test', 'Production') }),
    custom(10011, 'Rank', { type: 'any' }, 'com.pyxis.greenhopper.jira:gh-lexo-rank'),
    custom(10012, 'Account', { type: 'option2' }, 'com.tempoplugin.tempo-accounts:accounts.customfield'),
    custom(10013, 'Build', { type: 'string' }, `${CUSTOM}:textfield`),
    custom(10014, 'Tags', { type: 'array', items: 'string' }, `${CUSTOM}:labels`),
    custom(10844, 'Area', { type: 'array', items: 'option' }, `${CUSTOM}:multicheckboxes`, { allowedValues: options('UI', 'Store') }),
    ...project.fields,
  ];
}

// What is wrong with the values of a new issue: {field id: text}, empty if nothing.
export function wrongFields(jira, project, values) {
  const wrong = {};
  const fields = fieldsOf(jira, project);
  for (const field of fields)
    if (field.required && values[field.fieldId] === undefined) wrong[field.fieldId] = `${field.name} is required.`;
  for (const [id, value] of Object.entries(values)) {
    const field = fields.find(({ fieldId }) => fieldId === id);
    const text = field ? wrongValue(jira, field, value)
      : `Field '${id}' cannot be set. It is not on the appropriate screen, or unknown.`;
    if (text) wrong[id] = text;
  }
  return wrong;
}

function wrongValue(jira, field, value) {
  const { type, items, custom: kind = '' } = field.schema;
  if (kind.endsWith(':gh-sprint')) return Number.isInteger(value) ? null : 'Number value expected as the Sprint id.';
  if (kind.endsWith(':gh-lexo-rank')) return value?.id ? null : 'Rank needs an id';
  if (kind.endsWith(':gh-epic-link')) return typeof value === 'string' ? null : 'Epic Link must be a key';
  if (kind.endsWith(':accounts.customfield')) return Number.isInteger(value) ? null : 'Account must be a number';
  if (type !== 'array') return wrongItem(jira, field, type, value);
  if (!Array.isArray(value)) return 'Data was not an array';
  return value.map((item) => wrongItem(jira, field, items, item)).find(Boolean) ?? null;
}

function wrongItem(jira, field, type, value) {
  const among = (members) => field.allowedValues?.some((allowed) =>
    members.some((member) => value?.[member] !== undefined && allowed[member] === value[member]))
    ? null : `'${JSON.stringify(value)}' is not valid for ${field.name}`;
  switch (type) {
  case 'string':
    return wrongText(jira, field, value);
  case 'team':
    return typeof value === 'string' ? null : 'Operation value must be a string';
  case 'number':
    return typeof value === 'number' ? null : 'Operation value must be a number';
  case 'user':
    return jira.userBy(value) ? null : `The ${field.name.toLowerCase()} specified is not a user.`;
  case 'option':
    return among(['value', 'id']);
  case 'issuelink':
    return jira.issues.has(value?.key) ? null : 'Could not find issue by id or key.';
  default:
    return among(['id', 'key', 'name']);
  }
}

// Where the REST API speaks Atlassian Document Format, it wants it in each field of several
// lines, and in no other.
function wrongText(jira, { fieldId, schema }, value) {
  const isRich = fieldId === 'description' || schema.custom === `${CUSTOM}:textarea`;
  if (isRich && jira.flavor.documents)
    return value?.type === 'doc' && value.version === 1 ? null
      : 'Operation value must be an Atlassian Document (see the Atlassian Document Format)';
  if (typeof value !== 'string') return 'Operation value must be a string';
  if (schema.items === 'string' && /\s/.test(value)) return `The label '${value}' contains spaces which is invalid.`;
  return null;
}
