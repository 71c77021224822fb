import { callerFile } from '../../../src/common/caller-file';

describe(callerFile, () => {
  it('finds the file of the caller, also later and on a second call', () => {
    const { prepareStackTrace } = Error;
    const find = callerFile();
    const elsewhere = (): unknown[] => [find(), find()];
    expect(elsewhere()).toEqual([__filename, __filename]);
    expect(Error.prepareStackTrace).toBe(prepareStackTrace);
  });
});
