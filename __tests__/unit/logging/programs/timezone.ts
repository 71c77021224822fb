import { formatTimestamp } from '../../../../src/logging/timestamp';

for (const time of process.argv.slice(2)) console.log(formatTimestamp(Number(time)));
