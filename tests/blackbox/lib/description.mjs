// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A provider's own API description ($MORTISE_UPSTREAM, or ../shared/upstream beside
// the checkout): is this answer one that it allows?  Where the folder is absent,
// description() gives null and the test says that it is skipped.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv';
import addFormats from 'ajv-formats';

import { top } from './paths.mjs';

export const folder = process.env.MORTISE_UPSTREAM || join(top, '..', 'shared', 'upstream');

export function descriptionFile(name) {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? file : null;
}

export const NO_DESCRIPTION = `no API descriptions in ${folder} (set MORTISE_UPSTREAM)`;

export function description(name) {
  const file = descriptionFile(name);
  if (!file) return null;
  const api = JSON.parse(readFileSync(file));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true, logger: false });
  addFormats(ajv);
  ajv.addSchema(api, 'api');
  return new Description(api, ajv);
}

class Description {
  constructor(api, ajv) {
    this.api = api;
    this.ajv = ajv;
    this.compiled = new Map();
  }

  // The described path that 'path' is an instance of; literal segments count more.
  pathOf(path) {
    const wanted = path.split('/');
    let best = null;
    for (const template of Object.keys(this.api.paths)) {
      const parts = template.split('/');
      if (parts.length !== wanted.length) continue;
      if (!parts.every((part, i) => part === wanted[i] || (part.startsWith('{') && wanted[i]))) continue;
      const literal = parts.filter((part) => !part.startsWith('{')).length;
      if (!best || literal > best.literal) best = { template, literal };
    }
    return best?.template ?? null;
  }

  // What is wrong with this answer: a list of texts, empty if nothing.
  answerErrors(method, path, status, json) {
    const template = this.pathOf(path);
    const operation = template && this.api.paths[template][method.toLowerCase()];
    if (!operation) return [`${method} ${path} is not described`];
    const key = `${method} ${template} ${status}`;
    if (!this.compiled.has(key)) this.compiled.set(key, this.#compile(template, method.toLowerCase(), status));
    const validate = this.compiled.get(key);
    if (!validate) return [`${key} is not described`];
    return validate(json) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`);
  }

  #compile(template, method, status) {
    let at = ['paths', template, method, 'responses', String(status)];
    let response = at.reduce((node, key) => node?.[key], this.api);
    if (response?.$ref) {
      at = response.$ref.slice(2).split('/');
      response = at.reduce((node, key) => node?.[key], this.api);
    }
    if (!response?.content?.['application/json']?.schema) return null;
    const pointer = [...at, 'content', 'application/json', 'schema']
      .map((part) => part.replace(/~/g, '~0').replace(/\//g, '~1')).map(encodeURIComponent).join('/');
    return this.ajv.compile({ $ref: `api#/${pointer}` });
  }
}
