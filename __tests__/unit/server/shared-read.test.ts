import { SharedRead } from '../../../src/server/shared-read';

describe('SharedRead', () => {
  it('reads once for all callers while another read is pending', async () => {
    const release: (() => void)[] = [];
    let reads = 0;
    const shared = new SharedRead(async () => {
      reads += 1;
      const mine = reads;
      await new Promise<void>((resolve) => release.push(resolve));
      return mine;
    });
    const first = shared.ask();
    const others = Array.from({ length: 300 }, () => shared.ask());
    release[0]?.();
    expect(await first).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    // That read has begun, so it may miss later changes.
    const late = shared.ask();
    release[1]?.();
    expect(new Set(await Promise.all(others))).toEqual(new Set([2]));
    await new Promise((resolve) => setImmediate(resolve));
    release[2]?.();
    expect(await late).toBe(3);
    expect(reads).toBe(3);
  });
});
