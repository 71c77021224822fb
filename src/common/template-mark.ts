/** A property of the global object in a template: what its preload has recorded before the program was loaded. */
export const TEMPLATE_MARK = Symbol.for('serverengine.template');
