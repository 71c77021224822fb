import { nextLife, type LifeEvent, type WorkerLife } from '../../../src/child/worker-life';

const TABLE: Record<WorkerLife, Record<LifeEvent, WorkerLife>> = {
  running: { stop: 'stopping', settled: 'returned' },
  stopping: { stop: 'stopping', settled: 'finishing' },
  returned: { stop: 'finishing', settled: 'returned' },
  finishing: { stop: 'finishing', settled: 'finishing' },
};

describe('nextLife', () => {
  it.each(
    Object.entries(TABLE).flatMap(([life, events]) =>
      Object.entries(events).map(([event, next]) => [life, event, next] as const),
    ),
  )('%s, then %s: %s', (life, event, next) => {
    expect(nextLife(life as WorkerLife, event as LifeEvent)).toBe(next);
  });
});
