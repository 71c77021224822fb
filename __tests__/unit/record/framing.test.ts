import fc from 'fast-check';
import { decodeRecords, encodeRecord, RecordRelay } from '../../../src/record/framing';
import { unicode } from '../../support/unicode';

/** As the main process writes it. */
const written = (records: Buffer | undefined): string | undefined =>
  records && decodeRecords(records).toString();

function relay(wire: Buffer, cuts: readonly number[], relayOf = new RecordRelay()): string {
  const out: Buffer[] = [];
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (wire.length + 1)), wire.length])].sort(
    (a, b) => a - b,
  );
  for (let i = 1; i < edges.length; i += 1) {
    const whole = relayOf.push(wire.subarray(edges[i - 1], edges[i]));
    if (whole) out.push(decodeRecords(whole));
  }
  return Buffer.concat(out).toString('utf8');
}

describe('encodeRecord', () => {
  it.each([
    ['m\n', 'm\n'],
    ['m', 'm\n'],
    ['a\n    b\n    c\n', 'a\x1e    b\x1e    c\n'],
    ['forged\x1erecord\n', 'forged\\x1erecord\n'],
    ['', '\n'],
  ])('sends %j as the one line %j', (text, wire) => {
    expect(encodeRecord(text)).toBe(wire);
  });
});

describe('RecordRelay', () => {
  it('passes on any records, in any chunks, complete and in order', () => {
    const text = unicode().map((raw) => `${Buffer.from(raw).toString().replaceAll('\x1e', '')}\n`);
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.nat()), (records, cuts) => {
        const wire = Buffer.from(records.map(encodeRecord).join(''));
        expect(relay(wire, cuts)).toBe(records.join(''));
      }),
    );
  });

  it('passes on only complete records after every chunk', () => {
    const record = unicode().map((raw) => `${raw.replaceAll('\x1e', '').replaceAll('\n', '')}\n`);
    fc.assert(
      fc.property(fc.array(record, { minLength: 1 }), fc.nat(), (records, at) => {
        const relayOf = new RecordRelay();
        const wire = Buffer.from(records.map(encodeRecord).join(''));
        const cut = at % wire.length;
        const first = written(relayOf.push(wire.subarray(0, cut))) ?? '';
        expect(first === '' || first.endsWith('\n')).toBe(true);
        expect(first + (written(relayOf.push(wire.subarray(cut))) ?? '')).toBe(records.join(''));
        expect(relayOf.takeRest()).toBeUndefined();
      }),
    );
  });

  it('passes a chunk of complete one-line records on without a copy', () => {
    const chunk = Buffer.from('a\nb\n');
    expect(new RecordRelay().push(chunk)?.buffer).toBe(chunk.buffer);
  });

  it('does not change the given chunk', () => {
    const chunk = Buffer.from('a\x1eb\n');
    expect(written(new RecordRelay().push(chunk))).toBe('a\nb\n');
    expect(chunk.toString()).toBe('a\x1eb\n');
  });

  it('separates the incomplete record of a killed worker from the others', () => {
    const relayOf = new RecordRelay();
    expect(written(relayOf.push(Buffer.from('whole\nhalf\x1e  of')))).toBe('whole\n');
    expect(relayOf.takeRest()).toBe('half\n  of');
    expect(relayOf.takeRest()).toBeUndefined();
  });

  it('truncates a record beyond the limit and continues with the next one', () => {
    const relayOf = new RecordRelay(10);
    expect(written(relayOf.push(Buffer.from('a\n012345')))).toBe('a\n');
    expect(written(relayOf.push(Buffer.from('6789x')))).toBe('0123456789x\n');
    expect(relayOf.push(Buffer.from('the rest'))).toBeUndefined();
    expect(written(relayOf.push(Buffer.from(' of it\nb\nc')))).toBe('b\n');
    expect(relayOf.takeRest()).toBe('c');
  });
});
