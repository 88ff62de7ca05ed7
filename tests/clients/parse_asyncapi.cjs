// Parse an AsyncAPI document: `node parse_asyncapi.cjs FILE`. The exit code is 1 after an error or a warning.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

const WARNING = 1; // 0 is an error; 2 and 3 are hints

async function main() {
  const { diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
  const found = diagnostics.filter((diagnostic) => diagnostic.severity <= WARNING);
  for (const { code, message, path } of found) console.error(`${code} at ${path.join("/")}: ${message}`);
  process.exitCode = found.length ? 1 : 0;
}

main();
