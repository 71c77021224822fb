import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { bundled } from '../../../support/bundled';

/** Descriptor 5 of a program is its log, as in a real worker. */
const LOG_FD = 5;

export function startProgram(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(process.execPath, [bundled(join(__dirname, `${name}.ts`)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
}

export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly log: string;
}

/** The parent's end of the log. */
export function logOf(program: ChildProcess): Readable {
  // The type has only five descriptors.
  return (program.stdio as unknown as readonly Readable[])[LOG_FD]!;
}

/** Reads everything until the program is gone. */
export async function finish(program: ChildProcess): Promise<ProgramResult> {
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    program.once('close', (code, signal) => resolve([code, signal]));
  });
  const texts = [program.stdout, program.stderr, logOf(program)].map(textOf);
  const [stdout = '', stderr = '', log = ''] = await Promise.all(texts);
  const [code, signal] = await ended;
  return { code, signal, stdout, stderr, log };
}

export function runProgram(
  name: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<ProgramResult> {
  return finish(startProgram(name, args, env));
}

export function nextMessage(program: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => program.once('message', resolve));
}

async function textOf(stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  } catch {
    // A test has closed it.
  }
  return Buffer.concat(chunks).toString('utf8');
}
