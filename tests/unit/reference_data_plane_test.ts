import { dataPlane, referenceSuite } from "./reference/cases.ts";
import { asynchronous } from "./reference/data-plane/async.ts";
import { auth } from "./reference/data-plane/auth.ts";
import { discovery } from "./reference/data-plane/discovery.ts";
import { http } from "./reference/data-plane/http.ts";
import { queue } from "./reference/data-plane/queue.ts";
import { streams } from "./reference/data-plane/streams.ts";
import { urls } from "./reference/data-plane/urls.ts";

// What clients of the data plane are specified to do, row by row. Protobuf and tensors, 32 to 46, have files of their own.
referenceSuite(dataPlane, [urls, discovery, auth, http, queue, asynchronous, streams]);
