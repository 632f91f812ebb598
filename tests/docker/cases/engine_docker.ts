// The engine that users' programs would find.
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import { engineTests } from "../engine_suite.ts";

engineTests(connectEngine);
