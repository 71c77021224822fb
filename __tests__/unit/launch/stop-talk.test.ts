import { nextTalk, tellToStop, type StopTalk, type TalkEvent } from '../../../src/launch/stop-talk';

describe('nextTalk', () => {
  it.each<[StopTalk, TalkEvent, StopTalk]>([
    ['by_signal', 'has_handler', 'by_message'],
    ['by_signal', 'stopping', 'by_signal'],
    ['by_message', 'has_handler', 'by_message'],
    ['by_message', 'stopping', 'by_message'],
    ['told', 'has_handler', 'told'],
    ['told', 'stopping', 'answered'],
    ['answered', 'has_handler', 'answered'],
    ['answered', 'stopping', 'answered'],
  ])('%s, %s: %s', (talk, event, next) => {
    expect(nextTalk(talk, event)).toBe(next);
  });
});

describe('tellToStop', () => {
  it.each<[StopTalk, StopTalk, string]>([
    ['by_signal', 'by_signal', 'signal'],
    ['by_message', 'told', 'message'],
    ['told', 'told', 'signal'],
    ['answered', 'answered', 'silence'],
  ])('gracefully, %s: then %s, by %s', (talk, next, by) => {
    expect(tellToStop(talk, 'graceful')).toEqual({ talk: next, by });
  });

  it.each<StopTalk>(['by_signal', 'by_message', 'told', 'answered'])('at once, %s: by signal', (talk) => {
    expect(tellToStop(talk, 'immediate')).toEqual({ talk, by: 'signal' });
  });
});
