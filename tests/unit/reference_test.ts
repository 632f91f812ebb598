import { apply } from "./reference/apply.ts";
import { assets } from "./reference/assets.ts";
import { everywhere, referenceSuite } from "./reference/cases.ts";
import { predictor } from "./reference/predictor.ts";
import { queue } from "./reference/queue.ts";
import { service } from "./reference/service.ts";
import { spec } from "./reference/spec.ts";

// What the PAI Python SDK is specified to do, row by row; where it is wrong, the row says what is right.
referenceSuite(everywhere, [spec, apply, service, assets, predictor, queue]);
