import { parsePreview } from "../../src/report/preview/digest";
import { renderReport } from "../../src/report/preview/markdown";
import { terminalReport } from "../../src/report/preview/terminal";
import { pulumi } from "./run";
import type { PulumiWorkspace } from "./workspace";

/** What `up` would do to a stack, in one screen; a preview that fails says why. */
export async function previewReport(
  stack: string,
  workspace: PulumiWorkspace,
): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await pulumi(["preview", "--json"], {
    workspace,
    stack,
    // The plain form does not have the new outputs, and so not the new prediction.
    environment: { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
  });
  const preview = parsePreview(stdout);
  const markdown = renderReport({
    stack,
    ...(preview === undefined ? {} : { preview }),
    failed: code !== 0,
    failedOutput: stderr,
  });
  return { code, text: terminalReport(markdown) };
}
