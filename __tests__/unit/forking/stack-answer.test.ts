import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stackAnswer } from '../../../src/forking/stack-answer';
import { tempDir } from '../../support/temp-dir';

const NAMES = ['stackTraceLimit', 'prepareStackTrace'] as const;

interface Answer {
  readonly frames: readonly {
    readonly functionName: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  }[];
}

function answerOf(interrupt: (answer: () => void) => void): Answer {
  const path = join(tempDir(), 'answer');
  interrupt(stackAnswer(openSync(path, 'w')));
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines).toHaveLength(2);
  return JSON.parse(lines[0]!) as Answer;
}

describe('the answer of an interrupted process', () => {
  it('is its stack, without the function that answers', () => {
    const { frames } = answerOf(function interruptedHere(answer) {
      answer();
    });
    expect(frames[0]).toMatchObject({ functionName: 'interruptedHere' });
    expect(frames[0]!.file).toContain('stack-answer.test');
    expect(frames[0]!.line).toBeGreaterThan(0);
    expect(frames[0]!.column).toBeGreaterThan(0);
  });

  it('has enough frames, and leaves the form of stacks as the program has it', () => {
    const before = NAMES.map((name) => [name, Reflect.getOwnPropertyDescriptor(Error, name)] as const);
    const deep = (answer: () => void, left: number): void => {
      if (left === 0) answer();
      else deep(answer, left - 1);
    };
    try {
      Error.stackTraceLimit = 3;
      Error.prepareStackTrace = () => 'in its own form';
      expect(answerOf((answer) => deep(answer, 100)).frames).toHaveLength(50);
      expect(new Error('any').stack).toBe('in its own form');
      expect(Error.stackTraceLimit).toBe(3);
      // A program may also have removed them.
      for (const name of NAMES) Reflect.deleteProperty(Error, name);
      answerOf((answer) => answer());
      expect(NAMES.filter((name) => Object.hasOwn(Error, name))).toEqual([]);
    } finally {
      for (const [name, descriptor] of before) {
        if (descriptor) Object.defineProperty(Error, name, descriptor);
      }
    }
  });
});
