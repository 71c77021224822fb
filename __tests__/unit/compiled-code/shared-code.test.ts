import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import fc from 'fast-check';
import {
  contentId,
  CORE_FILE,
  decodeCodePlace,
  encodeCodePlace,
  scriptKey,
} from '../../../src/compiled-code/code-place';
import { shareCode } from '../../../src/compiled-code/shared-code';

const FOLDER = join(__dirname, '../../../src/compiled-code');
const SOURCE = '(function () { return "compiled"; })';

describe('the place of compiled code', () => {
  it('is unchanged after it is passed through the environment', () => {
    const id = fc.stringMatching(/^[0-9.-]{1,40}$/);
    fc.assert(
      fc.property(fc.nat(1_000_000), id, id, (fd, code, source) => {
        expect(decodeCodePlace(encodeCodePlace({ fd, code, source }))).toEqual({ fd, code, source });
      }),
    );
  });

  it.each(['', '7', '7 a', '-1 a b', 'x a b', '7 a b c', '99999999999 a b'])(
    'cannot be parsed from %j',
    (text) => {
      expect(decodeCodePlace(text)).toBeUndefined();
    },
  );

  it('differs for a file that was replaced or changed', () => {
    const before = { dev: 1, ino: 2, size: 3, ctimeMs: 4.5 };
    const after = [{ dev: 9 }, { ino: 9 }, { size: 9 }, { ctimeMs: 9 }].map((change) =>
      contentId({ ...before, ...change }),
    );
    expect(new Set([contentId(before), ...after]).size).toBe(5);
  });
});

describe('compiled code for children', () => {
  const key = scriptKey(join(FOLDER, CORE_FILE));

  afterEach(() => {
    Reflect.deleteProperty(globalThis, key);
  });

  it('exists only when the package was compiled by its own loader', () => {
    expect(shareCode()).toBeUndefined();
  });

  it('is in an unnamed file that is read-only for children, and V8 accepts it', () => {
    const script = new Script(SOURCE);
    Object.defineProperty(globalThis, key, {
      configurable: true,
      value: { script, source: 'the-source', isTaken: false, worker: () => {} },
    });
    const shared = shareCode()!;
    try {
      const { size, nlink, mode } = fstatSync(shared.fd);
      expect([nlink, mode & 0o077]).toEqual([0, 0]);
      expect(() => writeSync(shared.fd, 'x')).toThrow('EBADF');
      const cachedData = Buffer.alloc(size);
      readSync(shared.fd, cachedData, 0, size, 0);
      expect(new Script(SOURCE, { cachedData }).cachedDataRejected).toBe(false);
      expect(decodeCodePlace(shared.placeAt(7))).toEqual({
        fd: 7,
        code: contentId(fstatSync(shared.fd)),
        source: 'the-source',
      });
    } finally {
      closeSync(shared.fd);
    }
  });
});
