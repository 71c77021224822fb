import { compressLater } from '../../../src/log-file/compress-later';

jest.mock('../../../src/log-file/compress-generations', () => {
  throw new Error('Cannot find module');
});

it('a package that a deployment has replaced is reported, instead of a rejection that would end the process', async () => {
  const failure = new Promise((resolve) => {
    compressLater(['app.log.0'], resolve);
  });
  expect(await failure).toMatchObject({ message: 'Cannot find module' });
});
