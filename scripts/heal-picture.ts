/**
 * Draws docs/heal.svg, the picture in the README, from a real run: an engine, a client that asks every few
 * milliseconds, and the kill -9 of one worker.
 *
 *   npm run picture
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawHeal, sentenceOf } from './heal/draw-heal';
import { recordHeal } from './heal/record-heal';

async function main(): Promise<void> {
  const recording = await recordHeal();
  writeFileSync(join(__dirname, '../docs/heal.svg'), drawHeal(recording));
  console.log(sentenceOf(recording));
}

void main();
