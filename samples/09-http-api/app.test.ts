// node --import tsx --test samples/09-http-api/app.test.ts
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createApp } from './app';
import type { Note, Notes } from './notes';

class NotesInMemory implements Notes {
  isUp = true;
  readonly #notes: Note[] = [];

  all(): Promise<readonly Note[]> {
    return Promise.resolve(this.#notes);
  }

  add(text: string): Promise<Note> {
    const note = { id: this.#notes.length + 1, text };
    this.#notes.push(note);
    return Promise.resolve(note);
  }

  ping(): Promise<void> {
    return this.isUp ? Promise.resolve() : Promise.reject(new Error('down'));
  }
}

void it('adds a note and lists it', async () => {
  const app = createApp(new NotesInMemory());
  const added = await app.inject({ method: 'POST', url: '/notes', payload: { text: 'milk' } });
  assert.equal(added.statusCode, 201);
  const listed = await app.inject('/notes');
  assert.deepEqual(listed.json(), [{ id: 1, text: 'milk' }]);
});

void it('refuses a note without a text', async () => {
  const refused = await createApp(new NotesInMemory()).inject({ method: 'POST', url: '/notes', payload: {} });
  assert.equal(refused.statusCode, 400);
});

void it('is healthy as long as the database answers', async () => {
  const notes = new NotesInMemory();
  const app = createApp(notes);
  assert.equal((await app.inject('/health')).statusCode, 200);
  notes.isUp = false;
  assert.equal((await app.inject('/health')).statusCode, 503);
});
