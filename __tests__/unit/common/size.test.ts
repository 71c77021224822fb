import { parseSize } from '../../../src/common/size';

describe(parseSize, () => {
  it.each<[unknown, number | undefined]>([
    [0, 0],
    [1_048_576, 1_048_576],
    ['1048576', 1_048_576],
    ['10MB', 10 * 2 ** 20],
    ['10 mb', 10 * 2 ** 20],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['512k', 512 * 1024],
    ['1T', 2 ** 40],
    ['3b', 3],
    [1.4, 1],
    [-1, undefined],
    ['-1', undefined],
    ['10 apples', undefined],
    ['', undefined],
    [1e308, undefined],
    [Infinity, undefined],
    [null, undefined],
  ])('reads %j as %j', (given, expected) => {
    expect(parseSize(given)).toBe(expected);
  });
});
