import { formatTimestamp } from '../../../../src/record/timestamp';

for (const time of process.argv.slice(2)) console.log(formatTimestamp(Number(time)));
