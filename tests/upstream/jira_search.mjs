// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// JQL of the Jira stand-in: clauses joined by AND, of the fields that apps search by.
const CLAUSE = /^\s*([\w.[\]]+)\s*(=|~|>=)\s*("(?:[^"\\]|\\.)*"|[^\s"]+)\s*/;

const wrong = (text) => ({ status: 400, json: { errorMessages: [text], errors: {} } });
const words = (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);

// The answer to a search: pages by token (Cloud) or by number (Server).
export function search(site, request, issueJson) {
  const { query } = request;
  let found;
  try {
    found = matching(site, query.get('jql') ?? '');
  } catch (error) {
    return wrong(error.message);
  }
  const maxResults = Math.min(Number(query.get('maxResults') ?? 50), 100);
  if (!site.flavor.documents) {
    const startAt = Number(query.get('startAt') ?? 0);
    return { status: 200, json: { startAt, maxResults, total: found.length,
      issues: found.slice(startAt, startAt + maxResults).map((issue) => issueJson(site, issue, query)) } };
  }
  const startAt = Number(query.get('nextPageToken') ?? 0);
  const isLast = startAt + maxResults >= found.length;
  // Without "fields" there is nothing but ids.
  return { status: 200, json: { isLast, ...(!isLast && { nextPageToken: String(startAt + maxResults) }),
    issues: found.slice(startAt, startAt + maxResults).map((issue) =>
      (query.has('fields') ? issueJson(site, issue, query) : { id: issue.id })) } };
}

function matching(site, jql) {
  let [rest, order = ''] = jql.split(/\border by\b/i);
  if (rest.trim() === '') throw new Error('Unbounded JQL queries are not allowed here. Please add a search restriction to your query.');
  let found = [...site.issues.values()];
  for (;;) {
    const match = rest.match(CLAUSE);
    if (!match) throw new Error(`Error in the JQL Query: '${rest}'.`);
    const [whole, field, operator, quoted] = match;
    const value = quoted.startsWith('"') ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : quoted;
    const test = clause(site, field, operator, value);
    found = found.filter(test);
    rest = rest.slice(whole.length);
    if (rest === '') return /^\s*created\s+desc\b/i.test(order) ? found.reverse() : found;
    if (!/^and\b/i.test(rest)) throw new Error(`Error in the JQL Query: Expecting 'AND' but got '${rest}'.`);
    rest = rest.slice('and'.length);
  }
}

function clause(site, field, operator, value) {
  const property = field.match(/^issue\.property\[([^\]]+)\]\.(\w+)$/);
  if (property) return ({ properties }) => String(properties[property[1]]?.[property[2]]) === value;
  switch (`${field.toLowerCase()} ${operator}`) {
  case 'id =':
  case 'key =':
  case 'issuekey =': {
    const issue = site.issue(value);
    if (!issue) throw new Error(`An issue with key '${value}' does not exist for field '${field}'.`);
    return (entry) => entry === issue;
  }
  case 'project =':
    if (!site.project(value)) throw new Error(`The value '${value}' does not exist for the field 'project'.`);
    return ({ projectId }) => projectId === site.project(value).id;
  case 'created >=': {
    const [, days] = value.match(/^-(\d+)d$/) ?? [];
    if (!days) throw new Error(`Date value '${value}' for field 'created' is invalid.`);
    return (issue) => Date.parse(issue.created) >= Date.now() - days * 86_400_000;
  }
  case 'summary ~':
  case 'text ~':
    return (issue) => {
      const there = words(field === 'text' ? `${issue.fields.summary} ${JSON.stringify(issue.fields.description ?? '')}` : issue.fields.summary);
      return words(value).every((word) => there.some((entry) => entry.startsWith(word)));
    };
  default:
    throw new Error(`Field '${field}' does not exist or you do not have permission to view it.`);
  }
}
