import { oomKillsSeen, OomKills } from '../../../src/dump/oom-kills';

describe('OomKills', () => {
  it.each<[string, (number | undefined)[], boolean[]]>([
    ['an unchanged count', [3, 3, 3], [false, false]],
    ['a rising count', [3, 4, 4, 5], [true, false, true]],
    ['two at once', [3, 5, 5, 5], [true, true, false]],
    ['a third one before the second is reported', [3, 5, 6, 6, 6], [true, true, true, false]],
    ['no count', [undefined, undefined], [false]],
    ['a count that is no longer readable', [3, undefined, 4], [false, false]],
  ])('with %s', (_name, counts, risen) => {
    const kills = new OomKills(() => counts.shift());
    expect(risen.map(() => kills.take(0))).toEqual(risen);
  });

  it("does not attribute a later death to another process's kill", () => {
    const counts = [3, 5, 5, 5];
    const kills = new OomKills(() => counts.shift());
    expect([kills.take(0), kills.take(2001), kills.take(2002)]).toEqual([true, false, false]);
  });

  it('is one count for all groups of workers', () => {
    expect(oomKillsSeen()).toBe(oomKillsSeen());
  });

  it('reads a real count where the machine has one', () => {
    expect(new OomKills().take(0)).toBe(false);
  });
});
