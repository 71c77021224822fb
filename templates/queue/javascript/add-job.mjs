// npm run add -- some text: adds a job that the running workers do.
import { Queue } from './queue.mjs';

const text = process.argv.slice(2).join(' ') || 'an empty job';
console.log('added', new Queue(process.env.SERVERENGINE_FOLDER ?? 'jobs').add(text).id);
