import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// What src/node-internals/ alone may touch.
const PRIVATE =
  '^(_handle|_listen2|_createServerHandle|_getServer|_httpMessage|_connections|_getActiveHandles|_debugEnd|_load|_channel|binding|_linkedBinding|moduleLoadList|pendingHandle|destroySoon|internalMessage|owner_symbol|state symbol)$';
const PATCHED = '^(listen|bind|close|closeIdleConnections|destroy|writeHead|emit|send)$';

export default tseslint.config(
  { ignores: ['dist', '.build', 'coverage', '__tests__/dialects', 'node_modules'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    // Not projectService: it makes ready for edits that never come, and takes a fifth longer.
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Empty default hooks are the point of the abstract classes.
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      // `Worker<any, any>` in constraints is what lets a user's own types through.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/common/clock.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'It fires at once for more than 24.8 days. Use a Clock, or every() of common/clock.ts.',
        })),
      ],
    },
  },
  {
    // thread-script.ts loads nothing of the package before the user's script does.
    files: ['src/**/*.ts'],
    ignores: ['src/node-internals/**', 'src/child/thread-script.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          `MemberExpression[property.name=/${PRIVATE}/]`,
          `Property[key.name=/${PRIVATE}/]`,
          `Literal[value=/${PRIVATE}/]`,
          "AssignmentExpression > MemberExpression.left > MemberExpression.object[property.name='prototype']",
          `AssignmentExpression > MemberExpression.left[property.type='Identifier'][property.name=/${PATCHED}/]`,
        ].map((selector) => ({
          selector,
          message:
            'Privates and patches of Node belong to src/node-internals/, with a check and an entry in register.ts.',
        })),
      ],
    },
  },
  {
    files: ['__tests__/**/*.ts', 'samples/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // winston's own typings do not hold its transports for transports.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: {
      globals: {
        module: 'writable',
        require: 'readonly',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        setImmediate: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        performance: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
      },
    },
  },
);
