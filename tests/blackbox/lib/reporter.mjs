// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// An application that reports with Sentry's own SDK, in a process of its own: the SDK
// changes the process that it is in.
//
//   const ids = await report(dsn, [{ error: 'TypeError', value: 'x is no function' },
//     { message: 'user 42 left', level: 'warning' }], { release: 'shop@1.2.3' });
//
// Each report may have 'user', 'tags', 'fingerprint' and 'extra'.  Gives the event ids, or
// null for what the SDK could not hand over.
import { execFile } from 'node:child_process';

import { patience } from './until.mjs';

export function report(dsn, reports, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [import.meta.filename, JSON.stringify({ dsn, reports, options })],
      { timeout: 60_000 * patience, env: { PATH: process.env.PATH } }, (error, out, err) =>
        (error ? reject(new Error(`the reporter: ${error.message}\n${err}`)) : resolve(JSON.parse(out))));
  });
}

// Each kind of error is thrown from a function of its own name: it has a stack.
function thrown({ error, value }) {
  const kinds = { Error, TypeError, RangeError, SyntaxError };
  const checkout = () => { throw new kinds[error](value); };
  try {
    checkout();
  } catch (caught) {
    return caught;
  }
}

async function main({ dsn, reports, options }) {
  const Sentry = await import('@sentry/node');
  const statuses = [];
  Sentry.init({ dsn, ...options });
  Sentry.getClient().on('afterSendEvent', (event, { statusCode }) => statuses.push([event.event_id, statusCode]));
  const ids = reports.map(({ user, tags, fingerprint, extra, ...what }) => Sentry.withScope((scope) => {
    if (user) scope.setUser(user);
    if (tags) scope.setTags(tags);
    if (fingerprint) scope.setFingerprint(fingerprint);
    if (extra) scope.setExtras(extra);
    return what.message ? Sentry.captureMessage(what.message, what.level) : Sentry.captureException(thrown(what));
  }));
  await Sentry.close(20_000);
  const accepted = new Map(statuses);
  console.log(JSON.stringify(ids.map((id) => (accepted.get(id) === 200 ? id : null))));
}

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2]));
