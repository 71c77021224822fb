import fc from 'fast-check';
import {
  BOARD_STATES,
  BoardReader,
  RECORD_BYTES,
  RecordWriter,
  type BoardRecord,
} from '../../../src/protocol/board-record';

const count = fc.nat(2 ** 31);
const measure = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true, noDefaultInfinity: true }), {
  nil: undefined,
});

const anyRecord: fc.Arbitrary<BoardRecord> = fc.record({
  serial: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  workerId: count,
  generation: count,
  state: fc.constantFrom(...BOARD_STATES),
  beats: count,
  beatAtMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
  figures: fc.record({
    rssBytes: measure,
    heapUsedBytes: measure,
    heapFill: measure,
    loopDelayMs: measure,
    utilization: measure,
    jobs: measure,
    connections: measure,
  }),
});

function encoded(record: BoardRecord): Uint8Array {
  return Uint8Array.from(new RecordWriter().encode(record));
}

describe('a record of the scoreboard', () => {
  it('is read as it was written, at any position', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(5), (record, index) => {
        const board = new Uint8Array(6 * RECORD_BYTES);
        board.set(encoded(record), index * RECORD_BYTES);
        const reader = new BoardReader(board);
        expect(reader.record(index, record.serial)).toEqual(record);
        for (let other = 0; other < 6; other += 1) {
          if (other !== index) expect(reader.record(other, record.serial)).toBeUndefined();
        }
      }),
    );
  });

  it('is rejected when it is half old and half new, wherever it is torn', () => {
    const bytesOf = fc.array(fc.boolean(), { minLength: RECORD_BYTES, maxLength: RECORD_BYTES });
    const cut = fc.nat(RECORD_BYTES).map((at) => Array.from({ length: RECORD_BYTES }, (_, i) => i < at));
    fc.assert(
      fc.property(anyRecord, anyRecord, fc.oneof(cut, bytesOf), (before, next, isNew) => {
        const after = { ...next, serial: before.serial };
        const [old, fresh] = [encoded(before), encoded(after)];
        const torn = old.map((byte, i) => (isNew[i] ? fresh[i]! : byte));
        const read = new BoardReader(torn).record(0, before.serial);
        if (read === undefined) return;
        expect([before, after]).toContainEqual(read);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is rejected when it is garbage', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2 * RECORD_BYTES, maxLength: 2 * RECORD_BYTES }),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        (bytes, serial) => {
          // With a serial that is right by chance.
          new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, serial, true);
          const reader = new BoardReader(Uint8Array.from(bytes));
          expect([reader.record(0, serial), reader.record(1, serial)]).toEqual([undefined, undefined]);
        },
      ),
    );
  });

  it('is rejected when it belongs to another start or has only zeros', () => {
    const reader = new BoardReader(new Uint8Array(RECORD_BYTES));
    expect(reader.record(0, 0)).toBeUndefined();
    const record = fc.sample(anyRecord, 1)[0]!;
    expect(new BoardReader(encoded(record)).record(0, record.serial + 1)).toBeUndefined();
  });
});
