import { byId, el, setText, show } from './dom.js';

/** In memory only: after a reload, the page asks for it again. */
let token;
let names = [];

/** Shows buttons only if the engine takes actions, and only to people who have the token. */
export function showActions(hasActions, groups) {
  const bar = byId('actions');
  show(bar, hasActions);
  const now = groups.map(({ name }) => name);
  const isSame = now.length === names.length && now.every((name, index) => name === names[index]);
  if (!hasActions || (isSame && bar.childElementCount > 0)) return;
  names = now;
  draw();
}

function draw() {
  const bar = byId('actions');
  for (const slot of document.querySelectorAll('.group-actions')) slot.replaceChildren();
  if (token === undefined) {
    bar.replaceChildren(button('Unlock actions', unlock, 'quiet'));
    return;
  }
  const all = [
    button('Restart all workers', () => restart(undefined)),
    button('Dump', () => act('dump', {}, 'Every process writes a dump. The log says where it is.'), 'quiet'),
    button('Lock', lock, 'quiet'),
  ];
  bar.replaceChildren(...all);
  for (const slot of document.querySelectorAll('.group-actions')) {
    const { group } = slot.dataset;
    slot.replaceChildren(
      button('Restart', () => restart(group), 'quiet', `Restart the workers of ${group}`),
      button('Scale', () => scale(group), 'quiet', `Scale ${group}`),
    );
  }
}

function button(text, onclick, kind = '', label = undefined) {
  return el('button', { type: 'button', class: kind, onclick, 'aria-label': label }, text);
}

function lock() {
  token = undefined;
  draw();
}

async function unlock() {
  await ask({
    title: 'Unlock actions',
    text: "Enter the engine's statusToken. This page forgets it when you close or reload it.",
    label: 'Token',
    type: 'password',
    ok: 'Unlock',
    onOk: async (given) => {
      const { ok, error } = await send('check', {}, given);
      if (!ok) throw new Error(error);
      token = given;
      draw();
    },
  });
}

async function restart(group) {
  await ask({
    title: group === undefined ? 'Restart all workers?' : `Restart the workers of ${group}?`,
    text: 'The configuration is read again first. Then the workers are replaced as restartStrategy says.',
    ok: 'Restart',
    onOk: () => void act('restart', { group }, 'The restart is under way.'),
  });
}

async function scale(group) {
  await ask({
    title: `Scale ${group}`,
    text: 'The group keeps this number of workers until the next reload or restart of the server.',
    label: 'Workers',
    type: 'number',
    ok: 'Scale',
    onOk: (given) => {
      if (!/^\d+$/.test(given)) throw new Error('Enter a whole number, 0 or more.');
      void act('scale', { group, to: Number(given) }, 'The number of workers is being changed.');
    },
  });
}

/** Shows the outcome. */
async function act(name, body, meanwhile) {
  say(meanwhile);
  const answer = await send(name, body, token);
  if (answer.error === undefined && answer.ok) {
    const { outcome, replaced, from, to } = answer;
    if (name === 'restart') say(`Restart: ${outcome ?? 'done'}, ${replaced} replaced.`);
    else if (name === 'scale') say(`Scaled from ${from} to ${to}.`);
    else say('Done.');
  } else say(`${name} failed: ${answer.error ?? answer.reason ?? 'the log says why'}`);
}

async function send(name, body, secret) {
  try {
    const response = await fetch(`/actions/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secret}` },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { error: 'the engine did not answer' };
  }
}

function say(text) {
  setText(byId('outcome'), text);
}

/** Asks in a dialog. onOk may throw: the dialog shows what is wrong. */
function ask({ title, text, label, type, ok, onOk }) {
  const [dialog, form, input] = [byId('dialog'), byId('dialog-form'), byId('dialog-input')];
  setText(byId('dialog-title'), title);
  setText(byId('dialog-text'), text);
  setText(byId('dialog-label'), label ?? '');
  setText(byId('dialog-ok'), ok);
  setText(byId('dialog-error'), '');
  show(byId('dialog-field'), label !== undefined);
  input.type = type ?? 'text';
  input.value = '';
  return new Promise((resolve) => {
    const close = () => {
      dialog.close();
      form.onsubmit = null;
      input.value = '';
      resolve();
    };
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        await onOk(input.value);
        close();
      } catch (error) {
        setText(byId('dialog-error'), error.message);
      }
    };
    byId('dialog-cancel').onclick = close;
    dialog.showModal();
    (label === undefined ? byId('dialog-ok') : input).focus();
  });
}
