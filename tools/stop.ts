// npm run stop: ends the simulated rack, and with it all that the stacks made on it.
import { isSimulated } from "./pulumi-cli/workspace";
import { findRack, rackDown } from "./rack/simulated-rack";
import { printFailure } from "./start/failure";

async function main(): Promise<void> {
  if (!isSimulated()) {
    console.log("NVL72_KUBECONFIG is set: that cluster is not stopped from here.");
    console.log("To remove a stack from it: npm run pulumi -- destroy -s client1");
    return;
  }
  const ran = (await findRack()) !== undefined;
  await rackDown(); // also clears what a rack left behind that was killed
  console.log(
    ran ? "rack stopped; its objects and the Pulumi state that described them are gone" : "no rack was running",
  );
}

main().catch((error: unknown) => {
  printFailure(error);
  process.exitCode = 1;
});
