import { runProcess } from './cli/process.ts';

await runProcess(['start', ...process.argv.slice(2)]);
