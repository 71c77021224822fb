import { reseedRandom } from '../../../src/child/forked-self';

describe('Math.random() in a forked process', () => {
  it("is seeded again, and as uniform as V8's", () => {
    const drawn = [1, 2].map(() => {
      const chance = { draw: () => 0.5 };
      reseedRandom({ chance });
      return Array.from({ length: 10_000 }, () => chance.draw());
    });
    const all = drawn.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((value) => value >= 0 && value < 1)).toBe(true);
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => all.filter((value) => Math.floor(value * 10) === tenth).length,
    );
    // Six standard deviations for 20,000 draws.
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(260);
  });
});
