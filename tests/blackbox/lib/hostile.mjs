// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Requests that should not be sent: for an operation of the description, its good request
// with one thing made wrong.  A case is {name, method, path, headers, body, refused}; what
// is `refused` must get a 4xx, anything else must only not hurt.
// Of what would end the scene only what must be refused is sent.
const ENDS_THE_SCENE = /^delete(Organization|Project|Team|Member|Integration|Repository)/;

const ID = /^\^(\(me\|)?\[1-9\]/;

// What stands in the place of a text or a number.
const LONG = 'x'.repeat(3000);
const HUGE = 'y'.repeat(70_000);
const PATH_VALUES = ['0', '-1', '99999999999999999999', '9223372036854775808', 'abc', '1e3', '1%00', '%00', '%FF%FE', '%F0%28%8C%28',
  '%ED%A0%80', '%2e%2e', '%2e%2e%2f%2e%2e', "1'%20OR%20'1'='1", '%20', 'null', 'undefined', '{}', '%E2%82%AC', LONG, '%'];
const QUERY_VALUES = ['', 'null', '0', '-1', '99999999999999999999', 'abc', '%00', '%FF%FE', '%ED%A0%80', '%E2%82%AC', "'%20OR%201=1", LONG,
  '%5B%5D', 'true', '1.5'];
const CURSORS = ['0:0', '100:0:0:0', '-1:0:0', '100:-1:0', '100:99999999999999999999:0', '100:0:2', 'abc', '%00', '100:1:0%00', '1e2:0:0',
  '0:0:0:', 'AAAA:0:0', '%FF:0:0', '101:0:0', '1:9223372036854775808:0',
  '9223372036854775807:9223372036854775807:1', 't:1:0', 'tAAAA:1:1', 't!:1:0', 't_____w:1:0', `t${LONG}:1:0`, LONG];
const JSON_VALUES = [null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e300, '', ' ', 'None', '-1', '\u0000', 'a\u0000b', '\ud800', '€', "' OR 1=1 --",
  LONG, HUGE, [], [null], [[]], ['x', 1, {}], {}, { a: null }, Array.from({ length: 2000 }, () => 'x'), { toString: 1, __proto__x: 2 }];

const nested = (depth, open, close) => open.repeat(depth) + close.repeat(depth);

// Bodies that are no JSON object, whatever the operation is.
const WRONG_BODIES = [
  ['empty', ''], ['null', 'null'], ['a list', '[]'], ['a text', '"text"'], ['a number', '1'], ['cut off', '{"a":'], ['two of them', '{}{}'],
  ['1,000 lists deep', nested(1000, '[', ']')], ['1,000 objects deep', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`],
  ['a key twice', '{"a":1,"a":2}'], ['no UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['half a surrogate', '{"a":"\\ud800"}'], ['a NUL byte', '{"a":"\u0000"}'], ['a number too large', '{"a":1e999}'],
  ['XML', '<a/>'],
];
const WRONG_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx', 'application/json, text/plain', ''];

// Tokens of acme that should not open much; the daemon is started anew, for a token that
// has expired.
export async function hostileTokens(daemon) {
  const token = (scopes, ...more) => daemon.ctlOk('token', 'create', '--org', 'acme', ...scopes.flatMap((scope) => ['--scope', scope]), ...more);
  const newest = async () => (await daemon.sql('SELECT id FROM api_token ORDER BY id DESC LIMIT 1'))[0].id;
  const revoked = await token(['org:admin']);
  await daemon.ctlOk('token', 'revoke', String(await newest()));
  const expired = await token(['org:admin'], '--expires', '1');
  const id = await newest();
  const [reading, counting] = [await token(['team:read']), await token(['event:read'])];
  await daemon.stop();
  await daemon.tamper(`UPDATE api_token SET expires_at = 1 WHERE id = ${id}`);
  await daemon.run();
  return { revoked, expired, weak: (scopes) => (scopes.includes('team:read') ? counting : reading) };
}

export class Hostile {
  // 'world' as in api_world.mjs; 'tokens' of acme: {expired, revoked, weak(scopes)}.
  constructor(description, world, tokens) {
    Object.assign(this, { description, world, tokens });
  }

  // The request that the operation is there for, on what acme has.
  good(operation) {
    const { acme } = this.world;
    const values = Object.fromEntries(operation.parameters.filter((p) => p.in === 'path').map(({ name }) => [name, encodeURIComponent(acme.value(name))]));
    const query = operation.parameters.filter((p) => p.in === 'query' && p.required).map(({ name, schema }) => [name, String(this.description.sample(schema))]);
    return { values, query, token: acme.token, body: operation.body && JSON.stringify(this.#body(operation)), type: operation.body?.media };
  }

  // Its example, with ids of things that are there.
  #body(operation) {
    return this.world.acme.fill(this.description.bodySample(operation));
  }

  #case(operation, name, { values, query, token, body, type, headers = {} }, refused) {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, key) => values[key]);
    const search = query.map(([key, value]) => `${key}=${value}`).join('&');
    return { name: `${operation.id}: ${name}`, operation, method: operation.method, path: search ? `${path}?${search}` : path, body,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...(type && body !== undefined && { 'content-type': type }), ...headers },
      refused };
  }

  // All families of wrong requests for one operation, each a list.
  families(operation) {
    const good = this.good(operation);
    const make = (name, change, refused = false) => this.#case(operation, name, { ...good, ...change }, refused);
    return [
      ...operation.isPublic ? [] : [this.#credentials(operation, make)],
      ...this.#paths(operation, good, make),
      ...this.#queries(operation, good, make),
      ...operation.body ? this.#bodies(operation, good, make) : [],
      ...operation.method === 'GET' || !operation.body ? [[make('a body that nobody reads', { body: `{"a":"${'a'.repeat(4096)}"}`, type: 'application/json' }, operation.method !== 'GET' && !operation.isPublic)]] : [],
    ].map((family) => (ENDS_THE_SCENE.test(operation.id) ? family.filter(({ refused }) => refused) : family)).filter((family) => family.length > 0);
  }

  // The path of one case with the head and body of another.
  both(first, second) {
    const { path } = this.#case(first.operation, '', this.good(first.operation));
    return { ...second, name: `${first.name}; ${second.name}`, path: first.path, refused: (first.refused && first.path !== path) || (second.refused && second.path === path) };
  }

  #credentials(operation, make) {
    const { tokens, world } = this;
    const bad = { none: '', 'of no one': `mrt_${'A'.repeat(43)}`, 'too long': 'z'.repeat(6000), 'no UTF-8': '\xff\xfe', expired: tokens.expired,
      revoked: tokens.revoked, 'a session\'s': `mrs_${'A'.repeat(43)}`, cut: world.acme.token.slice(0, -1), longer: `${world.acme.token}A` };
    const cases = Object.entries(bad).map(([name, token]) => make(`a token, ${name}`, { token }, true));
    for (const [name, authorization] of [['Basic', 'Basic YTpi'], ['no scheme', world.acme.token], ['two', `Bearer ${world.acme.token}, Bearer x`], ['DSN', 'DSN https://x@y/1']])
      cases.push(make(`credentials, ${name}`, { token: '', headers: { authorization } }, true));
    cases.push(make('a cookie of no one', { token: '', headers: { cookie: 'mortise_session=mrs_x' } }, true));
    if (operation.path.includes('{organization_id_or_slug}')) cases.push(make('a token of another organization', { token: world.other.token }, true));
    if (operation.scopes.length > 0) cases.push(make('a token without the scope', { token: tokens.weak(operation.scopes) }, true));
    return cases;
  }

  #paths(operation, good, make) {
    const { other } = this.world;
    return operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name, schema }) => {
      const isId = ID.test(schema.pattern ?? '');
      const set = (value) => ({ values: { ...good.values, [name]: value } });
      const cases = PATH_VALUES.map((value) => make(`${name} = ${value.slice(0, 40)}`, set(value), isId || (name.includes('id') && !operation.isPublic)));
      if (!operation.isPublic && other.values[name] !== undefined && String(other.values[name]) !== String(this.world.acme.values[name]))
        cases.push(make(`${name} of another organization`, set(encodeURIComponent(other.value(name))), isId || name.endsWith('_or_slug')));
      return cases;
    });
  }

  #queries(operation, good, make) {
    const families = operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name, required }) => {
      const rest = good.query.filter(([key]) => key !== name);
      const with_ = (...values) => ({ query: [...rest, ...values.map((value) => [name, value])] });
      return [
        make(`without ${name}`, with_(), required === true),
        ...(name === 'cursor' ? CURSORS : QUERY_VALUES).map((value) => make(`${name}=${value.slice(0, 40)}`, with_(value))),
        make(`${name} twice`, with_('1', 'x')), make(`${name} a hundred times`, with_(...Array(100).fill('1'))), make(`${name}[]`, { query: [...rest, [`${name}[]`, '1']] }),
      ];
    });
    families.push([make('an unknown parameter', { query: [...good.query, ['nobody', 'knows']] }), make('an escape in the query that is none', { query: [...good.query, ['a', '%zz']] })]);
    return families;
  }

  #bodies(operation, good, make) {
    const isJson = operation.body.media === 'application/json' && !operation.path.startsWith('/api/{') && !operation.path.startsWith('/extensions/');
    const wrong = WRONG_BODIES.map(([name, body]) => make(`a body: ${name}`, { body }, isJson && !['half a surrogate', 'a number too large'].includes(name) ));
    wrong.push(make('a body: too large', { body: `{"a":"${'x'.repeat(operation.maxBytes)}"}` }, isJson));
    const types = WRONG_TYPES.map((type) => make(`content type ${type}`, { type }, isJson && good.body !== undefined));
    const example = this.#body(operation);
    if (!example || typeof example !== 'object' || !isJson) return [wrong, types];
    const { properties = {}, required = [] } = operation.body.schema;
    const members = [...new Set([...Object.keys(properties), ...Object.keys(example)])].map((name) => [
      make(`without ${name}`, { body: JSON.stringify({ ...example, [name]: undefined }) }, required.includes(name)),
      ...JSON_VALUES.map((value) => make(`"${name}": ${JSON.stringify(value)?.slice(0, 40)}`, { body: JSON.stringify({ ...example, [name]: value }) })),
    ]);
    const unknown = [make('unknown keys', { body: JSON.stringify({ ...example, nobody: { knows: [1] }, '': 1, 'a.b': null }) }),
      make('1 MiB of an unknown key', { body: JSON.stringify({ ...example, nobody: 'x'.repeat((1 << 20) - JSON.stringify(example).length - 20) }) })];
    return [wrong, types, unknown, ...members];
  }
}
