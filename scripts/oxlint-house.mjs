/**
 * An oxlint rule of this repository: privates and patches of Node belong to src/node-internals/. `.oxlintrc.json`
 * says which files it checks.
 */
const PRIVATE =
  /^(_handle|_listen2|_createServerHandle|_getServer|_httpMessage|_connections|_getActiveHandles|_debugEnd|_load|_channel|binding|_linkedBinding|moduleLoadList|pendingHandle|destroySoon|internalMessage|owner_symbol|state symbol)$/;
const PATCHED = /^(listen|bind|close|closeIdleConnections|destroy|writeHead|emit|send)$/;
const MESSAGE =
  'Privates and patches of Node belong to src/node-internals/, with a check and an entry in register.ts.';

const nodePrivates = {
  create(context) {
    const report = (node) => context.report({ node, message: MESSAGE });
    const nameOf = (node) => (node.type === 'Identifier' ? node.name : undefined);
    return {
      MemberExpression(node) {
        if (PRIVATE.test(nameOf(node.property))) report(node);
      },
      Property(node) {
        if (PRIVATE.test(nameOf(node.key))) report(node);
      },
      Literal(node) {
        if (PRIVATE.test(node.value)) report(node);
      },
      AssignmentExpression({ left }) {
        if (left.type !== 'MemberExpression') return;
        const isOfPrototype =
          left.object.type === 'MemberExpression' && nameOf(left.object.property) === 'prototype';
        if (isOfPrototype || PATCHED.test(nameOf(left.property))) report(left);
      },
    };
  },
};

export default { meta: { name: 'house' }, rules: { 'node-privates': nodePrivates } };
