// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Somebody who signed in by a link of the operator, and asks the API with that session.

export class Person {
  static async signIn(daemon, email) {
    const link = await daemon.ctlOk('login-link', email);
    const { status, headers, json, text } = await daemon.api('POST', '/auth/login-link/', { body: { token: new URL(link).hash.replace('#token=', '') } });
    if (status !== 200) throw new Error(`sign in: ${status} ${text}`);
    const person = new Person();
    person.daemon = daemon;
    person.headers = { cookie: headers['set-cookie'][0].split(';')[0], 'x-csrf-token': json.csrf };
    return person;
  }

  ask(method, path, body) {
    return this.daemon.api(method, path, { headers: this.headers, body });
  }
}
