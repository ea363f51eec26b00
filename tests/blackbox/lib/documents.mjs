// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Atlassian Document Format: are the documents that a Jira got such as Atlassian's own
// schema allows?  Prism cannot say: in the description their place is free.
import { readFileSync } from 'node:fs';

import Ajv from 'ajv';

import { descriptionFile } from './description.mjs';

const SCHEMA = 'jira-adf.schema';

// Why documents cannot be checked here is that there is no file.
export const documentSchema = descriptionFile(SCHEMA);

// The schema is of a draft that ajv knows no more; it uses nothing that has changed since.
function compile() {
  const { $schema, ...schema } = JSON.parse(readFileSync(documentSchema));
  return new Ajv({ strict: false, validateSchema: false, logger: false }).compile(schema);
}

// Every document in a JSON value.
export function documentsIn(value) {
  if (value === null || typeof value !== 'object') return [];
  if (value.type === 'doc') return [value];
  return Object.values(value).flatMap(documentsIn);
}

// What is wrong with the documents among these requests: {count, errors: [text]}.
export function checkDocuments(requests) {
  const validate = compile();
  const documents = requests.filter(({ body }) => body.startsWith('{')).flatMap(({ body }) => documentsIn(JSON.parse(body)));
  const errors = documents.filter((document) => !validate(document)).map((document) =>
    `${JSON.stringify(document)}: ${validate.errors[0].instancePath} ${validate.errors[0].message}`);
  return { count: documents.length, errors };
}

// The text of a document, blocks on lines of their own.
export function plain(node) {
  if (node.type === 'text') return node.text;
  if (node.type === 'hardBreak') return '\n';
  const inner = (node.content ?? []).map(plain).join('');
  return ['paragraph', 'codeBlock', 'heading'].includes(node.type) ? `${inner}\n` : inner;
}
