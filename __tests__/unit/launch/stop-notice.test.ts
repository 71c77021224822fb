import { nextNotice, tellToStop, type StopNotice, type NoticeEvent } from '../../../src/launch/stop-notice';

describe('nextNotice', () => {
  it.each<[StopNotice, NoticeEvent, StopNotice]>([
    ['by_signal', 'has_handler', 'by_message'],
    ['by_signal', 'stopping', 'by_signal'],
    ['by_message', 'has_handler', 'by_message'],
    ['by_message', 'stopping', 'by_message'],
    ['told', 'has_handler', 'told'],
    ['told', 'stopping', 'answered'],
    ['answered', 'has_handler', 'answered'],
    ['answered', 'stopping', 'answered'],
  ])('%s, %s: %s', (notice, event, next) => {
    expect(nextNotice(notice, event)).toBe(next);
  });
});

describe('tellToStop', () => {
  it.each<[StopNotice, StopNotice, string]>([
    ['by_signal', 'by_signal', 'signal'],
    ['by_message', 'told', 'message'],
    ['told', 'told', 'signal'],
    ['answered', 'answered', 'silence'],
  ])('gracefully, %s: then %s, by %s', (notice, next, by) => {
    expect(tellToStop(notice, 'graceful')).toEqual({ notice: next, by });
  });

  it.each<StopNotice>(['by_signal', 'by_message', 'told', 'answered'])('at once, %s: by signal', (notice) => {
    expect(tellToStop(notice, 'immediate')).toEqual({ notice, by: 'signal' });
  });
});
