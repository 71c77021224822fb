// Names a page of the guides after its heading, and not after its file.
import { Converter } from 'typedoc';

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const [first] = page.content;
    const [heading, title] = /^\s*# (.*)\n/.exec(first?.text ?? '') ?? [];
    if (title === undefined) return;
    page.name = title.replaceAll('`', '');
    first.text = first.text.replace(heading, '');
  });
}
