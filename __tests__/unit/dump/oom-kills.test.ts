import { OomKills } from '../../../src/dump/oom-kills';

describe('OomKills', () => {
  it.each<[string, (number | undefined)[], boolean[]]>([
    ['a count that stays', [3, 3, 3], [false, false]],
    ['a count that rises', [3, 4, 4, 6], [true, false, true]],
    ['no count', [undefined, undefined], [false]],
    ['a count that cannot be read any more', [3, undefined, 4], [false, false]],
  ])('with %s', (_name, counts, risen) => {
    const kills = new OomKills(() => counts.shift());
    expect(risen.map(() => kills.haveRisen())).toEqual(risen);
  });

  it('reads a real count, if the machine has one', () => {
    expect(new OomKills().haveRisen()).toBe(false);
  });
});
