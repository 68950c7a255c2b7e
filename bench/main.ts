const SMALL = { runs: 2_000, epochs: 20, active: 50 };
const FULL = { runs: 10_000, epochs: 100, active: 50 };

if (process.argv.includes('--memory')) {
  // By itself, so that this process holds nothing else.
  const { holdEverything } = await import('./held.ts');
  console.log(JSON.stringify(await holdEverything()));
} else {
  const { printTable } = await import('./table.ts');
  await printTable(process.argv.includes('--full') ? FULL : SMALL);
}
