import { ServerEngine } from 'serverengine';
import { HelloServer, HelloWorker } from './hello';

ServerEngine.create(HelloServer, HelloWorker, { port: 8080, greeting: 'hello' }).run();
