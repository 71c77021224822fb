/** The file with the configuration in the folder, as a structured clone. */
export const CONFIG_FILE = 'config';

/** Ignored in processes without a handler for it. */
export const BLOCK_SIGNAL = 'SIGURG';

/** While this file exists, the process with that pid is blocked. */
export function blockFile(pid: number): string {
  return `block-${pid}`;
}

/** This file exists once the process is blocked. */
export function blockedFile(pid: number): string {
  return `blocked-${pid}`;
}

/**
 * The script that each process of a test engine loads before its program: it provides the configuration, and can block.
 */
export function agentScript(folder: string): string {
  return `'use strict';
const fs = require('node:fs');
const { isMainThread } = require('node:worker_threads');
const folder = ${JSON.stringify(folder)} + '/';
globalThis[Symbol.for('serverengine.testConfig')] = () =>
  require('node:v8').deserialize(fs.readFileSync(folder + '${CONFIG_FILE}'));
if (isMainThread) process.on('${BLOCK_SIGNAL}', () => {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const [block, blocked] = ['block-', 'blocked-'].map((name) => folder + name + process.pid);
  if (!fs.existsSync(block)) return;
  fs.writeFileSync(blocked, '');
  while (fs.existsSync(block)) Atomics.wait(word, 0, 0, 5);
  fs.rmSync(blocked, { force: true });
});
`;
}
