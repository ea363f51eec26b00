// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Our own description of the API, as it was built: its operations with all references
// resolved, requests made from its examples and schemas, and whether an answer is one that
// it allows.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { build, top } from './paths.mjs';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

// In a tarball it stands beside the sources.
export const descriptionFile = [build, top].map((folder) => join(folder, 'docs', 'api', 'openapi.json')).find(existsSync);

// What any request may get before its operation is known; the description says so once.
const BEFORE_THE_OPERATION = [400, 405, 408, 413, 414, 431];

const pointer = (...parts) =>
  parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

export class ApiDescription {
  constructor(api = JSON.parse(readFileSync(descriptionFile))) {
    this.api = api;
    this.ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
    addFormats(this.ajv);
    this.ajv.addSchema(api, 'api');
    this.compiled = new Map();
    this.operations = Object.entries(api.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method])
      .map((method) => this.#operation(path, item, method)));
  }

  // The thing that a reference leads to, one step or many.
  resolve(thing) {
    return thing?.$ref ? this.resolve(thing.$ref.slice(2).split('/').reduce((node, key) =>
      node[key.replaceAll('~1', '/').replaceAll('~0', '~')], this.api)) : thing;
  }

  // A schema with everything inside resolved.
  schema(schema) {
    const resolved = this.resolve(schema);
    if (Array.isArray(resolved)) return resolved.map((part) => this.schema(part));
    if (!resolved || typeof resolved !== 'object') return resolved;
    return Object.fromEntries(Object.entries(resolved).map(([key, value]) => [key, this.schema(value)]));
  }

  #operation(path, item, method) {
    const operation = item[method];
    const parameters = [...item.parameters ?? [], ...operation.parameters ?? []].map((parameter) => this.resolve(parameter))
      .map((parameter) => ({ ...parameter, schema: this.schema(parameter.schema) }));
    const requestBody = this.resolve(operation.requestBody);
    const [media, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    return {
      id: operation.operationId, tag: operation.tags[0], method: method.toUpperCase(), path, parameters,
      isPublic: Array.isArray(operation.security) && operation.security.length === 0,
      scopes: operation['x-scopes'] ?? [],
      maxBytes: operation['x-max-bytes'] ?? 1 << 20,
      body: requestBody && { media, schema: this.schema(content.schema), example: content.example,
        required: requestBody.required === true },
      statuses: Object.keys(operation.responses).map(Number),
    };
  }

  // ---- Requests ----

  // A value that fits a schema: its example, or the least that it asks for.
  sample(schema) {
    if (!schema || typeof schema !== 'object') return 'text';
    if (schema.example !== undefined) return schema.example;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    if (schema.default !== undefined) return schema.default;
    for (const choice of ['oneOf', 'anyOf']) if (schema[choice]) return this.sample(schema[choice][0]);
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => this.sample(part)));
    const type = [schema.type ?? 'string'].flat()[0];
    if (type === 'object')
      return Object.fromEntries((schema.required ?? []).map((name) => [name, this.sample(schema.properties?.[name] ?? {})]));
    if (type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => this.sample(schema.items));
    if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1);
    if (type === 'boolean') return true;
    if (type === 'null') return null;
    if (schema.format === 'date-time') return '2026-05-01T10:00:00Z';
    if (schema.pattern?.includes('[1-9]')) return '1';
    return 'x'.repeat(Math.max(schema.minLength ?? 1, 1));
  }

  bodySample({ body }) {
    return body?.example !== undefined ? structuredClone(body.example) : this.sample(body?.schema);
  }

  // ---- Answers ----

  // What is wrong with an answer, {status, headers, text}: a list of texts, empty if nothing.
  answerErrors(operation, { status, headers, text }) {
    const response = this.resolve(this.api.paths[operation.path][operation.method.toLowerCase()].responses[status]);
    if (!response && BEFORE_THE_OPERATION.includes(status)) return this.#bodyErrors('#/components/schemas/Detail', text);
    if (!response) return [`${status} is not described: ${text.slice(0, 200)}`];
    const missing = Object.entries(response.headers ?? {}).filter(([name, header]) =>
      this.resolve(header).required && headers[name.toLowerCase()] === undefined);
    const errors = missing.map(([name]) => `no ${name} header`);
    if (!response.content) return text === '' ? errors : [...errors, `a body, where none is described: ${text.slice(0, 200)}`];
    const type = (headers['content-type'] ?? '').split(';')[0];
    if (!response.content['application/json']) {
      const fits = Object.keys(response.content).some((media) => media === '*/*' || media === type);
      return fits ? errors : [...errors, `content type ${type}`];
    }
    if (type !== 'application/json') return [...errors, `content type ${type}`];
    return [...errors, ...this.#bodyErrors(this.#place(operation, status), text)];
  }

  #place(operation, status) {
    const response = this.api.paths[operation.path][operation.method.toLowerCase()].responses[status];
    const at = response.$ref ?? `#${pointer('paths', operation.path, operation.method.toLowerCase(), 'responses', String(status))}`;
    return `${at}${pointer('content', 'application/json', 'schema')}`;
  }

  #bodyErrors(place, text) {
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      return [`not JSON: ${text.slice(0, 200)}`];
    }
    if (!this.compiled.has(place)) this.compiled.set(place, this.ajv.compile({ $ref: `api${place}` }));
    const validate = this.compiled.get(place);
    return validate(json) ? [] : validate.errors.map(({ instancePath, message, params }) =>
      `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`);
  }
}
