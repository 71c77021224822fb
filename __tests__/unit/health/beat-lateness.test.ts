import { BeatLateness } from '../../../src/health/beat-lateness';

describe(BeatLateness, () => {
  it('records how much later than the interval each beat came', () => {
    const lateness = new BeatLateness();
    for (const at of [0, 1000, 2005, 3000, 6000]) lateness.beat(at, 1000);
    expect(lateness.samplesMs()).toEqual([0, 5, 0, 2000]);
  });

  it('records no lateness after a restart', () => {
    const lateness = new BeatLateness();
    lateness.beat(0, 1000);
    lateness.restart();
    lateness.beat(60_000, 100);
    lateness.beat(60_100, 100);
    expect(lateness.samplesMs()).toEqual([0]);
  });

  it('keeps only the last 300 values', () => {
    const lateness = new BeatLateness();
    let now = 0;
    for (let late = 0; late <= 1000; late += 1) {
      lateness.beat(now, 1000);
      now += 1000 + late;
    }
    const sorted = [...lateness.samplesMs()].sort((a, b) => a - b);
    expect(sorted).toHaveLength(300);
    expect([sorted[0], sorted.at(-1)]).toEqual([700, 999]);
  });
});
