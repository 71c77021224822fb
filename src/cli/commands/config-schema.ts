import { z } from 'zod';
import { buildConfigSchema } from '../../config/zod-schema';
import { asJson, type Screen } from '../screen';

/** The JSON schema of a configuration file, for editors and other tools. */
export function configSchema(screen: Screen): void {
  const schema = z.toJSONSchema(buildConfigSchema(), { io: 'input', unrepresentable: 'any' });
  screen.write(asJson(schema));
}
