// Prints `N passed, N failed[, N skipped]` from vitest's JSON report; exits 1 when a test failed, was skipped or none ran.
const { readFileSync } = require('node:fs');
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap((file) => file.assertionResults);
const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;
const passed = count('passed');
// A file that fails before its tests are known has none to count.
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = count('failed') + broken;
const skipped = tests.length - passed - count('failed');
for (const test of tests) if (test.status !== 'passed') console.log(`${test.status}: ${test.fullName}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || skipped > 0 || passed === 0 ? 1 : 0;
