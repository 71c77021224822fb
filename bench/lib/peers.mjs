// Peers that are not part of the package: installed only for the bench, or found on the machine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './commands.mjs';

const FOLDER = fileURLToPath(new URL('../peers', import.meta.url));
const INSTALL_MS = 180_000;
const ASK_MS = 10_000;

export const peerPath = (path) => join(FOLDER, 'node_modules', path);

/** Resolves with the reason why the peers from npm are missing, or with undefined. */
export async function installPeers(tell) {
  const { dependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'));
  const isThere = ([name, version]) => versionOf(name) === version;
  if (Object.entries(dependencies).every(isThere)) return undefined;
  tell(`installing ${Object.keys(dependencies).join(', ')} into bench/peers`);
  // Their install scripts are for platforms on which the bench does not run.
  const args = ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'];
  try {
    const { code, stderr } = await runCommand('npm', args, { limitMs: INSTALL_MS, cwd: FOLDER });
    return code === 0 ? undefined : `npm ci ended with ${code}: ${stderr.trim().split('\n')[0]}`;
  } catch (error) {
    return error.message;
  }
}

/** The version that is installed for the bench, or undefined. */
export function versionOf(name) {
  const path = peerPath(join(name, 'package.json'));
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).version : undefined;
}

/** The versions of all optional tools by name, undefined for missing ones. */
export async function findTools() {
  const [wrk, strace, puma, gunicorn, ruby] = await Promise.all([
    // wrk prints its version with its usage, and exits with an error.
    ask('wrk', ['--version'], /^wrk (?:\S+\/)?([\d.]+)/m),
    ask('strace', ['--version'], /version ([\d.]+)/),
    ask('puma', ['--version'], /([\d.]+)/),
    ask('gunicorn', ['--version'], /([\d.]+)/),
    ask('ruby', ['-e', 'require "serverengine"; puts ServerEngine::VERSION'], /^([\d.]+)$/m),
  ]);
  const installed = ['throng', 'pm2', 'winston', 'pino', 'autocannon'].map((name) => [name, versionOf(name)]);
  return { wrk, strace, puma, gunicorn, ruby, ...Object.fromEntries(installed) };
}

async function ask(command, args, pattern) {
  try {
    const { stdout, stderr } = await runCommand(command, args, { limitMs: ASK_MS });
    return pattern.exec(stdout + stderr)?.[1];
  } catch {
    return undefined;
  }
}
