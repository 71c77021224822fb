import { StopRequest } from '../../../src/contract/stop-request';

describe('StopRequest', () => {
  it('ends every wait, earlier and later ones', async () => {
    const stop = new StopRequest();
    const early = [stop.wait(), stop.wait()];
    expect(stop.isMade).toBe(false);
    stop.make();
    expect(stop.isMade).toBe(true);
    await Promise.all([...early, stop.wait()]);
  });

  it('aborts a signal that was requested before', () => {
    const stop = new StopRequest();
    const { signal } = stop;
    const onAbort = jest.fn();
    signal.addEventListener('abort', onAbort);
    stop.make();
    stop.make();
    expect(onAbort).toHaveBeenCalledTimes(1);
    expect(stop.signal).toBe(signal);
  });

  it('gives later callers an aborted signal', () => {
    const stop = new StopRequest();
    stop.make();
    expect(stop.signal.aborted).toBe(true);
  });
});
