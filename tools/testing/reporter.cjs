// Mocha's own progress on the terminal, and the counts in a file for the summary of all tiers.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

const Base = process.env.NVL72_TEST_STYLE === "dot" ? reporters.Dot : reporters.Spec;

module.exports = class extends Base {
  constructor(runner, options) {
    super(runner, options);
    const pending = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => pending.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes = 0, failures = 0 } = runner.stats ?? {};
      writeFileSync(
        process.env.NVL72_TEST_RESULT,
        JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
      );
    });
  }
};
