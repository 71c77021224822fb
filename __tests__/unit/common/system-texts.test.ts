import fc from 'fast-check';
import { parseGroups, parseUsers } from '../../../src/common/accounts';
import { groupFolders, usableProcessors } from '../../../src/common/control-group';
import { explainView, kernelView, parseSyscall } from '../../../src/hang/kernel-view';
import { unicode } from '../../support/unicode';

// Any content of a system file, also of an unknown kernel, in a container, or truncated while it is read.
const word = fc.oneof(
  fc.string(),
  unicode(),
  fc.constantFrom('0', '-1', 'max', '1e999', '99999999999999999999', '0x10', 'running', '(', ')', 'Z', 'NaN'),
);
const anyText = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ':', '\n', ',', '/', '')), { maxLength: 30 })
  .map((parts) => parts.flat().join(''));

describe('arbitrary system files', () => {
  it('give users and groups with a valid name and number', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const { name, uid, gid } of parseUsers(text))
          expect([name === '', uid >= 0, gid >= 0]).toEqual([false, true, true]);
        for (const { name, gid } of parseGroups(text)) expect([name === '', gid >= 0]).toEqual([false, true]);
      }),
    );
  });

  it('allow at least one processor and at most those of the machine', () => {
    fc.assert(
      fc.property(
        fc.func(fc.option(anyText, { nil: undefined })),
        fc.integer({ min: 1, max: 512 }),
        (read, present) => {
          const count = usableProcessors(read, present);
          expect(Number.isInteger(count) && count >= 1 && count <= present).toBe(true);
          const { v1, v2 } = groupFolders('cpu', read);
          for (const folder of [...v1, ...v2]) expect(folder.startsWith('/sys/fs/cgroup')).toBe(true);
        },
      ),
    );
  });

  it('show a process as far as they can be parsed', () => {
    const file = fc.func(fc.option(anyText, { nil: undefined }));
    fc.assert(
      fc.property(file, file, file, (readFile, link, nameOf) => {
        const view = kernelView({ file: readFile, link, nameOf }, 'x64');
        if (view) expect(explainView(view, false)).toMatch(/^it /);
      }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const call = parseSyscall(text, 'x64');
        expect(call === undefined || typeof call.name === 'string').toBe(true);
      }),
    );
  });
});
