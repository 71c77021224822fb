import { drawHeal, sentenceOf } from '../../../scripts/heal/draw-heal';
import type { Recording } from '../../../scripts/heal/recording';

const RECORDING: Recording = {
  where: 'Node 20, 2 cores, load 1.0',
  supervisorPid: 10,
  serverPid: 11,
  killed: 1,
  lives: [
    { workerId: 0, pid: 12, listeningMs: -300 },
    { workerId: 1, pid: 13, listeningMs: -290, endedMs: 0 },
    { workerId: 1, pid: 14, startedMs: 5, listeningMs: 90.4 },
  ],
  asks: [
    { askedMs: -4, answeredMs: -2, workerId: 1 },
    { askedMs: 0, answeredMs: 1, workerId: undefined },
    { askedMs: 4, answeredMs: 6, workerId: 0 },
    { askedMs: 92, answeredMs: 94.6, workerId: 1 },
  ],
  fromMs: -100,
  toMs: 150,
};

describe('the picture of a kill -9', () => {
  it('has the number of failed requests, and the time of the first answer of the replacement', () => {
    expect(sentenceOf(RECORDING)).toBe(
      'kill -9 of worker 1: of 4 requests 1 failed, and its replacement answers after 95 ms',
    );
  });

  it('draws the first process of each worker into the tree, and every answer and life into the lanes', () => {
    const picture = drawHeal(RECORDING);
    expect([...picture.matchAll(/pid (\d+)/g)].map(([, pid]) => pid)).toEqual(['10', '11', '12', '13']);
    expect(picture.match(/<circle/g)).toHaveLength(3 + 1);
    expect(picture.match(/>×</g)).toHaveLength(1);
    expect(picture).not.toMatch(/NaN|undefined/);
  });
});
