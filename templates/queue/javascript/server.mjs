import { fromFile, ServerEngine } from 'serverengine';
import { AppWorker } from './worker.mjs';

// Every process of the engine runs this file, so it does nothing else.
ServerEngine.create(null, AppWorker, fromFile('server.yml')).run();
