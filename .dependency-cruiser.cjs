// Who may import whom. ARCHITECTURE.md draws the same; `npm run check` enforces it.
const only = (name, from, allowed, extra = {}) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: [from, ...allowed], ...extra },
});
const sdk = (name, module, home) => ({
  name: `${name}-stays-home`,
  comment: `${name} is used in ${home} only`,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: `^node_modules/(${module})/` },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('domain-imports-nothing', '^src/domain/', []),
    only('util-imports-domain', '^src/util/', ['^src/domain/']),
    only('core-imports-domain', '^src/core/', ['^src/domain/', '^src/util/']),
    only('messages-import-domain', '^src/messages/', ['^src/domain/', '^src/util/']),
    only('config-imports-domain', '^src/config/', [
      '^src/domain/',
      '^src/util/',
      '^src/edge/channels/[^/]+/config[.]ts$',
    ]),
    {
      name: 'edges-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/edge/([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/edge/$1/',
          '^src/domain/',
          '^src/util/',
          '^src/core/(runs|probes|launcher)/',
          '^src/core/sections[.]ts$',
        ],
      },
    },
    {
      name: 'channels-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/edge/channels/([^/]+)/' },
      to: { path: '^src/edge/channels/', pathNot: ['^src/edge/channels/$1/', '^src/edge/channels/[^/]+[.]ts$'] },
    },
    {
      name: 'middle-imports-domain-and-core',
      severity: 'error',
      from: {
        path: '^src/(commands/|(monitor|host-watch|observer|dispatcher|scheduler|summary-agent|cache-keeper)[.]ts$)',
      },
      to: {
        path: '^src/',
        pathNot: [
          '^src/commands/',
          '^src/host-watch[.]ts$',
          '^src/domain/',
          '^src/core/',
          '^src/util/',
          '^src/messages/',
        ],
      },
    },
    {
      name: 'nobody-imports-the-root',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|look|parts|renderer|cli|main)[.]ts$|^src/cli/' },
      to: { path: '^src/((app|look|parts|renderer|cli|main)[.]ts$|cli/)' },
    },
    {
      name: 'core-touches-nothing',
      severity: 'error',
      from: { path: '^src/(domain|core|messages)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(crypto|node:crypto|path|node:path)$' },
    },
    sdk('slack', '@slack/[^/]+', '^src/edge/channels/slack/'),
    sdk('discord', 'discord[.]js', '^src/edge/channels/discord/'),
    sdk('nodemailer', 'nodemailer', '^src/edge/channels/email/'),
    sdk('ssh2', 'ssh2|ssh-config', '^src/edge/connectors/'),
    sdk('lowdb', 'lowdb', '^src/edge/storage/'),
    sdk('node-schedule', 'node-schedule', '^src/scheduler[.]ts$'),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
