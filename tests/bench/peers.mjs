// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What mortised is measured beside: nginx with a static answer, which looks at nothing;
// and the middleware of @octokit/webhooks on node, which checks the signature, parses,
// calls a handler and forgets.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from '../blackbox/lib/config.mjs';
import { Program } from '../blackbox/lib/process.mjs';
import { until } from '../blackbox/lib/until.mjs';

const here = dirname(fileURLToPath(import.meta.url));

function listens(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

async function started(program, port) {
  await until('the peer listens', async () => program.end || listens(port), { within: 15_000 });
  if (program.end) throw new Error(`the peer did not start:\n${program.lines.join('\n')}`);
  return port;
}

// One worker, which reads the whole body; with 'reply', it answers whatever is asked with
// that file.
export async function startNginx(reply = null) {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-bench-nginx-'));
  const port = await freePort();
  const bodies = join(folder, 'bodies');
  const answer = reply === null ? 'return 200;' :
    `root ${folder}; default_type application/json; try_files /reply =404; error_page 405 =200 /reply;`;
  if (reply !== null) writeFileSync(join(folder, 'reply'), reply);
  chmodSync(folder, 0o755);      // its worker is another user
  writeFileSync(join(folder, 'nginx.conf'), `
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 256; }
    http {
      access_log off; client_body_temp_path ${bodies}; client_body_buffer_size 64k; keepalive_requests 1000000000;
      proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server { listen 127.0.0.1:${port}; location / { ${answer} } }
    }`);
  const program = new Program('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')]);
  return { name: 'nginx', port: await started(program, port), close: async () => {
    await program.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  } };
}

export async function startOctokit(secret) {
  const port = await freePort();
  const program = new Program(process.execPath, [join(here, 'octokit_peer.mjs'), String(port)],
    { env: { PATH: process.env.PATH, NODE_ENV: 'production', WEBHOOK_SECRET: secret } });
  return { name: 'octokit', port: await started(program, port), close: () => program.kill('SIGTERM') };
}

// Why the peers cannot run here, or null.
export function missingTools() {
  const missing = ['wrk', 'nginx', 'sqlite3'].filter((name) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length > 0 ? `not installed: ${missing.join(', ')} (apt-get install wrk nginx-light sqlite3)` : null;
}
