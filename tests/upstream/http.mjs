// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Small HTTP servers for stand-ins: loopback only, one async handler, replies as data.
import http from 'node:http';
import https from 'node:https';

// Start 'handler(request) → reply' on a free port of 127.0.0.1.  'request' is
// {method, path, query, headers, body (Buffer)}; a reply is {status, headers?, json? |
// text? | bytes?}, 'hang' (never answer) or 'drop' (close without an answer).  'tls' is
// {key, cert} of a server that speaks HTTPS.
export async function serve(handler, port = 0, tls = null) {
  const server = (tls ? https : http).createServer(tls ?? {}, (req, res) => {
    handle(handler, req, res).catch((error) => {
      if (!res.headersSent) send(res, { status: 500, json: { message: String(error.stack) } });
    });
  });
  server.requestTimeout = 0;
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: server.address().port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

async function handle(handler, req, res) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const url = new URL(req.url, 'http://stand-in');
  const reply = await handler({
    method: req.method,
    target: req.url,
    path: url.pathname,
    query: url.searchParams,
    headers: req.headers,
    body: Buffer.concat(chunks),
  });
  if (reply === 'hang') return;
  if (reply === 'drop') req.socket.destroy();
  else send(res, reply);
}

function send(res, { status = 200, headers = {}, json, text, bytes }) {
  const body = json !== undefined ? JSON.stringify(json) : bytes ?? text ?? '';
  const type = json !== undefined ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8';
  res.writeHead(status, { 'content-type': type, ...headers });
  res.end(body);
}

// Pass a request on to 'base' and give its answer as a reply.
export async function forward(base, request, headers = request.headers) {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) =>
    !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name)));
  const answer = await fetch(base + request.target, {
    method: request.method,
    headers: kept,
    body: ['GET', 'HEAD'].includes(request.method) ? undefined : request.body,
    redirect: 'manual',
  });
  const reply = { status: answer.status, headers: Object.fromEntries(answer.headers) };
  delete reply.headers['content-encoding'];
  delete reply.headers['content-length'];
  delete reply.headers['transfer-encoding'];
  reply.bytes = Buffer.from(await answer.arrayBuffer());
  return reply;
}
