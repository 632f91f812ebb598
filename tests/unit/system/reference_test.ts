import { onDisk, referenceSuite } from "../reference/cases.ts";
import { cli } from "../reference/cli.ts";

// The rows of the reference suite that are about files.
referenceSuite(onDisk, [cli]);
