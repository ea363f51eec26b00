// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// JSON at its edges: a webhook's body is refused at the door, or it reaches its handler; it
// is never acknowledged and then lost.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Ping } from './lib/ping.mjs';

describe('a webhook whose body', () => {
  let ping;
  before(async () => {
    ping = await Ping.start();
    await ping.install('acme', 'a1');
  });
  after(() => ping?.close());

  // As member "odd" of a body that ping's handler takes, or as the whole body.
  const body = (odd) => `{"account":"a1","object":"one","do":"ok","odd":${odd}}`;
  const send = (bytes) => ping.daemon.request('POST', '/extensions/ping/webhook/', { body: bytes, headers: {
    'x-ping-event': 'told', 'x-ping-delivery': randomUUID(),
    'x-ping-signature': `sha256=${createHmac('sha256', ping.secret).update(bytes).digest('hex')}` } });
  const nested = (depth, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth);

  const taken = {
    'has a number beyond every double': body('1e9999'),
    'has one below': body('-1E+400'),
    'has one too near to zero': body('1e-9999'),
    'has an integer of 40 digits': body('1234567890'.repeat(4)),
    'has an integer of half a million digits': body('7'.repeat(500_000)),
    'has a hundred thousand such numbers': body(`[${'1e999,'.repeat(100_000)}0]`),
    'has NUL in a text': body('"a\\u0000b"'),
    'has NUL in a name': body('{"\\u0000":1,"":2}'),
    'has half a surrogate pair': body('["\\ud800","\\udc00","\\udc00\\ud800","\\ud83d"]'),
    'names a member twice': body('{"a":1,"a":2}'),
    'nests as deep as is allowed': body(nested(511)),
    'nests so deep around such a number': body(nested(511, '1e9999')),
    'has DEL and characters beyond the basic plane': body('"\x7f\u{1f600}\uffff"'),
  };
  for (const [what, bytes] of Object.entries(taken))
    test(`${what} reaches its handler`, async () => {
      const before = await ping.daemon.idle();
      const answer = await send(bytes);
      assert.equal(answer.status, 202, answer.text);
      assert.deepEqual(await ping.daemon.idle(), { ...before, done: before.done + 1 });
    });

  const refused = {
    'nests deeper than is allowed': body(nested(512)),
    'nests a hundred thousand levels deep': nested(100_000),
    'opens without end': '{"a":'.repeat(100_000),
    'is not finished': body('1').slice(0, -1),
    'is followed by something': `${body('1')}x`,
    'begins with a byte order mark': `\ufeff${body('1')}`,
    'has words of other languages': body('NaN'),
    'has another one': body('Infinity'),
    'has a number that begins with zero': body('01'),
    'has a number without digits': body('1e'),
    'has a comma too many': body('[1,]'),
    'has a comment': body('1/**/'),
    'has text in single quotes': body("'a'"),
    'has a line end in a text': body('"a\nb"'),
    'has an escape that is none': body('"\\x41"'),
    'has bytes that are not UTF-8': Buffer.from(body('"\xff"'), 'latin1'),
    'has a surrogate in UTF-8': Buffer.concat([Buffer.from(body('"').slice(0, -1)), Buffer.from('eda080', 'hex'), Buffer.from('"}')]),
    'is a text alone': '"a"',
    'names its account twice': body('1,"account":"a2"'),
  };
  for (const [what, bytes] of Object.entries(refused))
    test(`${what} is refused at the door`, async () => {
      const before = await ping.daemon.idle();
      assert.equal((await send(bytes)).status, 400);
      assert.deepEqual(await ping.daemon.idle(), before);
    });
});
