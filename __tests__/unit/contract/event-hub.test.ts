import { EventHub } from '../../../src/contract/event-hub';
import { fakeLogger } from './fake-logger';

const reload = { ok: true, changed: ['workers'], needsRestart: [] };
const broken = new Error('broken');

describe(EventHub, () => {
  it('calls the listeners of an event in the order of their registration, and no others', () => {
    const hub = new EventHub();
    const heard: string[] = [];
    hub.on('configReloaded', ({ changed }) => heard.push(`one ${changed.join()}`));
    hub.on('configReloaded', () => heard.push('two'));
    hub.on('rollout', () => heard.push('another event'));
    hub.emitter(fakeLogger())('configReloaded', reload);
    expect(heard).toEqual(['one workers', 'two']);
  });

  it('removes one registration of a listener for each off()', () => {
    const hub = new EventHub();
    const listener = jest.fn();
    hub.on('configReloaded', listener);
    hub.on('configReloaded', listener);
    hub.off('configReloaded', listener);
    hub.off('rollout', listener);
    hub.emitter(fakeLogger())('configReloaded', reload);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it.each([
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', () => Promise.reject(broken)],
  ])('logs a listener that %s, and still calls the others', async (_how, listener) => {
    const hub = new EventHub();
    const logger = fakeLogger();
    const other = jest.fn();
    hub.on('configReloaded', listener);
    hub.on('configReloaded', other);
    hub.emitter(logger)('configReloaded', reload);
    await Promise.resolve();
    await Promise.resolve();
    expect(other).toHaveBeenCalledWith(reload);
    expect(logger.error).toHaveBeenCalledWith('a listener for configReloaded failed', { error: broken });
  });

  it('reports when the first listener is added and when the last is removed', () => {
    const hub = new EventHub();
    const heard: boolean[] = [];
    hub.onListenersChange((hasListeners) => heard.push(hasListeners));
    const [one, other] = [jest.fn(), jest.fn()];
    expect(hub.hasListeners).toBe(false);
    hub.on('rollout', one);
    hub.on('configReloaded', other);
    hub.off('rollout', one);
    hub.off('rollout', one);
    expect(heard).toEqual([true]);
    hub.off('configReloaded', other);
    hub.on('rollout', one);
    expect(heard).toEqual([true, false, true]);
  });

  it('accepts a listener that is added by a listener', () => {
    const hub = new EventHub();
    const late = jest.fn();
    hub.on('configReloaded', () => hub.on('configReloaded', late));
    const emit = hub.emitter(fakeLogger());
    emit('configReloaded', reload);
    expect(late).not.toHaveBeenCalled();
    emit('configReloaded', reload);
    expect(late).toHaveBeenCalledTimes(1);
  });
});
