// nginx in front of the app, unprivileged in its own folder, with kept connections to the app.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATHS = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'];

const running = new Set();

/** Where it is installed, or undefined. */
export const nginxPath = PATHS.find((path) => existsSync(path));

/** For an interrupted proof. */
export function endNginx() {
  for (const stop of running) void stop();
}

/** Starts nginx. Resolves with its addresses by upstream. */
export async function startNginx({ web, unix }) {
  const folder = mkdtempSync(join(tmpdir(), 'proof-nginx-'));
  const targets = { tcp: { path: join(folder, 'tcp') }, unix: { path: join(folder, 'unix') } };
  const errorLog = join(folder, 'error.log');
  const configPath = join(folder, 'nginx.conf');
  writeFileSync(
    configPath,
    configOf(folder, [
      { name: 'tcp', server: `127.0.0.1:${web.port}`, listen: targets.tcp.path },
      { name: 'unix', server: `unix:${unix.path}`, listen: targets.unix.path },
    ]),
  );
  const child = spawn(nginxPath, ['-p', folder, '-e', errorLog, '-c', configPath], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async () => {
    running.delete(stop);
    child.kill('SIGTERM');
    await exited;
    const errors = existsSync(errorLog) ? readFileSync(errorLog, 'utf8') : '';
    rmSync(folder, { recursive: true, force: true });
    return errors.split('\n').filter((line) => /\[(error|crit|alert|emerg)\]/.test(line));
  };
  running.add(stop);
  while (!existsSync(targets.unix.path)) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${readFileSync(errorLog, 'utf8')}`);
    await sleep(20);
  }
  return { targets, stop };
}

function configOf(folder, upstreams) {
  return `
${userInfo().uid === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${upstreams
  .map(
    ({ name, server, listen }) => `
  upstream ${name} { server ${server}; keepalive 16; }
  server {
    listen unix:${listen};
    location / {
      proxy_pass http://${name};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
  )
  .join('\n')}
}
`;
}
