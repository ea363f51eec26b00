// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What a stand-in answers when a test wants it to fail.
//
// A fault is {method?, path (prefix), kind, status?, headers?, json?, ms?, times?}: what the
// next matching requests get instead of their answer.
//   "status"   'status' with 'json', which may be made of the request (the default)
//   "html"     a page, with status 200 if none is given
//   "huge"     10 MiB of JSON
//   "nothing"  the connection closes
//   "lost"     the request is done, and its answer never arrives
//   "slow"     the request is done, and answered after 'ms'
//   "hang"     nothing, ever
const PAGE = '<!DOCTYPE html><title>Unicorn!</title>';

export class Faults {
  // 'serverError': the body of a failure that says none.
  constructor(serverError) {
    this.serverError = serverError;
    this.list = [];
  }

  add(fault) {
    this.list.push({ times: Infinity, kind: 'status', ...fault });
  }

  clear() {
    this.list.length = 0;
  }

  // What 'request' gets instead of the answer that 'answer(request)' would give, or null.
  reply(request, answer) {
    const fault = this.list.find((entry) => entry.times > 0 &&
      (!entry.method || entry.method === request.method) && request.path.startsWith(entry.path ?? '/'));
    if (!fault) return null;
    fault.times -= 1;
    switch (fault.kind) {
    case 'html':
      return { status: fault.status ?? 200, headers: fault.headers, text: PAGE };
    case 'huge':
      return { status: 200, headers: { 'content-type': 'application/json' }, text: `{"pad":"${'x'.repeat(10 << 20)}"}` };
    case 'nothing':
      return 'drop';
    case 'lost':
      return Promise.resolve(answer(request)).then(() => 'drop');
    case 'slow':
      return Promise.resolve(answer(request)).then((reply) => new Promise((resolve) => { setTimeout(resolve, fault.ms, reply); }));
    case 'hang':
      return 'hang';
    default:
      return { status: fault.status ?? 500, headers: fault.headers,
        json: typeof fault.json === 'function' ? fault.json(request) : fault.json ?? this.serverError };
    }
  }
}
