// The house: a room imports only lower floors, never a neighbour on its own floor.
const floors = [
  ['common'],
  ['compiled-code', 'node-internals'],
  ['config'],
  ['record'],
  ['contract'],
  ['commands', 'winston', 'log-file'],
  ['protocol'],
  ['health', 'messages', 'sockets'],
  ['socket-manager', 'hang', 'watch'],
  ['watchdog', 'forking'],
  ['dump'],
  ['pool'],
  ['launch', 'server', 'drain'],
  ['supervisor', 'child', 'control', 'status-server', 'systemd', 'development'],
  ['engine'],
  ['testing', 'cli'],
];

const rules = floors.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const allowed = [room, ...floors.slice(0, floor).flat()];
    return {
      name: `floor-${room}`,
      comment: `${room}/ may import only itself and lower floors`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed.join('|')})/` },
    };
  }),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...rules,
    {
      name: 'child-is-a-leaf',
      comment: 'what runs only in a worker is loaded by the engine alone, and lazily',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(child|engine)/' },
      to: { path: '^src/child/' },
    },
    {
      name: 'child-takes-only-the-protocol',
      severity: 'error',
      from: { path: '^src/child/' },
      to: { path: '^src/(watch|pool|launch|server|supervisor)/' },
    },
    {
      name: 'one-container',
      comment: 'contract/container.ts alone loads the container, and only when somebody needs it',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/contract/container\\.ts$' },
      to: { path: 'node_modules/tsyringe', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circular',
      comment: 'two files that know only types of each other are one idea in two files, and no cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
