import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLanes } from '../../../scripts/steps.mjs';

/** Records the order of starts and ends. Steps of `failing` fail, and all end in the next turn. */
async function outcomes(lanes, needs, failing = []) {
  const notes = [];
  const run = async (step) => {
    notes.push(`${step}(`);
    await new Promise(setImmediate);
    notes.push(`)${step}`);
    return { step, state: failing.includes(step) ? 'failed' : 'passed', seconds: 0, output: '' };
  };
  const results = await runLanes(lanes, needs, run);
  return { notes, states: Object.fromEntries(results.map(({ step, state }) => [step, state])) };
}

test('the steps of a lane run one after the other, and lanes run in parallel', async () => {
  const { notes } = await outcomes([['a', 'b'], ['x']], {});
  assert.ok(notes.indexOf(')a') < notes.indexOf('b('));
  assert.ok(notes.indexOf('x(') < notes.indexOf(')a'));
});

test('a step waits for the steps that it needs in another lane', async () => {
  const { notes } = await outcomes([['a', 'b'], ['x']], { x: ['b'] });
  assert.ok(notes.indexOf(')b') < notes.indexOf('x('));
});

test('a failure skips the steps that need it, directly or not, and no others', async () => {
  const { states } = await outcomes([['a', 'b', 'c', 'd'], ['x']], { b: ['a'], c: ['b'] }, ['a']);
  assert.deepEqual(states, { a: 'failed', b: 'skipped', c: 'skipped', d: 'passed', x: 'passed' });
});

test('a step outside of all lanes counts as done', async () => {
  const { states } = await outcomes([['a']], { a: ['build'] });
  assert.deepEqual(states, { a: 'passed' });
});
