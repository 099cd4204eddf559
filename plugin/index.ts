// The components for programs in other languages: Pulumi hosts every component that this file exports, under the name
// and version in the package.json beside it.
export { ClientDomain, DecodePool, ExpertBalancer, ExpertRecorder, PrefillPool, Router } from "../src/index";
